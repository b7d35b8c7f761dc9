"""Mel pictures, against librosa and Pillow."""

import librosa
import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.core.errors import PipelineError
from pipeline.features import mel_image
from pipeline.features.mel_image import extract
from pipeline.features.registry import parse_settings
from tests.features.examples import SETTINGS, SIGNALS, settings, signal

RATE = 22050
ROUNDING = (
    0.6  # of a grey: half a step, and what the sums of two libraries differ by, most near the floor of 80 dB
)


def grey(wave: np.ndarray, **options) -> np.ndarray:
    """librosa's mel spectrogram, 80 dB as 0..255, lowest band last, shape (n_mels, n_frames)."""
    power = librosa.feature.melspectrogram(y=wave, sr=RATE, **options)
    return (librosa.power_to_db(power, ref=np.max)[::-1] / 80 + 1) * 255


@pytest.mark.parametrize("name", SIGNALS)
def test_equals_the_picture_that_pillow_resizes(name):
    wave = signal(name, RATE, 3.0)
    resized = Image.fromarray(grey(wave).astype(np.float32)).resize((128, 128), Image.Resampling.BILINEAR)
    difference = extract(wave, settings=settings("mel_image")) - np.asarray(resized, np.float64)
    assert np.abs(difference).max() < ROUNDING


def test_equals_librosa_where_nothing_is_resized():
    wave = signal("speech_like", RATE)
    expected = grey(wave)
    picture = extract(wave, settings=settings("mel_image", width=expected.shape[1]))
    assert np.abs(picture - expected).max() < ROUNDING


@pytest.mark.parametrize(
    ("padding", "filled"),
    [("repeat", lambda wave: np.tile(wave, 4)), ("zero", lambda wave: np.pad(wave, (0, 66150)))],
)
def test_a_short_clip_is_filled_to_four_seconds(padding, filled):
    wave = signal("speech_like", RATE, 1.0)
    annamalai = {"n_mels": 224, "hop_length": 393, "height": 224, "width": 225, "seconds": 4.0}
    picture = extract(wave, settings=settings("mel_image", **annamalai, padding=padding))
    assert picture.shape == (224, 225)
    assert np.abs(picture - grey(filled(wave), n_mels=224, hop_length=393)).max() < ROUNDING


@pytest.mark.parametrize("drawn", [(1080, 1920), (456, 456), (64, 300)])
def test_a_picture_is_drawn_at_one_size_and_stored_at_another(drawn):
    wave = signal("speech_like", RATE, 1.0)
    options = {"seconds": 2.0, "padding": "repeat"}
    large = extract(wave, settings=settings("mel_image", height=drawn[0], width=drawn[1], **options))
    batch = torch.tensor(large, dtype=torch.float32)[None, None]
    small = torch.nn.functional.interpolate(batch, (224, 224), mode="bilinear", antialias=True)[0, 0]
    size = {"draw_height": drawn[0], "draw_width": drawn[1], "height": 224, "width": 224}
    picture = extract(wave, settings=settings("mel_image", **size, **options))
    np.testing.assert_array_equal(picture, small.round().clamp(0, 255).numpy().astype(np.uint8))


def test_a_picture_drawn_at_the_size_it_is_stored_in_is_the_same():
    wave = signal("speech_like", RATE, 1.0)
    plain = extract(wave, settings=settings("mel_image"))
    drawn = extract(wave, settings=settings("mel_image", draw_height=128, draw_width=128))
    np.testing.assert_array_equal(drawn, plain)


def test_half_a_drawn_size_is_an_error():
    values = {**SETTINGS["mel_image"], "draw_height": 1080}
    with pytest.raises(PipelineError, match="draw_height is 1080 and draw_width None; expected two numbers"):
        parse_settings(mel_image, values, "feature_sets.mel_image.x")


def test_utbm_takes_the_middle_three_seconds_of_what_is_not_silent():
    speech = signal("noise", 16000, 5.0)
    wave = np.concatenate([np.zeros(16384, np.float32), speech, np.zeros(8192, np.float32)])
    utbm = {"sample_rate": 16000, "f_max": 8000.0, "hop_length": 375, "seconds": 3.0, "align": "center"}
    options = {**utbm, "peak_normalise": True, "trim_top_db": 25.0}
    trimmed = librosa.effects.trim(wave / np.abs(wave).max(), top_db=25)[0]
    begin = (len(trimmed) - 48000) // 2
    by_hand = trimmed[begin : begin + 48000]
    power = librosa.feature.melspectrogram(y=by_hand, sr=16000, hop_length=375)
    expected = (librosa.power_to_db(power, ref=np.max)[::-1] / 80 + 1) * 255
    picture = extract(wave, settings=settings("mel_image", **options, width=129))
    assert np.abs(picture - expected).max() < ROUNDING


@pytest.mark.parametrize("seconds", [3.0, 4.0, 5.0])
def test_a_short_clip_lies_in_the_middle_of_zeros(seconds):
    wave = signal("speech_like", RATE, 1.0)
    centred = extract(wave, settings=settings("mel_image", seconds=seconds, align="center"))
    by_hand = np.pad(wave, round((seconds - 1) / 2 * RATE))
    np.testing.assert_array_equal(centred, extract(by_hand, settings=settings("mel_image")))


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
