"""Recordings as windows: cut, resampled as a stream, silent ones told."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.audio.decoders import Decoding
from pipeline.audio.reading import AudioError, load_mono
from pipeline.core.errors import PipelineError
from pipeline.inference.recording import Recording, cut
from tests.audio.films import write_film

RATE = 16_000


def noise(seconds: float, rate: int = RATE, channels: int = 1, level: float = 0.1) -> np.ndarray:
    """Draw samples, shape (channels, samples), float32."""
    generator = np.random.default_rng(1)
    return generator.normal(0, level, (channels, round(seconds * rate))).astype(np.float32)


def write(path: Path, wave: np.ndarray, rate: int = RATE, subtype: str | None = "FLOAT") -> Path:
    soundfile.write(path, wave.T, rate, subtype)
    return path


@pytest.mark.parametrize("rate_in", [8_000, 22_050, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_windows_together_are_the_resampled_whole(tmp_path: Path, rate_in: int, channels: int) -> None:
    path = write(tmp_path / "a.wav", noise(3.7, rate_in, channels), rate_in)
    rates = [16_000, 22_050]
    stretches = list(Recording(path, 1.0, rates).stretches())
    assert [(one.start, one.end) for one in stretches] == [(0, 1), (1, 2), (2, 3), (3, pytest.approx(3.7))]
    for rate in rates:
        together = np.concatenate([one.clip.waves[rate] for one in stretches])
        np.testing.assert_array_equal(together, load_mono(path, rate))
        assert [len(one.clip.waves[rate]) for one in stretches[:3]] == [rate] * 3


def test_samples_that_are_decoded_elsewhere_are_as_good_as_a_file(tmp_path: Path) -> None:
    wave = noise(2.3, channels=2)
    blocks = iter([wave[:, : RATE // 2], wave[:, RATE // 2 :]])
    recording = Recording(Decoding(RATE, 2, "", None, blocks), 1.0, [8_000])
    of_file = Recording(write(tmp_path / "a.wav", wave), 1.0, [8_000])
    for one, other in zip(recording.stretches(), of_file.stretches(), strict=True):
        assert (one.start, one.end, one.speech_seconds) == (other.start, other.end, other.speech_seconds)
        np.testing.assert_array_equal(one.clip.waves[8_000], other.clip.waves[8_000])
    assert recording.level == of_file.level


def test_both_channels_are_mixed_window_by_window(tmp_path: Path) -> None:
    wave = noise(2.0, channels=2)
    wave[1, :RATE] = 0
    first, second = Recording(write(tmp_path / "a.wav", wave), 1.0, [RATE]).stretches()
    np.testing.assert_array_equal(first.clip.waves[RATE], wave[0, :RATE])
    np.testing.assert_allclose(second.clip.waves[RATE], wave[:, RATE:].mean(axis=0), atol=1e-7)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.3, [0.3]),
        (1.0, [1.0]),
        (1.4, [1.4]),
        (1.6, [1.0, 0.6]),
        (2.2, [1.0, 1.2]),
    ],
)
def test_a_short_end_belongs_to_the_window_before(
    tmp_path: Path, seconds: float, expected: list[float]
) -> None:
    stretches = list(Recording(write(tmp_path / "a.wav", noise(seconds)), 1.0, []).stretches())
    assert [one.end - one.start for one in stretches] == pytest.approx(expected)


def test_an_infinite_window_is_the_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(7.0))
    (whole,) = Recording(path, math.inf, [8_000]).stretches()
    np.testing.assert_array_equal(whole.clip.waves[8_000], load_mono(path, 8_000))


def test_blocks_of_any_length_are_cut_alike() -> None:
    wave = np.arange(100.0, dtype=np.float32).reshape(1, -1)
    for size in (1, 7, 30, 100):
        blocks = [wave[:, start : start + size] for start in range(0, 100, size)]
        windows = list(cut(blocks, 30, 5))
        assert [window.shape[1] for window, _ in windows] == [30, 30, 30, 10]
        assert [last for _, last in windows] == [False, False, False, True]
        np.testing.assert_array_equal(np.concatenate([window for window, _ in windows], axis=1), wave)


def test_windows_without_speech_are_told_by_their_level(tmp_path: Path) -> None:
    quiet, loud = noise(1.0, level=0.0005), noise(1.0, level=0.01)  # -66 and -40 dBFS
    offset = np.full_like(quiet, 0.1)  # no sound
    mostly = np.concatenate([loud[:, : RATE // 5], quiet[:, RATE // 5 :]], axis=1)
    half = np.concatenate([loud[:, : RATE // 2], quiet[:, RATE // 2 :]], axis=1)
    path = write(tmp_path / "a.wav", np.concatenate([quiet, loud, offset, mostly, half], axis=1))
    recording = Recording(path, 1.0, [])
    stretches = list(recording.stretches())
    assert [one.speech for one in stretches] == [False, True, False, False, True]
    assert [one.speech_seconds for one in stretches] == pytest.approx([0, 1, 0, 0.2, 0.5], abs=0.01)
    assert recording.level == pytest.approx(-40, abs=0.5)
    assert (recording.rate, recording.seconds) == (RATE, 5.0)


def test_silence_has_no_level(tmp_path: Path) -> None:
    recording = Recording(write(tmp_path / "a.wav", np.zeros((1, 3 * RATE), np.float32)), 1.0, [RATE])
    assert not any(one.speech for one in recording.stretches())
    assert recording.level is None


def test_batches_are_as_large_as_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(5.0))
    assert [len(batch) for batch in Recording(path, 1.0, [RATE]).batches(2)] == [2, 2, 1]


SOUND_FILES = {"wav": "PCM_24", "flac": "PCM_16", "ogg": "VORBIS", "mp3": None}


@pytest.mark.parametrize("kind", [*SOUND_FILES, "m4a", "webm"])
def test_every_container_is_read_as_a_stream(tmp_path: Path, kind: str) -> None:
    path, wave = tmp_path / f"a.{kind}", noise(4.0, 48_000, 2)
    if kind in SOUND_FILES:
        write(path, wave, 48_000, SOUND_FILES[kind])
    else:
        write_film(path, wave, 48_000, codec="aac" if kind == "m4a" else "libopus", pictures=False)
    stretches = list(Recording(path, 1.0, [RATE]).stretches())
    together = np.concatenate([one.clip.waves[RATE] for one in stretches])
    whole = load_mono(path, RATE)
    assert len(together) == len(whole)
    assert len(together) / RATE == pytest.approx(4.0, abs=0.1)
    assert np.corrcoef(together, whole)[0, 1] > 0.99  # channels are mixed by window, or once
    assert all(one.speech for one in stretches)


def test_what_is_no_audio_or_empty_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(AudioError, match=r"text.wav: cannot be read as audio \(not audio: text\)"):
        list(Recording(tmp_path / "text.wav", 1.0, []).stretches())
    empty = write(tmp_path / "empty.wav", np.zeros((1, 0), np.float32))
    with pytest.raises(AudioError, match="holds no samples"):
        list(Recording(empty, 1.0, []).stretches())
    wave = noise(3.0)
    wave[0, 20_000] = np.nan
    with pytest.raises(AudioError, match=r"NaN or infinite samples after 1.00 s"):
        list(Recording(write(tmp_path / "nan.wav", wave), 1.0, []).stretches())


@pytest.mark.parametrize("window", [0.0, -1.0, 0.05, math.nan])
def test_a_window_of_nothing_is_refused(tmp_path: Path, window: float) -> None:
    with pytest.raises(PipelineError, match=r"expected 0.1 s or more"):
        Recording(tmp_path / "a.wav", window, [])
