"""What a file's first bytes and chunk sizes say of it, whatever its name says.

WAVE: "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991), and EBU Tech
3306 for RF64. AIFF: "Audio Interchange File Format, version 1.3" (Apple, 1989). Both are sequences of chunks
of an id of four letters, a length of four bytes, and as many bytes of content, padded to an even length. AU (Sun
Microsystems, 1992) has one header, which says where the samples begin and how many bytes they take.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

SNIFFED_BYTES = 512
PLACEHOLDERS = (
    0x7F000000  # from here on, 32 bits are what programs write that do not know yet how much will follow
)
LAYER_III = 0xE2  # of the second byte of a frame of MPEG audio, without its version and its checksum

SUFFIXES = {
    ".wav": "WAV",
    ".aif": "AIFF",
    ".aiff": "AIFF",
    ".au": "AU",
    ".snd": "AU",
    ".sph": "SPHERE",
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

MAGIC = {
    b"fLaC": "FLAC",
    b"OggS": "OGG",
    b"ID3": "MP3",
    b".snd": "AU",
    b"NIST_1A": "SPHERE",
    b"\x1a\x45\xdf\xa3": "Matroska",
    b"version https://git-lfs.github.com/spec/": "Git LFS pointer",
}


@dataclass(frozen=True)
class Payload:
    """The samples of a file, as bytes.

    Attributes:
        stated: What its header says.
        held: What follows the header, at most as much as promised.
        beyond: What follows that and is no chunk: samples, perhaps, that the header does not speak of.
    """

    stated: int
    held: int
    beyond: int = 0

    @property
    def promised(self) -> int | None:
        """What the header promises; None where it leaves that open."""
        return self.stated if 0 < self.stated < PLACEHOLDERS or self.stated > 0xFFFFFFFF else None


def sniff(head: bytes) -> str | None:
    """Name a file's container, or "empty", "text", "Git LFS pointer", by its first bytes; else None."""
    if not head:
        return "empty"
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "WAV"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF"
    if head[4:8] == b"ftyp":
        return "MP4"
    for magic, name in MAGIC.items():
        if head.startswith(magic):
            return name
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == LAYER_III:
        return "MP3"
    return "text" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else a letter that the cut at SNIFFED_BYTES went through
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\t\r\n\f\ufeff" for letter in text)


def find_payload(file: BinaryIO, container: str | None) -> Payload | None:
    """Compare what a WAVE, AIFF or AU file promises with what it holds.

    libsndfile opens a file that was cut short without a word, and reads what is there.

    Returns:
        None where the file is of another kind, or has no samples to speak of.
    """
    n_bytes = os.fstat(file.fileno()).st_size
    file.seek(0)
    if container == "AU":
        header = file.read(12)
        if len(header) < 12:
            return None
        start, length = struct.unpack(">4xII", header)
        return _payload(length, None, n_bytes - start)
    if container not in ("WAV", "AIFF"):
        return None
    order, wanted = ("<", b"data") if container == "WAV" else (">", b"SSND")
    file.seek(12)
    length_64 = None
    for name, length, start in _chunks(file, order):
        if name == b"ds64":
            length_64 = struct.unpack("<Q", file.read(16).ljust(16, b"\0")[8:])[0]
        if name == wanted:
            found = _payload(length, length_64, n_bytes - start)
            end = start + found.held + found.held % 2
            return Payload(found.stated, found.held, _no_chunks(file, order, end, n_bytes))
    return None


def _payload(length: int, length_64: int | None, follows: int) -> Payload:
    """Return what a length of 32 bits states, or that of 64 bits in its place, and what there is of it."""
    payload = Payload(length_64 if length == 0xFFFFFFFF and length_64 else length, max(0, follows))
    return payload if payload.promised is None else replace(payload, held=min(payload.promised, payload.held))


def _chunks(file: BinaryIO, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's name, stated length and position; the file stands at that position meanwhile."""
    while len(header := file.read(8)) == 8:
        name, length = struct.unpack(f"{order}4sI", header)
        start = file.tell()
        yield name, length, start
        file.seek(start + length + length % 2)


def _no_chunks(file: BinaryIO, order: str, end: int, n_bytes: int) -> int:
    """Return how many bytes follow the samples and their chunks."""
    file.seek(end)
    for name, length, start in _chunks(file, order):
        if not (name.isascii() and name.decode("ascii").isprintable()) or start + length > n_bytes + 1:
            break
        end = start + length + length % 2
    return max(0, n_bytes - end)
