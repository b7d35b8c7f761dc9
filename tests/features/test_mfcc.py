"""MFCC and deltas, against librosa."""

import librosa
import numpy as np
import pytest

from pipeline.features.mfcc import delta, extract, feature_names
from tests.features.examples import SIGNALS, settings, signal


def reference(wave: np.ndarray, rate: int) -> np.ndarray:
    """librosa's coefficients with both deltas, shape (n_frames, 120)."""
    matrix = librosa.feature.mfcc(y=wave, sr=rate, n_mfcc=40)
    orders = [librosa.feature.delta(matrix, order=order) for order in (1, 2)]
    return np.concatenate([matrix, *orders]).T


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("rate", [16000, 22050])
def test_equals_librosa(name, rate):
    wave = signal(name, rate)
    ours = extract(wave, settings=settings("mfcc", sample_rate=rate, f_max=rate / 2))
    np.testing.assert_allclose(ours, reference(wave, rate), rtol=0, atol=1e-3)


@pytest.mark.parametrize("name", ["noise", "speech_like"])
def test_equals_librosa_after_trimming(name):
    wave = np.concatenate([np.zeros(9000, np.float32), signal(name, 16000), np.zeros(7000, np.float32)])
    ours = extract(wave, settings=settings("mfcc", trim_top_db=25.0))
    theirs = reference(librosa.effects.trim(wave, top_db=25)[0], 16000)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("n_frames", [9, 10, 50])
def test_delta_equals_librosa(order, n_frames):
    matrix = np.random.default_rng(n_frames).normal(size=(n_frames, 3)).astype(np.float32)
    np.testing.assert_allclose(
        delta(matrix, order), librosa.feature.delta(matrix.T, order=order).T, rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize(("n_frames", "width"), [(8, 7), (5, 5), (4, 3), (3, 3)])
@pytest.mark.parametrize("order", [1, 2])
def test_delta_of_a_short_clip_has_a_narrower_window(order, n_frames, width):
    matrix = np.random.default_rng(n_frames).normal(size=(n_frames, 3)).astype(np.float32)
    narrow = librosa.feature.delta(matrix.T, order=order, width=width).T
    np.testing.assert_allclose(delta(matrix, order), narrow, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n_frames", [1, 2])
def test_delta_of_hardly_any_frames_is_zero(n_frames):
    assert not delta(np.ones((n_frames, 3), np.float32), 1).any()


def test_delta_of_a_ramp_is_its_slope_and_of_a_parabola_its_curvature():
    time = np.arange(20, dtype=np.float32)[:, None]
    np.testing.assert_allclose(delta(3 * time, 1), 3, atol=1e-5)
    np.testing.assert_allclose(delta(3 * time, 2), 0, atol=1e-4)
    np.testing.assert_allclose(delta(0.5 * time**2, 2), 1, atol=1e-4)


@pytest.mark.parametrize("seconds", [0.5, 8.0])
def test_frames_are_padded_with_zeros_or_cut(seconds):
    wave = signal("noise", 16000, seconds)
    whole = extract(wave, settings=settings("mfcc"))
    fitted = extract(wave, settings=settings("mfcc", n_frames=200))
    assert fitted.shape == (200, 120)
    n_common = min(200, len(whole))
    np.testing.assert_array_equal(fitted[:n_common], whole[:n_common])
    assert not fitted[n_common:].any()


def test_mean_normalisation_centres_the_coefficients_and_keeps_the_deltas():
    wave = signal("speech_like", 16000)
    plain = extract(wave, settings=settings("mfcc"))
    centred = extract(wave, settings=settings("mfcc", mean_normalise=True))
    np.testing.assert_allclose(centred[:, :40].mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(centred[:, 40:], plain[:, 40:], atol=1e-3)


@pytest.mark.parametrize(("deltas", "last"), [(0, "mfcc_40"), (1, "delta_40"), (2, "delta2_40")])
def test_columns_are_named_in_order(deltas, last):
    names = feature_names(settings("mfcc", deltas=deltas))
    assert (names[0], names[-1], len(names)) == ("mfcc_1", last, 40 * (1 + deltas))
