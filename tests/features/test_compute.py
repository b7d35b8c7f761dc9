"""Many clips at once: cached, in any order, on any number of workers."""

import numpy as np
import pytest
import soundfile

from pipeline.core.errors import PipelineError
from pipeline.features import compute, mfcc
from pipeline.features.compute import compute_features, settings_digest
from tests.features.examples import settings, signal


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Ten clips by content hash, and a cache of their own."""
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    paths = {f"hash{i}": tmp_path / f"{i}.wav" for i in range(10)}
    for i, path in enumerate(paths.values()):
        soundfile.write(path, signal("noise", 16000, 0.2 + 0.05 * i, seed=i), 16000)
    return paths


def run(kind, files, monkeypatch, workers=1, **changes):
    monkeypatch.setenv("SER_WORKERS", str(workers))
    return compute_features(kind, settings(kind, **changes), files, description="test")


def test_every_clip_is_computed_once(files, monkeypatch):
    first, n_first = run("mfcc", files, monkeypatch)
    second, n_second = run("mfcc", files, monkeypatch)
    assert (n_first, n_second) == (10, 0)
    assert all(np.array_equal(first[key], second[key]) for key in files)


def test_other_settings_are_computed_anew(files, monkeypatch):
    run("mfcc", files, monkeypatch)
    assert run("mfcc", files, monkeypatch, n_mfcc=13)[1] == 10


def test_a_new_version_of_the_code_is_computed_anew(files, monkeypatch):
    run("mfcc", files, monkeypatch)
    monkeypatch.setattr(mfcc, "VERSION", "next")
    assert run("mfcc", files, monkeypatch)[1] == 10


def test_two_kinds_with_equal_settings_have_digests_that_differ(monkeypatch):
    options = settings("mfcc")
    monkeypatch.setattr("pipeline.features.log_mel.LIBRARIES", mfcc.LIBRARIES)
    assert settings_digest("mfcc", options) != settings_digest("log_mel", options)


@pytest.mark.parametrize(
    "kind", ["mfcc", "mel_image", pytest.param("spectral_scalars", marks=pytest.mark.slow)]
)
def test_workers_and_order_do_not_change_a_bit(kind, files, monkeypatch, tmp_path):
    monkeypatch.setattr(compute, "CLIPS_A_TASK", 3)
    one, _ = run(kind, files, monkeypatch, workers=1)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "another"))
    two, n_computed = run(kind, dict(reversed(files.items())), monkeypatch, workers=2)
    assert n_computed == 10
    assert all(one[key].tobytes() == two[key].tobytes() for key in files)


def test_what_is_wrong_with_a_clip_is_told_with_its_path(files, monkeypatch):
    soundfile.write(files["hash3"], np.full(800, np.nan), 16000, subtype="FLOAT")
    with pytest.raises(PipelineError, match=r"3\.wav: 800 of 800 samples are NaN"):
        run("mfcc", files, monkeypatch)
