"""Reading a file as audio: as what its content says, and to its real end; no header and no name is trusted."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.audio.containers import SNIFFED_BYTES, Payload, find_payload, sniff
from pipeline.audio.decoders import Decoding, DecodingError, ffmpeg, libsndfile
from pipeline.audio.wave import audio_hash, resample, to_mono
from pipeline.core.errors import PipelineError
from pipeline.core.paths import corpus_of, open_file

NOT_AUDIO = {
    "empty": "empty file",
    "text": "not audio: text",
    "Git LFS pointer": "not audio: Git LFS pointer (`git lfs pull` fetches the audio)",
}
FILMS = ("MP4", "Matroska")
ID3_HEADER = 10  # bytes


class AudioError(PipelineError):
    """A file that cannot be read as audio.

    Attributes:
        why: What is wrong with it, without its path.
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path, why)  # as it came, so that it can be sent from one process to another
        self.path, self.why = path, why

    def __str__(self) -> str:
        return f"{self.path}: cannot be read as audio ({self.why})"


@dataclass(frozen=True)
class Stream:
    """A file that is open, and decoded as its blocks are taken.

    Attributes:
        container: Such as "WAV" or "MP4"; None for what only the decoder knows.
        payload: What a WAVE, AIFF or AU file promises and holds.
        decoding: The rest.
    """

    container: str | None
    payload: Payload | None
    decoding: Decoding

    @property
    def n_promised(self) -> int | None:
        """How many samples a channel the header promises; None where it leaves that open."""
        expected, payload = self.decoding.n_promised, self.payload
        if payload is None or expected is None:
            return expected
        if payload.promised is None or not payload.held:
            return None
        return round(expected * payload.promised / payload.held)  # libsndfile expects what is there


@dataclass(frozen=True)
class Sound:
    """What was decoded of a file.

    Attributes:
        samples: Shape (channels, samples), float32, full scale at 1. Lossy formats may go a little beyond.
        mono: Their mix, shape (samples,); see `to_mono`.
        rate: Sample rate in Hz.
        container: Such as "WAV" or "MP4"; None for what only the decoder knows.
        encoding: libsndfile's name, such as "PCM_16"; empty where FFmpeg decodes.
        n_promised: Samples a channel that the header promises; None where it leaves that open.
        beyond: Bytes after the samples that the header does not speak of.
        n_tracks: Sound tracks of the file, of which this is the first.
    """

    samples: np.ndarray
    mono: np.ndarray
    rate: int
    container: str | None
    encoding: str
    n_promised: int | None
    beyond: int
    n_tracks: int


def read_sound(path: Path, max_seconds: float | None = None, max_samples: int | None = None) -> Sound:
    """Decode a file of any container that libsndfile or FFmpeg knows.

    Args:
        path: The file; its name says nothing.
        max_seconds: More than that is an error, told from what was decoded.
        max_samples: Likewise, of all channels together.

    Raises:
        AudioError: The file is not there, not audio, damaged, or too long.
    """
    with open_sound(path) as stream:
        rate, blocks, n_samples = stream.decoding.rate, [], 0
        for block in stream.decoding.blocks:
            blocks.append(block)
            n_samples += block.shape[1]
            if max_seconds is not None and n_samples > max_seconds * rate:
                raise AudioError(path, f"longer than {max_seconds:,.0f} s")
            if max_samples is not None and n_samples * len(block) > max_samples:
                raise AudioError(path, f"too large: more than {max_samples:,} samples")
        with _told_of(path, stream.container):  # there may be no memory for it
            samples = _joined(blocks, stream.decoding.channels)
            mono = to_mono(samples)
        return Sound(
            samples,
            mono,
            rate,
            stream.container,
            stream.decoding.encoding,
            stream.n_promised,
            stream.payload.beyond if stream.payload else 0,
            stream.decoding.n_tracks,
        )


@contextmanager
def open_sound(path: Path) -> Iterator[Stream]:
    """Open a file for reading block by block.

    Raises:
        AudioError: As `read_sound`; here, or while blocks are taken.
    """
    with ExitStack() as stack:
        container = None
        with _told_of(path):
            file = stack.enter_context(open_file(path))
            head = file.read(SNIFFED_BYTES)
            container = sniff(head)
            if container in NOT_AUDIO:
                raise AudioError(path, NOT_AUDIO[container])
        with _told_of(path, container):
            payload = find_payload(file, container)
            decoding = stack.enter_context(_decoder(file, container, head, payload))
        yield Stream(container, payload, replace(decoding, blocks=_blocks(path, container, decoding)))


def _blocks(path: Path, container: str | None, decoding: Decoding) -> Iterator[np.ndarray]:
    with _told_of(path, container):
        yield from decoding.blocks


@contextmanager
def _told_of(path: Path, container: str | None = None) -> Iterator[None]:
    """Turn whatever a file does to its decoder into an `AudioError`: damaged headers end in errors of any kind."""
    kind = container or "no audio format that is known"
    try:
        yield
    except AudioError:
        raise
    except DecodingError as error:
        raise AudioError(path, f"{kind}, cannot be decoded: {error}") from error
    except OSError as error:
        raise AudioError(path, f"cannot be opened: {error.strerror}") from error
    except Exception as error:
        raise AudioError(path, f"{kind}, cannot be decoded: {type(error).__name__}: {error}") from error


def _joined(blocks: list[np.ndarray], channels: int) -> np.ndarray:
    if not blocks:
        return np.zeros((channels, 0), np.float32)
    return np.ascontiguousarray(blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1))


def load_mono(path: Path, rate: int, expected_hash: str | None = None) -> np.ndarray:
    """Read a file as mono float32 samples, shape (samples,), at a sample rate in Hz.

    Args:
        path: The file.
        rate: To resample to.
        expected_hash: The `audio_hash` that the index has of it; None asks for no particular content.

    Raises:
        AudioError: It cannot be read.
        PipelineError: It is not what was indexed.
    """
    sound = read_sound(path)
    if expected_hash is not None and audio_hash(sound.mono, sound.rate) != expected_hash:
        raise PipelineError(
            f"{path} has other sound than when it was indexed: `dvc repro -f -s index@{corpus_of(path)}` indexes "
            "its corpus again; then repeat the command"
        )
    return resample(sound.mono, sound.rate, rate)


@contextmanager
def _decoder(
    file: BinaryIO, container: str | None, head: bytes, payload: Payload | None
) -> Iterator[Decoding]:
    """Choose who decodes a file."""
    if container in FILMS:
        with ffmpeg(file, container) as decoding:
            yield decoding
    elif container == "MP3" or (container and _says_nothing(container, head, payload)):
        counted = container == "MP3" and _has_frame_count(file, head)
        with ffmpeg(file, container) as decoding:  # which guesses where it is not told, by the bit rate
            yield decoding if counted else replace(decoding, n_promised=None)
    else:
        with libsndfile(file) as decoding:
            yield decoding


def _says_nothing(container: str, head: bytes, payload: Payload | None) -> bool:
    """Tell the lengths that are 0 and mean "not known": libsndfile takes them at their word, or fails to seek."""
    if container == "FLAC":  # STREAMINFO: 36 bits, four of which end the byte 21
        return len(head) >= 26 and not (head[21] & 0x0F or any(head[22:26]))
    return container in ("WAV", "AU") and payload is not None and payload.stated == 0 and payload.held > 0


def _has_frame_count(file: BinaryIO, head: bytes) -> bool:
    """Tell whether an MP3 says how long it is, in its first frame."""
    position = file.tell()
    tag = ID3_HEADER + sum(
        (byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False)
    )
    file.seek(tag if head.startswith(b"ID3") else 0)
    frame = file.read(SNIFFED_BYTES)
    file.seek(position)
    return any(name in frame for name in (b"Xing", b"Info", b"VBRI"))
