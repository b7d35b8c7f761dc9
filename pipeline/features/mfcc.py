"""Mel-frequency cepstral coefficients with their deltas: a matrix of frames x coefficients.

Equal to `librosa.feature.mfcc` (40 of 128 bands, power in dB, orthonormal DCT-II, at most 80 dB of range)
and `librosa.feature.delta` within 1e-3. The study multimodal_er trims silence and takes 200 frames of 40
coefficients with first and second deltas; the study annamalai takes 172 frames (4 s at 22,050 Hz), with and
without deltas.
"""

import functools
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from pydantic import Field, PositiveInt, model_validator

from pipeline.features.spectrum import MelSettings, mel_decibels
from pipeline.features.waves import ClipSettings, prepare_wave
from pipeline.pretrained.torchaudio_cpu import prepare

if TYPE_CHECKING:
    import torch

VERSION = "1"
LIBRARIES = ("numpy", "torch", "torchaudio")
BACKEND: Literal["processes", "threads"] = "threads"
DTYPE = np.dtype(np.float32)
FORM = "frames"

RANGE_DB = 80.0  # librosa's and torchaudio's `top_db`
DELTA_WIDTH = 9  # frames; librosa's default


class Settings(MelSettings, ClipSettings):
    """How to compute the coefficients."""

    n_mfcc: PositiveInt
    deltas: int = Field(ge=0, le=2)  # highest order appended to the coefficients
    mean_normalise: bool  # subtract each coefficient's mean over the clip, before deltas and padding
    n_frames: PositiveInt | None  # pad with zeros or cut to this many; null: as many as the clip has

    @model_validator(mode="after")
    def _coefficients_exist(self) -> Self:
        if self.n_mfcc > self.n_mels:
            raise ValueError(f"{self.n_mfcc} coefficients cannot be taken of {self.n_mels} bands")
        return self


def extract(wave: np.ndarray, *, settings: Settings) -> np.ndarray:
    """Compute the coefficients of a clip.

    Args:
        wave: Samples, shape (n_samples,), float32, at `settings.sample_rate`.
        settings: See `Settings`.

    Returns:
        Shape (n_frames, n_mfcc * (1 + deltas)), float32: coefficients, then first, then second deltas.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    mel = mel_decibels(prepare_wave(wave, settings), settings, top_db=RANGE_DB)
    mfcc = (mel.double() @ _dct(settings.n_mfcc, settings.n_mels)).float().numpy()  # (n_frames, n_mfcc)
    if settings.mean_normalise:
        mfcc = mfcc - mfcc.mean(axis=0)
    orders = [mfcc, *(delta(mfcc, order) for order in range(1, settings.deltas + 1))]
    matrix = np.concatenate(orders, axis=1) if settings.deltas else mfcc
    return matrix if settings.n_frames is None else _fit_frames(matrix, settings.n_frames)


def feature_names(settings: Settings) -> list[str]:
    """Name the columns: mfcc_1 .., delta_1 .., delta2_1 .."""
    prefixes = ["mfcc", "delta", "delta2"][: 1 + settings.deltas]
    return [f"{prefix}_{i + 1}" for prefix in prefixes for i in range(settings.n_mfcc)]


def delta(matrix: np.ndarray, order: int) -> np.ndarray:
    """Differentiate along time as `librosa.feature.delta(order=order)` does: Savitzky-Golay over nine frames.

    A polynomial of degree `order` is fitted to each window and derived `order` times, which leaves a
    constant: so at the ends, where librosa evaluates the first and the last whole window's polynomial, the
    values repeat. Order 2 is not order 1 applied twice.

    Args:
        matrix: Shape (n_frames, n_columns). With fewer than nine frames the window is the widest odd one
            that fits, and where that is too narrow for the polynomial (fewer than three frames) the result
            is zero.
        order: 1 or 2.

    Returns:
        Same shape and type, change per frame (order 1) or per frame squared (order 2).
    """
    n_frames = len(matrix)
    width = min(DELTA_WIDTH, n_frames - (n_frames + 1) % 2)  # odd
    if width <= order:
        return np.zeros_like(matrix)
    windows = sliding_window_view(matrix, width, axis=0)  # (n_frames - width + 1, n_columns, width)
    inner = windows @ _delta_weights(width, order)
    return np.pad(inner, ((width // 2, width // 2), (0, 0)), mode="edge")


@functools.lru_cache(maxsize=16)
def _delta_weights(width: int, order: int) -> np.ndarray:
    """Weights of the least-squares polynomial's derivative, shape (width,). Savitzky & Golay (1964)."""
    positions = np.arange(width) - width // 2
    fit = np.linalg.pinv(np.vander(positions, order + 1, increasing=True))  # (order + 1, width)
    return (fit[order] * order).astype(np.float32)  # order! = order for 1 and 2


def _fit_frames(matrix: np.ndarray, n_frames: int) -> np.ndarray:
    cut = matrix[:n_frames]
    return np.pad(cut, ((0, n_frames - len(cut)), (0, 0)))


@functools.lru_cache(maxsize=16)
def _dct(n_mfcc: int, n_mels: int) -> "torch.Tensor":
    """Return the orthonormal DCT-II, shape (n_mels, n_mfcc), in double precision.

    The first coefficient is about -1,000, and summing 128 bands in single precision is off by up to 1e-3.
    """
    prepare()
    from torchaudio.functional import create_dct

    return create_dct(n_mfcc, n_mels, norm="ortho").double()
