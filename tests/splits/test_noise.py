"""The folder of noise: by what is in it, and what is wrong with it."""

import os

import numpy as np
import pytest
import soundfile

from pipeline.audio.reading import load_mono
from pipeline.core.errors import PipelineError
from pipeline.splits.noise import SYNTHETIC, noise_files
from tests.scale.clips import hash_of


def write(path, seed, scale=0.1):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, scale * np.random.default_rng(seed).normal(size=800), 8000, subtype="PCM_16")
    return path


def test_files_lie_by_the_hash_of_their_sound(tmp_path):
    first, second = write(tmp_path / "a" / "street.wav", 1), write(tmp_path / "kitchen.FLAC", 2)
    (tmp_path / "readme.txt").write_text("Where these were recorded.")
    assert noise_files(str(tmp_path)) == {hash_of(first): first, hash_of(second): second}
    second.rename(tmp_path / "a" / "room.flac")
    assert set(noise_files(str(tmp_path))) == {hash_of(first), hash_of(tmp_path / "a" / "room.flac")}


def test_noise_that_is_made_here_is_the_same_each_time(tmp_path, monkeypatch):
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "one"))
    first = noise_files(SYNTHETIC)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "two"))
    second = noise_files(SYNTHETIC)
    assert [*first] == [*second]
    assert sorted(path.name for path in first.values()) == ["fan.wav", "street.wav"]
    for path in second.values():
        wave = load_mono(path, 16000)
        assert len(wave) == 96000
        assert np.sqrt(np.mean(wave**2)) == pytest.approx(0.05, rel=0.01)


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(
        PipelineError, match=r"profiles\.<profile>\.noise in params\.yaml is null: name a folder"
    ):
        noise_files(None)
    with pytest.raises(PipelineError, match="gone is not there"):
        noise_files(str(tmp_path / "gone"))


def test_an_empty_folder_is_an_error(tmp_path):
    (tmp_path / "readme.txt").write_text("Nothing yet.")
    with pytest.raises(PipelineError, match=r"holds no file of noise; expected some named \.wav, "):
        noise_files(str(tmp_path))


def test_a_file_without_sound_is_named(tmp_path):
    write(tmp_path / "good.wav", 1)
    silent = write(tmp_path / "silent.wav", 1, scale=0)
    with pytest.raises(PipelineError, match=r"silent\.wav, noise by .* is silent"):
        noise_files(str(tmp_path))
    silent.write_text("404")
    with pytest.raises(PipelineError, match=r"silent\.wav, noise by .* take it out of the folder"):
        noise_files(str(tmp_path))


def test_noise_that_is_made_here_may_be_read_while_it_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("SER_CACHE", str(tmp_path))
    (first, *_) = noise_files(SYNTHETIC).values()
    with first.open("rb") as opened:
        before = first.read_bytes()
        noise_files(SYNTHETIC)
        assert opened.read() == before  # the file that was opened is not the one that took its place
        assert os.fstat(opened.fileno()).st_ino != first.stat().st_ino
