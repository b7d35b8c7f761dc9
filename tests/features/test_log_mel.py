"""Log-mel spectrograms, against librosa."""

import librosa
import numpy as np
import pytest

from pipeline.features.log_mel import extract
from tests.features.examples import SIGNALS, settings, signal


@pytest.mark.parametrize("name", SIGNALS)
def test_equals_librosa_in_what_can_be_heard(name):
    """Far below the loudest value single precision decides: a chirp's empty bands hold rounding noise."""
    wave = signal(name, 16000)
    power = librosa.feature.melspectrogram(
        y=wave, sr=16000, n_fft=512, hop_length=160, n_mels=64, fmin=50, fmax=8000, pad_mode="reflect"
    )
    theirs = librosa.power_to_db(power, top_db=None).T
    ours = extract(wave, settings=settings("log_mel"))
    audible = theirs > theirs.max() - 70
    np.testing.assert_allclose(ours[audible], theirs[audible], rtol=0, atol=1e-3)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1)


@pytest.mark.parametrize("n_samples", [1, 159, 160, 16000])
def test_frames_follow_the_length_of_the_clip(n_samples):
    n_frames = 1 + max(n_samples, 257) // 160
    assert extract(np.ones(n_samples, np.float32), settings=settings("log_mel")).shape == (n_frames, 64)
