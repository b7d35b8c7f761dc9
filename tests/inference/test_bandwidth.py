"""The bandwidth that a recording really has: of noise that is cut at a frequency, at any rate."""

import numpy as np
import pytest
import soxr

from pipeline.inference.bandwidth import FRAME, WINDOWS, Spectrum


def noise(rate: int, seconds: float = 2.0) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, round(rate * seconds)).astype(np.float32)


def bandwidth(mono: np.ndarray, rate: int) -> float | None:
    spectrum = Spectrum()
    spectrum.add(mono)
    return spectrum.bandwidth(rate)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_noise_by_way_of_a_lower_rate_ends_there(rate: int) -> None:
    for lower in (8_000, 11_025):
        narrow = soxr.resample(noise(lower), lower, rate)
        assert bandwidth(narrow + np.float32(0.3), rate) == pytest.approx(lower / 2, rel=0.06)
    assert bandwidth(noise(rate), rate) == pytest.approx(rate / 2, rel=0.02)


def test_of_silence_and_of_very_little_nothing_is_known() -> None:
    assert bandwidth(np.zeros(16_000, np.float32), 16_000) is None
    assert bandwidth(noise(16_000)[: FRAME - 1], 16_000) is None


def test_only_the_first_windows_count() -> None:
    spectrum = Spectrum()
    for _ in range(WINDOWS):
        spectrum.add(soxr.resample(noise(8_000, 0.5), 8_000, 16_000))
    spectrum.add(noise(16_000))
    assert spectrum.bandwidth(16_000) < 4_200
