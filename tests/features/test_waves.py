"""Checks, silence trimming and padding of samples."""

import numpy as np
import pytest

from pipeline.features.waves import (
    at_least,
    check_wave,
    fit_length,
    peak_normalise,
    prepare_wave,
    trim_silence,
)
from tests.features.examples import settings


def gated_noise(seed: int) -> np.ndarray:
    """Noise of random length whose level wanders over some 60 dB."""
    generator = np.random.default_rng(seed)
    n_samples = int(generator.integers(1, 30000))
    level = generator.normal(0, 3) * np.sin(np.linspace(0, generator.uniform(1, 20), n_samples))
    return (generator.normal(0, 0.1, n_samples) * np.exp(level)).astype(np.float32)


@pytest.mark.parametrize("seed", range(40))
def test_trimming_equals_librosa(seed):
    import librosa

    wave = gated_noise(seed)
    np.testing.assert_array_equal(trim_silence(wave, 25.0), librosa.effects.trim(wave, top_db=25)[0])


def test_silence_around_a_tone_is_cut():
    tone = np.sin(np.arange(16000) / 5).astype(np.float32)
    trimmed = trim_silence(np.concatenate([np.zeros(16000), tone, np.zeros(16000)]), 25.0)
    assert 16000 <= len(trimmed) <= 16000 + 2 * 2048


@pytest.mark.parametrize("top_db", [25.0, None])
def test_silence_is_not_cut_from_a_silent_clip(top_db):
    assert len(trim_silence(np.zeros(5000, np.float32), top_db)) == 5000


@pytest.mark.parametrize("wave", [[0.5, -0.25], [0.2, -0.8], [3.0, 1.5]])
def test_the_peak_becomes_one(wave):
    normalised = peak_normalise(np.array(wave, np.float32))
    assert np.abs(normalised).max() == 1
    assert normalised.dtype == np.float32
    np.testing.assert_allclose(normalised, np.array(wave) / np.abs(wave).max(), rtol=1e-6)


def test_a_silent_clip_stays_silent():
    assert peak_normalise(np.zeros(3, np.float32)).tolist() == [0, 0, 0]


def test_a_clip_near_silence_is_trimmed_after_it_is_brought_to_full_scale():
    """Trimming takes what lies below -100 dBFS for silence, so a clip as quiet as that is not cut first."""
    tone = np.sin(np.arange(4096) / 5)
    quiet = 1e-6 * np.concatenate([np.zeros(16000), tone, np.zeros(16000)])
    options = {"trim_top_db": 25.0}
    assert len(prepare_wave(quiet, settings("mfcc", peak_normalise=False, **options))) == len(quiet)
    assert len(prepare_wave(quiet, settings("mfcc", peak_normalise=True, **options))) < 4096 + 2 * 2048 + 512


def test_integers_become_float32():
    assert check_wave(np.array([0.5, 0.25])).dtype == np.float32


@pytest.mark.parametrize(
    ("padding", "align", "n_samples", "expected"),
    [
        ("zero", "start", 5, [1, 2, 3, 0, 0]),
        ("zero", "center", 6, [0, 1, 2, 3, 0, 0]),
        ("zero", "start", 2, [1, 2]),
        ("zero", "center", 1, [2]),
        ("repeat", "start", 7, [1, 2, 3, 1, 2, 3, 1]),
        ("repeat", "center", 5, [3, 1, 2, 3, 1]),
        ("repeat", "start", 2, [1, 2]),
        ("repeat", "center", 1, [2]),
        ("zero", "center", 3, [1, 2, 3]),
    ],
)
def test_a_clip_is_padded_or_cut(padding, align, n_samples, expected):
    fitted = fit_length(np.array([1.0, 2.0, 3.0]), n_samples, padding=padding, align=align)
    assert fitted.tolist() == expected


def test_zeros_are_added_only_to_short_clips():
    assert at_least(np.ones(2), 4).tolist() == [1, 1, 0, 0]
    assert at_least(np.ones(4), 2).tolist() == [1, 1, 1, 1]
