"""The two decoders: libsndfile for what holds nothing but sound, FFmpeg for films, MP3, and lengths left open.

Neither is told a file's name, so that none of them goes by it, and FFmpeg is told which format to read: asked to
find out by itself it takes a playlist for audio, and opens the files and addresses that stand in it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
import soundfile

BLOCK = 1 << 18  # samples a channel
LEAST = 1 << 16  # samples a channel of a block, but for the last: they fit into a processor's cache
MAX_CHANNELS = 8  # FFmpeg's conversion crashes with 9, 17 and 33
MIN_RATE, MAX_RATE = 4_000, 192_000  # Hz: a packet of FFmpeg is one sample at 1 Hz
OPEN_LENGTH = 1 << 40  # samples: what libsndfile says where a header leaves the length open

DEMUXERS = {
    "MP4": "mov",
    "Matroska": "matroska",
    "MP3": "mp3",
    "FLAC": "flac",
    "WAV": "wav",
    "AU": "au",
}  # FFmpeg's names


class DecodingError(Exception):
    """What is wrong with a file, in words, without its path."""


@dataclass(frozen=True)
class Decoding:
    """A file that is being decoded.

    Attributes:
        rate: Sample rate in Hz.
        channels: Their number.
        encoding: libsndfile's name, such as "PCM_16"; empty where FFmpeg decodes.
        n_promised: Samples a channel that the decoder expects; None where it does not know.
        blocks: The samples, shapes (channels, samples), float32, full scale at 1.
        n_tracks: Sound tracks of the file: the first is decoded.
    """

    rate: int
    channels: int
    encoding: str
    n_promised: int | None
    blocks: Iterator[np.ndarray]
    n_tracks: int = 1


@contextmanager
def libsndfile(file: BinaryIO) -> Iterator[Decoding]:
    """Decode by libsndfile.

    Raises:
        DecodingError: The file cannot be decoded; here, or while blocks are taken.
    """
    file.seek(0)
    with ExitStack() as stack:
        with _libsndfile_in_words():
            sound = stack.enter_context(soundfile.SoundFile(file))
        _check(sound.channels, sound.samplerate)
        n_promised = sound.frames if sound.frames < OPEN_LENGTH else None
        yield Decoding(sound.samplerate, sound.channels, sound.subtype, n_promised, _read(sound))


def _read(sound: soundfile.SoundFile) -> Iterator[np.ndarray]:
    """Read to the end that there is, not to the one that is promised."""
    with _libsndfile_in_words():
        while len(block := sound.read(BLOCK, dtype="float32", always_2d=True)):
            yield block.T


@contextmanager
def _libsndfile_in_words() -> Iterator[None]:
    try:
        yield
    except soundfile.LibsndfileError as error:
        raise DecodingError(error.error_string) from error


@contextmanager
def ffmpeg(file: BinaryIO, container: str) -> Iterator[Decoding]:
    """Decode the first sound track by FFmpeg.

    Raises:
        DecodingError: There is none, or it cannot be decoded; here, or while blocks are taken.
    """
    import av  # 70 ms, and few files need it

    file.seek(0)
    with ExitStack() as stack:
        try:
            opened: Any = stack.enter_context(av.open(file, format=DEMUXERS[container]))
            if not opened.streams.audio:
                raise DecodingError("a film without a sound track")
            stream = opened.streams.audio[0]
            frames = opened.decode(stream)
            first = next(frames, None)
        except av.FFmpegError as error:
            raise DecodingError(error.strerror or "unreadable") from error
        if first is None:
            raise DecodingError("a sound track that is empty")
        channels, rate = first.layout.nb_channels, first.sample_rate  # the header may know less
        _check(channels, rate)
        n_promised = round(rate * stream.duration * stream.time_base) if stream.duration else None
        blocks = joined(_convert(chain([first], frames), channels, rate))
        yield Decoding(rate, channels, "", n_promised, blocks, len(opened.streams.audio))


def _convert(frames: Iterator[Any], channels: int, rate: int) -> Iterator[np.ndarray]:
    """Turn frames into blocks: one packet that cannot be decoded makes the file unusable."""
    import av

    to_float = av.AudioResampler(format="fltp")  # keeps the channels and the rate of the first frame
    n_samples = 0
    try:
        for frame in frames:
            if (frame.layout.nb_channels, frame.sample_rate) != (channels, rate):
                raise DecodingError("its channels or sample rate change midway")
            for block in to_float.resample(frame):
                n_samples += block.samples
                yield block.to_ndarray()
    except av.FFmpegError as error:
        raise DecodingError(f"{error.strerror}, after {n_samples / rate:.2f} s of sound") from error


def joined(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Join short blocks: FFmpeg's have a thousand samples, and whatever is done with one costs the same."""
    waiting: list[np.ndarray] = []
    n_waiting = 0
    for block in blocks:
        waiting.append(block)
        n_waiting += block.shape[1]
        if n_waiting >= LEAST:
            yield np.concatenate(waiting, axis=1)
            waiting, n_waiting = [], 0
    if n_waiting:
        yield np.concatenate(waiting, axis=1)


def _check(channels: int, rate: int) -> None:
    """Refuse what decoders get wrong, before it is converted."""
    if not 1 <= channels <= MAX_CHANNELS:
        raise DecodingError(f"{channels} channels: 1 to {MAX_CHANNELS} can be read")
    if not MIN_RATE <= rate <= MAX_RATE:
        raise DecodingError(f"a sample rate of {rate:,} Hz: {MIN_RATE:,} to {MAX_RATE:,} can be read")
