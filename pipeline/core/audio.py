"""Reading audio by content, never by file name."""

from pathlib import Path

import numpy as np
import soundfile
import soxr

from pipeline.core.errors import PipelineError


class AudioError(PipelineError):
    """A file that cannot be decoded."""


def read_audio(path: Path) -> tuple[np.ndarray, int]:
    """Decode a file of any container that libsndfile knows.

    Returns:
        The samples, shape (channels, samples), float32 in [-1, 1], and the sample rate in Hz.

    Raises:
        AudioError: The file is not there or not audio.
    """
    try:
        with path.open("rb") as file:
            wave, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise AudioError(f"{path}: cannot be read as audio ({error})") from error
    return np.ascontiguousarray(wave.T), int(rate)


def to_mono(wave: np.ndarray) -> np.ndarray:
    """Average the channels that are not digitally silent.

    Args:
        wave: Samples, shape (channels, samples).

    Returns:
        Shape (samples,), float32. A dead channel does not halve the level.
    """
    if wave.shape[0] == 1:
        return wave[0]
    live = wave[np.any(wave != 0, axis=1)]
    return (live if len(live) else wave).mean(axis=0, dtype=np.float32)


def resample(wave: np.ndarray, rate_in: int, rate_out: int) -> np.ndarray:
    """Resample mono samples (soxr, high quality); no copy where the rates agree."""
    if rate_in == rate_out:
        return wave
    return soxr.resample(wave, rate_in, rate_out, quality="HQ").astype(np.float32, copy=False)


def load_mono(path: Path, rate: int) -> np.ndarray:
    """Read a file as mono float32 samples, shape (samples,), at a sample rate in Hz."""
    wave, rate_in = read_audio(path)
    return resample(to_mono(wave), rate_in, rate)
