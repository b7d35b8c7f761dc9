"""Many clips at once: cached, in any order, on any number of workers."""

import numpy as np
import pytest
import soundfile

from pipeline.core.errors import PipelineError
from pipeline.features import compute, mfcc, speech_encoder, transforms
from pipeline.features.compute import Clip, clip_key, compute_features, row_key
from pipeline.features.extractor import Extractor
from tests.features.examples import extractor, settings, signal
from tests.scale.clips import hash_of


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Ten clips by content hash, and a cache of their own."""
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    paths = [tmp_path / f"{i}.wav" for i in range(10)]
    for i, path in enumerate(paths):
        soundfile.write(path, signal("noise", 16000, 0.2 + 0.05 * i, seed=i), 16000)
    return {hash_of(path): path for path in paths}


def one(files, i):
    """The key and path of a single clip."""
    return list(files.items())[i]


def run(kind, files, monkeypatch, workers=1, **changes):
    monkeypatch.setenv("SER_WORKERS", str(workers))
    clips = {key: Clip(path) for key, path in files.items()}
    return compute_features(extractor(kind, **changes), clips, description="test")


def run_copies(files, monkeypatch, *texts, workers=1):
    """Compute the clips themselves and a copy of each by every transform."""
    monkeypatch.setenv("SER_WORKERS", str(workers))
    clips = {clip_key(key, text): Clip(path, text) for key, path in files.items() for text in (None, *texts)}
    return compute_features(extractor("mfcc"), clips, description="test")


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
    assert Extractor("mfcc", options).digest() != Extractor("log_mel", options).digest()


def test_a_speed_that_another_set_has_is_not_computed_again(files, monkeypatch):
    alone, _ = run("speech_encoder", files, monkeypatch)
    played = []
    extract = speech_encoder.extract

    def counted(wave, *, settings, network):
        played.append(settings.speeds)
        return extract(wave, settings=settings, network=network)

    monkeypatch.setattr(speech_encoder, "extract", counted)
    both, n_computed = run("speech_encoder", files, monkeypatch, speeds=[1.0, 1.08])
    assert (n_computed, played) == (10, [[1.08]] * 10)
    assert all(np.array_equal(both[key][:32], alone[key]) and len(both[key]) == 64 for key in files)


@pytest.mark.parametrize(
    "kind", ["mfcc", "mel_image", "speech_encoder", pytest.param("spectral_scalars", marks=pytest.mark.slow)]
)
def test_workers_and_order_do_not_change_a_bit(kind, files, monkeypatch, tmp_path):
    monkeypatch.setattr(compute, "CLIPS_A_TASK", 3)
    first, _ = run(kind, files, monkeypatch, workers=1)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "another"))
    second, n_computed = run(kind, dict(reversed(files.items())), monkeypatch, workers=2)
    assert n_computed == 10
    assert all(first[key].tobytes() == second[key].tobytes() for key in files)


def test_what_is_wrong_with_a_clip_is_told_with_its_path(files, monkeypatch):
    _, path = one(files, 3)
    soundfile.write(path, np.full(800, np.nan), 16000, subtype="FLOAT")
    with pytest.raises(PipelineError, match=r"3\.wav: 800 of 800 samples are NaN"):
        run("mfcc", {hash_of(path): path}, monkeypatch)


def other_sound(path, clip):
    soundfile.write(path, 0.5 * clip, 16000)


def shorter(path, clip):
    soundfile.write(path, clip[:-1], 16000)


def another_rate(path, clip):
    soundfile.write(path, clip, 22050)


def cut_short(path, clip):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("change", [other_sound, shorter, another_rate, cut_short])
@pytest.mark.parametrize("corpora", ["SER_CORPORA", "SER_CACHE"])
def test_a_clip_that_changed_since_the_index_is_an_error_and_fills_no_cache(
    files, monkeypatch, tmp_path, change, corpora
):
    folder = tmp_path / "corpora" / "savee" / "DC"
    monkeypatch.setenv(corpora, str(tmp_path / "corpora" if corpora == "SER_CORPORA" else tmp_path))
    folder.mkdir(parents=True)
    key, path = one(files, 3)
    moved = path.rename(folder / "a01.wav")
    indexed = moved.read_bytes()
    change(moved, signal("noise", 16000, 0.35, seed=3))
    message = r"a01\.wav has other sound than when it was indexed: `dvc repro -f -s index@savee`"
    with pytest.raises(PipelineError, match=message):
        run("mfcc", {key: moved}, monkeypatch)
    with pytest.raises(PipelineError, match=message):
        run_copies({key: moved}, monkeypatch, "noise=0.0500@42")
    moved.write_bytes(indexed)
    _, n_computed = run("mfcc", {key: moved}, monkeypatch)
    assert n_computed == 1


@pytest.mark.parametrize("container", ["flac", "aiff", "au"])
def test_the_same_sound_in_another_container_is_the_clip_that_was_indexed(files, monkeypatch, container):
    key, path = one(files, 3)
    wave, rate = soundfile.read(path, dtype="int16")
    rewritten = path.with_suffix(f".{container}")
    soundfile.write(rewritten, wave, rate, subtype="PCM_16")
    assert run("mfcc", {key: rewritten}, monkeypatch)[1] == 1


NOISE, SLOWER, HIGHER = "noise=0.0500@42", "time_stretch=0.8000@42", "pitch_shift=2.0000@42"


def test_keys():
    assert clip_key("ab12") == row_key("ab12") == "ab12"
    assert clip_key("ab12", NOISE) == "ab12#noise=0.0500@42"
    assert row_key("ab12#noise=0.0500@42").startswith("ab12#noise=0.0500@42@")


def test_copies_are_of_the_transformed_clip(files, monkeypatch):
    key, path = one(files, 5)
    rows, n_computed = run_copies({key: path}, monkeypatch, NOISE, SLOWER, HIGHER)
    assert n_computed == 4
    n_frames = len(rows[key])
    assert [len(rows[clip_key(key, text)]) for text in (NOISE, HIGHER)] == [n_frames, n_frames]
    assert len(rows[clip_key(key, SLOWER)]) == pytest.approx(n_frames / 0.8, abs=1)
    assert len({array.tobytes() for array in rows.values()}) == 4


def test_copies_are_computed_once_and_beside_their_originals(files, monkeypatch):
    first, n_first = run_copies(files, monkeypatch, NOISE)
    second, n_second = run_copies(files, monkeypatch, NOISE)
    assert (n_first, n_second) == (20, 0)
    assert all(np.array_equal(first[key], second[key]) for key in first)
    assert run("mfcc", files, monkeypatch)[1] == 0


def test_another_version_of_the_transforms_computes_copies_anew_and_no_original(files, monkeypatch):
    run_copies(files, monkeypatch, NOISE)
    monkeypatch.setattr(transforms, "VERSION", "next")
    assert run_copies(files, monkeypatch, NOISE)[1] == 10


def test_workers_and_order_do_not_change_a_copy(files, monkeypatch, tmp_path):
    first, _ = run_copies(files, monkeypatch, NOISE, SLOWER)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "another"))
    second, n_computed = run_copies(dict(reversed(files.items())), monkeypatch, SLOWER, NOISE, workers=2)
    assert n_computed == 30
    assert all(first[key].tobytes() == second[key].tobytes() for key in first)


def test_one_sample_has_copies_too(files, monkeypatch):
    _, path = one(files, 0)
    soundfile.write(path, [0.5], 16000)
    rows, _ = run_copies({hash_of(path): path}, monkeypatch, NOISE, SLOWER, HIGHER)
    assert all(np.isfinite(array).all() for array in rows.values())


def test_a_transform_that_cannot_be_read_is_told_with_the_path(files, monkeypatch):
    with pytest.raises(PipelineError, match=r"0\.wav: 'louder' is no transform"):
        run_copies(dict([one(files, 0)]), monkeypatch, "louder")
