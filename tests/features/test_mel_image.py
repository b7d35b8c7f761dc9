"""Mel pictures, against librosa and Pillow."""

import librosa
import numpy as np
import pytest
from PIL import Image

from pipeline.features.mel_image import extract
from tests.features.examples import SIGNALS, settings, signal

RATE = 22050


def grey(wave: np.ndarray, **options) -> np.ndarray:
    """librosa's mel spectrogram, 80 dB as 0..255, lowest band last, shape (n_mels, n_frames)."""
    power = librosa.feature.melspectrogram(y=wave, sr=RATE, **options)
    return (librosa.power_to_db(power, ref=np.max)[::-1] / 80 + 1) * 255


@pytest.mark.parametrize("name", SIGNALS)
def test_equals_the_picture_that_pillow_resizes(name):
    wave = signal(name, RATE, 3.0)
    resized = Image.fromarray(grey(wave).astype(np.float32)).resize((128, 128), Image.Resampling.BILINEAR)
    difference = extract(wave, settings=settings("mel_image")) - np.asarray(resized, np.float64)
    assert np.abs(difference).max() < 0.51  # rounding


def test_equals_librosa_where_nothing_is_resized():
    wave = signal("speech_like", RATE)
    expected = grey(wave)
    picture = extract(wave, settings=settings("mel_image", width=expected.shape[1]))
    assert np.abs(picture - expected).max() < 0.51


@pytest.mark.parametrize(
    ("padding", "filled"),
    [("repeat", lambda wave: np.tile(wave, 4)), ("zero", lambda wave: np.pad(wave, (0, 66150)))],
)
def test_a_short_clip_is_filled_to_four_seconds(padding, filled):
    wave = signal("speech_like", RATE, 1.0)
    annamalai = {"n_mels": 224, "hop_length": 393, "height": 224, "width": 225, "seconds": 4.0}
    picture = extract(wave, settings=settings("mel_image", **annamalai, padding=padding))
    assert picture.shape == (224, 225)
    assert np.abs(picture - grey(filled(wave), n_mels=224, hop_length=393)).max() < 0.51


def test_a_long_clip_is_cut_to_its_middle():
    wave = signal("chirp", RATE, 5.0)
    centred = extract(wave, settings=settings("mel_image", seconds=3.0, align="center"))
    whole = extract(wave[RATE : 4 * RATE], settings=settings("mel_image"))
    np.testing.assert_array_equal(centred, whole)


def test_the_level_of_a_clip_does_not_matter():
    wave = signal("speech_like", RATE)
    quiet = extract(wave / 4, settings=settings("mel_image")).astype(int)
    assert np.abs(quiet - extract(wave, settings=settings("mel_image"))).max() <= 1


def test_a_low_tone_is_bright_below_and_dark_above():
    wave = np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE).astype(np.float32)
    picture = extract(wave, settings=settings("mel_image"))
    assert picture[100:, 40:88].max() == 255
    assert picture[:64, 40:88].max() < 20


def test_a_silent_clip_is_white():
    assert (extract(np.zeros(RATE, np.float32), settings=settings("mel_image")) == 255).all()
