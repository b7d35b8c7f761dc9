"""What a file's first bytes and chunk sizes say of it, whatever its name says.

WAVE: "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991), and EBU Tech
3306 for RF64. AIFF: "Audio Interchange File Format, version 1.3" (Apple, 1989). Both are sequences of chunks
of an id of four letters, a length of four bytes, and as many bytes of content, padded to an even length.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.core.audio import film_container

SNIFFED_BYTES = 512
UNKNOWN_LENGTH = 0xFFFFFFFF  # what a program writes that does not know yet how much will follow

SUFFIXES = {
    ".wav": "WAV",
    ".aif": "AIFF",
    ".aiff": "AIFF",
    ".flac": "FLAC",
    ".ogg": "OGG",
    ".opus": "OGG",
    ".mp3": "MP3",
    ".mp4": "MP4",
    ".m4a": "MP4",
    ".mov": "MP4",
    ".mkv": "Matroska",
    ".webm": "Matroska",
}


@dataclass(frozen=True)
class Payload:
    """The samples of a file, as bytes.

    Attributes:
        promised: What the chunk's header says.
        held: What follows it in the file, at most as much as promised.
    """

    promised: int
    held: int


def sniff(head: bytes) -> str | None:
    """Name a file's container, or "empty", "text", "Git LFS pointer", by its first bytes; else None."""
    if not head:
        return "empty"
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "WAV"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF"
    if film := film_container(head):
        return film
    for magic, name in ((b"fLaC", "FLAC"), (b"OggS", "OGG"), (b"ID3", "MP3")):
        if head.startswith(magic):
            return name
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # MPEG frame sync, layer III
        return "MP3"
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        return "Git LFS pointer"
    return "text" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else a letter that the cut at SNIFFED_BYTES went through
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\t\r\n\f\ufeff" for letter in text)


def read_head(path: Path) -> bytes:
    """Return a file's first bytes, enough for `sniff`."""
    with path.open("rb") as file:
        return file.read(SNIFFED_BYTES)


def find_payload(path: Path) -> Payload | None:
    """Compare what a WAVE or AIFF file promises with what it holds.

    libsndfile opens a file that was cut short without a word, and reads what is there.

    Returns:
        None where the file is of another kind, has no chunk of samples, or does not say how long that is.
    """
    with path.open("rb") as file:
        n_bytes = os.fstat(file.fileno()).st_size
        head = file.read(12)
        container = sniff(head)
        if container not in ("WAV", "AIFF"):
            return None
        order, wanted = ("<", b"data") if container == "WAV" else (">", b"SSND")
        length_64 = None
        for name, length, start in _chunks(file, order):
            if name == b"ds64":
                length_64 = struct.unpack("<Q", file.read(16)[8:])[0]
            if name == wanted:
                promised = length_64 if length == UNKNOWN_LENGTH else length
                return Payload(promised, min(promised, n_bytes - start)) if promised else None
    return None


def _chunks(file: BinaryIO, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's name, stated length and position; the file stands at that position meanwhile."""
    while len(header := file.read(8)) == 8:
        name, length = struct.unpack(f"{order}4sI", header)
        start = file.tell()
        yield name, length, start
        file.seek(start + length + length % 2)
