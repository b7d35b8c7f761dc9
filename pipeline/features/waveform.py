"""The samples of a clip themselves, for models that read raw audio: a vector, as long as the clip or of one length.

Source: the study annamalai, section 6.3.2: clips of up to 4 s (5 s with augmented copies) at 16 kHz, padded with
zeros at the end to that length; and the study ravdess_methods, section 3.5: whole clips, padded a batch at a time.

Samples are kept as 16 bits, as the corpora publish them: half the bytes of float32, and bit for bit what was in a
file of the same rate.
"""

from typing import Literal, Self

import numpy as np
from pydantic import PositiveFloat, PositiveInt, model_validator

from pipeline.features.waves import ClipSettings, at_least, prepare_wave

VERSION = "1"
LIBRARIES = ("numpy",)
BACKEND: Literal["processes", "threads"] = "threads"  # decoding and resampling release the GIL
DTYPE = np.dtype(np.int16)
FORM = "samples"

FULL_SCALE = 32768  # what 1.0 is in 16 bits


class Settings(ClipSettings):
    """Which part of a clip, at which rate."""

    sample_rate: PositiveInt  # Hz
    max_seconds: PositiveFloat | None  # what comes later is cut off; null: whole clips
    pad_seconds: PositiveFloat | None  # zeros at the end up to this length; null: each clip as long as it is

    @model_validator(mode="after")
    def _padded_clips_have_one_length(self) -> Self:
        if self.pad_seconds is not None and (self.max_seconds is None or self.max_seconds > self.pad_seconds):
            raise ValueError(
                f"max_seconds is {self.max_seconds} and pad_seconds {self.pad_seconds}: a longer clip would not "
                "have the length that all are padded to; expected max_seconds of at most pad_seconds"
            )
        return self


def extract(wave: np.ndarray, *, settings: Settings) -> np.ndarray:
    """Return the samples of a clip as 16 bits.

    Args:
        wave: Samples, shape (n_samples,), float32, at `settings.sample_rate`; what lies beyond full scale is
            clipped, +1.0 to 32767.
        settings: See `Settings`.

    Returns:
        Shape (n_kept,), or (sample_rate * pad_seconds,) where clips are padded; int16, at least one sample.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    wave = prepare_wave(wave, settings)
    if settings.max_seconds is not None:
        wave = wave[: max(1, round(settings.max_seconds * settings.sample_rate))]
    samples = np.rint(wave * FULL_SCALE).clip(-FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    if settings.pad_seconds is not None:
        samples = at_least(samples, round(settings.pad_seconds * settings.sample_rate))
    return np.ascontiguousarray(samples)


def feature_names(settings: Settings) -> None:
    """Samples have no names."""
