"""Named scalars, each against librosa's own function on the samples."""

import librosa
import numpy as np
import pytest

from pipeline.features.spectral_scalars import extract, feature_names, signal_to_noise
from tests.features.examples import settings, signal

RATE = 22050
DESCRIPTORS = {
    "mfcc": lambda wave: librosa.feature.mfcc(y=wave, sr=RATE, n_mfcc=40),
    "chroma": lambda wave: librosa.feature.chroma_stft(y=wave, sr=RATE, tuning=0.0),
    "mel": lambda wave: librosa.power_to_db(librosa.feature.melspectrogram(y=wave, sr=RATE)),
    "contrast": lambda wave: librosa.feature.spectral_contrast(y=wave, sr=RATE),
    "tonnetz": lambda wave: librosa.feature.tonnetz(
        chroma=librosa.feature.chroma_stft(y=wave, sr=RATE, tuning=0.0)
    ),
    "centroid": lambda wave: librosa.feature.spectral_centroid(y=wave, sr=RATE),
    "rolloff": lambda wave: librosa.feature.spectral_rolloff(y=wave, sr=RATE),
    "bandwidth": lambda wave: librosa.feature.spectral_bandwidth(y=wave, sr=RATE),
    "rms": lambda wave: librosa.feature.rms(y=wave),
    "zcr": lambda wave: librosa.feature.zero_crossing_rate(wave),
}


@pytest.fixture(scope="module")
def wave():
    return signal("speech_like", RATE, 2.0)


@pytest.fixture(scope="module")
def scalars(wave):
    options = settings("spectral_scalars")
    return dict(zip(feature_names(options), extract(wave, settings=options).tolist(), strict=True))


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_statistics_equal_librosa(name, wave, scalars):
    track = DESCRIPTORS[name](wave)
    ours = [scalars[f"{name}_{statistic}"] for statistic in ("mean", "std", "min", "max")]
    assert ours == pytest.approx([track.mean(), track.std(), track.min(), track.max()], rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "n_bands"), [("mfcc", 20), ("mel", 128), ("chroma", 12), ("contrast", 7), ("tonnetz", 6)]
)
@pytest.mark.parametrize(("statistic", "take"), [("mean", np.mean), ("std", np.std)])
def test_single_bands_equal_librosa(name, n_bands, statistic, take, wave, scalars):
    theirs = take(DESCRIPTORS[name](wave), axis=1)[:n_bands]
    ours = [scalars[f"{name}_{i + 1}_{statistic}"] for i in range(n_bands)]
    assert ours == pytest.approx(theirs.tolist(), rel=1e-3, abs=1e-3)


def test_tempo_equals_librosa(wave, scalars):
    assert scalars["tempo"] == pytest.approx(librosa.feature.tempo(y=wave, sr=RATE)[0])


def test_there_are_388(scalars):
    assert len(scalars) == 2 + 10 * 4 + 2 * (20 + 128 + 12 + 7 + 6)


def test_signal_to_noise_is_that_of_tone_over_hiss():
    rms = np.array([0.01] * 10 + [1.0] * 90)
    assert signal_to_noise(rms) == pytest.approx(10 * np.log10((0.1 * 1e-4 + 0.9) / 1e-4))


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_a_steady_level_has_no_signal_above_its_noise(level):
    assert signal_to_noise(np.full(50, level)) == 0
