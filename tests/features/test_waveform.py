"""Raw samples: 16 bits, cut, padded."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from pydantic import ValidationError

from pipeline.features.compute import extract_file
from pipeline.features.extractor import Extractor
from pipeline.features.waveform import extract
from tests.features.examples import settings, signal


def samples(wave: list[float] | np.ndarray, **changes) -> np.ndarray:
    return extract(np.asarray(wave, np.float32), settings=settings("waveform", **changes))


def test_samples_are_fractions_of_full_scale_and_do_not_wrap():
    assert samples([0, 0.5, -1, 1, 1.5, -1.5, 2**-15]).tolist() == [0, 16384, -32768, 32767, 32767, -32768, 1]


def test_a_file_of_16_bits_comes_bit_for_bit(tmp_path: Path):
    written = np.random.default_rng(0).integers(-32768, 32768, 1600).astype(np.int16)
    soundfile.write(tmp_path / "clip.wav", written, 16000)
    read = extract_file(tmp_path / "clip.wav", Extractor("waveform", settings("waveform")))
    np.testing.assert_array_equal(read, written)


@pytest.mark.parametrize(("seconds", "n_samples"), [(0.5, 8000), (1.0, 16000), (2.0, 24000)])
def test_a_longer_clip_is_cut_and_a_shorter_one_is_left(seconds: float, n_samples: int):
    wave = signal("noise", 16000, seconds=1.5)
    cut = samples(wave, max_seconds=seconds)
    np.testing.assert_array_equal(cut, samples(wave)[:n_samples])


@pytest.mark.parametrize("n_samples", [1, 8000, 16000, 24000])
def test_padded_clips_have_one_length_and_zeros_at_the_end(n_samples: int):
    wave = np.full(n_samples, 0.25)
    padded = samples(wave, max_seconds=1.0, pad_seconds=1.5)
    assert padded.shape == (24000,)
    assert (padded[: min(n_samples, 16000)] == 8192).all()
    assert not padded[16000:].any()


@pytest.mark.parametrize("max_seconds", [None, 2.0])
def test_clips_that_may_be_longer_than_the_padding_are_refused(max_seconds: float | None):
    with pytest.raises(ValidationError, match=f"max_seconds is {max_seconds} and pad_seconds 1.5"):
        settings("waveform", max_seconds=max_seconds, pad_seconds=1.5)
