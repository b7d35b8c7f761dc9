"""Reading audio by content, never by file name.

libsndfile reads what holds nothing but sound; the sound of a film (MP4, Matroska) is decoded by FFmpeg.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from pipeline.core.errors import PipelineError


class AudioError(PipelineError):
    """A file that cannot be decoded.

    Attributes:
        why: What is wrong with it, without its path.
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path, why)  # as it came, so that it can be sent from one process to another
        self.path, self.why = path, why

    def __str__(self) -> str:
        return f"{self.path}: cannot be read as audio ({self.why})"


def read_audio(path: Path) -> tuple[np.ndarray, int]:
    """Decode a file of any container that libsndfile or, for films, FFmpeg knows.

    Returns:
        The samples, shape (channels, samples), float32 in [-1, 1], and the sample rate in Hz. Lossy formats
        may go a little beyond that range.

    Raises:
        AudioError: The file is not there, not audio, or damaged.
    """
    try:
        with path.open("rb") as file:
            wave, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        if film_container(_head(path)):
            return _read_film(path)
        raise AudioError(path, error.error_string) from error
    except OSError as error:
        raise AudioError(path, error.strerror or "unreadable") from error
    return np.ascontiguousarray(wave.T), int(rate)


def film_container(head: bytes) -> str | None:
    """Name the container of a film, "MP4" (QuickTime included) or "Matroska", by a file's first 8 bytes."""
    if head[4:8] == b"ftyp":
        return "MP4"
    return "Matroska" if head.startswith(b"\x1a\x45\xdf\xa3") else None


def promised_seconds(path: Path) -> float | None:
    """Return how long a film's header says that its sound is; None where it does not, as in Matroska.

    Raises:
        AudioError: The header cannot be read, or there is no sound.
    """
    with _open_film(path) as (_, stream):
        return float(stream.duration * stream.time_base) if stream.duration else None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


@contextmanager
def _open_film(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open a film's container and its first sound track; FFmpeg's errors inside become ours."""
    import av  # 70 ms, and only films need it

    try:
        with path.open("rb") as file, av.open(file) as container:
            if not container.streams.audio:
                raise AudioError(path, "a film without a sound track")
            yield container, container.streams.audio[0]
    except (OSError, av.FFmpegError) as error:
        raise AudioError(path, error.strerror or "unreadable") from error


def _read_film(path: Path) -> tuple[np.ndarray, int]:
    """Decode the first sound track, whole: one packet that cannot be decoded makes the file unusable."""
    import av

    blocks: list[np.ndarray] = []  # (channels, samples) each
    rate = 0
    with _open_film(path) as (container, stream):
        to_float = av.AudioResampler(format="fltp")  # keeps the channels and the rate of the first frame
        try:
            for frame in container.decode(stream):
                blocks += [block.to_ndarray() for block in to_float.resample(frame)]
                rate = frame.sample_rate
        except av.FFmpegError as error:
            seconds = sum(block.shape[1] for block in blocks) / (rate or 1)
            raise AudioError(path, f"{error.strerror}, after {seconds:.2f} s of sound") from error
        except ValueError as error:  # of the resampler
            raise AudioError(path, "its channels or sample rate change midway") from error
    if not blocks:
        raise AudioError(path, "a film whose sound track is empty")
    return np.concatenate(blocks, axis=1), rate


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
