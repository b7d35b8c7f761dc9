"""Mel spectrogram as a grey picture of fixed size, one byte a pixel.

The studies save librosa's mel spectrogram in dB as a picture and resize it for their networks: 128 x 128 of
the whole clip (ravdess_methods), 224 x 224 of four seconds filled by repetition (annamalai, where hop =
rate x seconds / bands makes a picture as wide as high), 128 x 128 of the middle three seconds without
silence (utbm). 0 dB is the clip's own maximum, so that dividing the clip by its peak first would change
nothing.
"""

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from pipeline.features.spectrum import MelSettings, mel_decibels
from pipeline.features.waves import check_wave, fit_length, trim_silence

if TYPE_CHECKING:
    import torch

VERSION = "1"
LIBRARIES = ("numpy", "torch", "torchaudio")
BACKEND: Literal["processes", "threads"] = "threads"
DTYPE = np.dtype(np.uint8)


class Settings(MelSettings):
    """How to draw the picture."""

    top_db: PositiveFloat  # range of the picture: this far below the maximum is black
    height: PositiveInt  # pixels
    width: PositiveInt  # pixels
    seconds: PositiveFloat | None  # pad or cut the clip to this; null: the whole clip, whatever its length
    padding: Literal["zero", "repeat"]  # what fills a clip shorter than `seconds`
    align: Literal["start", "center"]  # which part of a clip longer than `seconds` stays
    trim_top_db: PositiveFloat | None  # cut leading and trailing silence this far below the loudest frame


def extract(wave: np.ndarray, *, settings: Settings) -> np.ndarray:
    """Draw the mel spectrogram of a clip.

    Args:
        wave: Samples, shape (n_samples,), float32, at `settings.sample_rate`.
        settings: See `Settings`.

    Returns:
        Shape (height, width), uint8: 255 is the clip's maximum, 0 is `top_db` below it or less; time runs
        to the right and the lowest band is the last row, as in a drawn spectrogram. A silent clip is white.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    wave = trim_silence(check_wave(wave), settings.trim_top_db)
    if settings.seconds is not None:
        n_samples = round(settings.seconds * settings.sample_rate)
        wave = fit_length(wave, n_samples, padding=settings.padding, align=settings.align)
    decibels = mel_decibels(wave, settings, reference="max", top_db=settings.top_db)
    grey = (decibels.T.flip(0) / settings.top_db + 1) * 255  # (n_mels, n_frames), 0..255
    return _resize(grey, settings.height, settings.width)


def _resize(picture: "torch.Tensor", height: PositiveInt, width: int) -> np.ndarray:
    """Resize bilinearly, averaging where the picture shrinks, as picture libraries do; round to bytes."""
    from torch.nn.functional import interpolate

    if picture.shape != (height, width):
        batch = picture[None, None]  # (1, 1, n_mels, n_frames)
        picture = interpolate(batch, (height, width), mode="bilinear", antialias=True)[0, 0]
    return picture.round().clamp(0, 255).numpy().astype(np.uint8)


def feature_names(settings: Settings) -> None:
    """Pixels have no names."""
