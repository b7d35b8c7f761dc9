"""Log-mel spectrogram of a whole clip: a matrix of frames x bands, as long as the clip.

With 16 kHz, window 512, hop 160, 64 bands, 50-8000 Hz it is the front end of the PANNs networks at 16 kHz,
which the study mfcnn14 builds on: Kong et al., "PANNs: Large-scale pretrained audio neural networks for
audio pattern recognition", 2020, doi:10.1109/TASLP.2020.3030497. As there, the clip is mirrored beyond its
ends, 0 dB is a power of 1 and the range is not limited.
"""

from typing import Literal

import numpy as np

from pipeline.features.spectrum import MelSettings, mel_decibels
from pipeline.features.waves import ClipSettings, at_least, prepare_wave

VERSION = "1"
LIBRARIES = ("numpy", "torch", "torchaudio")
BACKEND: Literal["processes", "threads"] = "threads"
DTYPE = np.dtype(np.float32)
FORM = "frames"


class Settings(MelSettings, ClipSettings):
    """How to compute the spectrogram."""


def extract(wave: np.ndarray, *, settings: Settings) -> np.ndarray:
    """Compute the log-mel spectrogram of a clip.

    Args:
        wave: Samples, shape (n_samples,), float32, at `settings.sample_rate`. A clip of half a window or
            less is padded with zeros, since mirroring needs more.
        settings: See `Settings`.

    Returns:
        Shape (1 + n_samples // hop_length, n_mels), float32, dB.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    wave = at_least(prepare_wave(wave, settings), settings.n_fft // 2 + 1)
    return mel_decibels(wave, settings, pad_mode="reflect").numpy()


def feature_names(settings: Settings) -> None:
    """The bands have no names of their own."""
