"""Mel spectrogram as a grey picture of fixed size, one byte a pixel.

The studies save librosa's mel spectrogram (utbm: a spectrogram; open: the same) in dB as a picture and resize it
for their networks. None gives the range in dB (open: 80), or the colours: grey keeps what a colour map would
paint (open), and `normalise` of kind colours paints it on the way into a network. They are 128 x 128 of the whole
clip (ravdess_methods); 224 x 224 of four seconds, filled with zeros or by repetition or trimmed of silence
(annamalai, where hop = rate x seconds / bands makes a picture as wide as high); 128 x 128 of the middle three
seconds without silence (utbm). annamalai also draws 1920 x 1080 pixels and lets the network's loader resize them:
such a picture is drawn large and stored at one size for several networks, 224 x 224, 456 x 456 or 600 x 600, which
a network with a smaller input shrinks to its own.

0 dB is the clip's own maximum, so that dividing the clip by its peak first changes hardly anything.
"""

from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import PositiveFloat, PositiveInt, model_validator

from pipeline.features.spectrum import MelSettings, mel_decibels
from pipeline.features.waves import ClipSettings, fit_length, prepare_wave

if TYPE_CHECKING:
    import torch

VERSION = "1"
LIBRARIES = ("numpy", "torch", "torchaudio")
BACKEND: Literal["processes", "threads"] = "threads"
DTYPE = np.dtype(np.uint8)
FORM = "frames"


class Settings(MelSettings, ClipSettings):
    """How to draw the picture."""

    top_db: PositiveFloat  # range of the picture: this far below the maximum is black
    seconds: PositiveFloat | None  # pad or cut the clip to this; null: the whole clip, whatever its length
    padding: Literal["zero", "repeat"]  # what fills a clip shorter than `seconds`
    align: Literal["start", "center"]  # which part of a clip longer than `seconds` stays
    draw_height: PositiveInt | None  # pixels; null, with `draw_width`: drawn at the size it is stored in
    draw_width: PositiveInt | None  # pixels
    height: PositiveInt  # pixels, as stored
    width: PositiveInt  # pixels, as stored

    @model_validator(mode="after")
    def _drawn_size_is_whole(self) -> Self:
        if (self.draw_height is None) != (self.draw_width is None):
            raise ValueError(
                f"draw_height is {self.draw_height} and draw_width {self.draw_width}; expected two numbers of "
                "pixels, or null for both"
            )
        return self


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
    wave = prepare_wave(wave, settings)
    if settings.seconds is not None:
        n_samples = round(settings.seconds * settings.sample_rate)
        wave = fit_length(wave, n_samples, padding=settings.padding, align=settings.align)
    decibels = mel_decibels(wave, settings, reference="max", top_db=settings.top_db)
    picture = (decibels.T.flip(0) / settings.top_db + 1) * 255  # (n_mels, n_frames), 0..255
    if settings.draw_height is not None and settings.draw_width is not None:
        picture = _resize(picture, settings.draw_height, settings.draw_width).round_()  # bytes, as if saved
    return _resize(picture, settings.height, settings.width).round().clamp(0, 255).numpy().astype(np.uint8)


def _resize(picture: "torch.Tensor", height: int, width: int) -> "torch.Tensor":
    """Resize bilinearly, averaging where the picture shrinks, as picture libraries do."""
    from torch.nn.functional import interpolate

    if picture.shape == (height, width):
        return picture
    batch = picture[None, None]  # (1, 1, rows, columns)
    return interpolate(batch, (height, width), mode="bilinear", antialias=True)[0, 0]


def feature_names(settings: Settings) -> None:
    """Pixels have no names."""
