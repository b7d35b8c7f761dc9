"""The fingerprints of very many clips, in blocks on disk, so that a search need not hold them all.

A block holds whole clips, and where their keys occur: two overlapping parts of each sub-fingerprint, 24 of its
32 bits each. Only keys that occur more than once in the library are there, and not too often to tell clips
apart. A library takes up to 20 bytes a frame on disk.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.curation.fingerprint import BITS, PAUSE

KEY_BITS = 24  # of a key: the bits of the 24 lowest bands, and of the 24 highest
PARTS = (0, BITS - KEY_BITS)  # how many of the lowest bits are left out of a key
MAX_RUN = 64  # a key in more frames than this says nothing
BLOCK_FRAMES = 1 << 22  # in a block, and what its last clip has more

# A posting is one integer: key (24 bits), clip (24), frame (16).
CLIP_BITS = 24
FRAME_BITS = 16
MAX_FRAMES = 1 << (FRAME_BITS - 1)  # of a clip, so that FRAME_BITS hold the difference of two frames


@dataclass(frozen=True)
class Block:
    """Some clips, one after the other.

    Attributes:
        first: Number of the first clip.
        values: All frames, and as many pauses as the longest clip has frames, uint32.
        starts: Where each clip begins, shape (clips,), int64.
        lengths: Frames of each clip.
        n_speech: Frames with speech of each clip.
    """

    first: int
    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    n_speech: np.ndarray

    @classmethod
    def of(cls, first: int, values: np.ndarray, lengths: np.ndarray) -> "Block":
        """Make a block of the clips' frames and lengths."""
        ends = np.cumsum(lengths)
        n_before = np.concatenate([[0], np.cumsum(values != PAUSE)])
        n_speech = n_before[ends] - n_before[ends - lengths]
        padded = np.pad(values, (0, lengths.max() + 2), constant_values=PAUSE)
        return cls(first, padded, ends - lengths, lengths, n_speech)

    def frames(self, clips: np.ndarray, begin: np.ndarray, n: int) -> np.ndarray:
        """Return some frames of clips, and of what follows where a clip ends, shape (clips, n)."""
        return sliding_window_view(self.values, n)[self.starts[clips - self.first] + begin]


class Library:
    """Blocks of clips in a folder.

    Args:
        folder: Where they are written.
        fingerprints: One a clip, in the order in which the clips are numbered.

    Raises:
        ValueError: There are too many clips, or one is too long.
    """

    def __init__(self, folder: Path, fingerprints: Iterable[np.ndarray]) -> None:
        self.folder = folder
        self.firsts = [0]  # each block's first clip; last, how many clips there are
        n_frames = np.zeros((len(PARTS), 1 << KEY_BITS), np.uint8)  # of each key, up to MAX_RUN + 1
        for clips in _in_blocks(fingerprints):
            values = np.concatenate(clips)
            np.save(self._path("values", len(self)), values)
            np.save(self._path("lengths", len(self)), np.array([len(clip) for clip in clips], np.int64))
            self.firsts.append(self.firsts[-1] + len(clips))
            for drop, counted in zip(PARTS, n_frames, strict=True):
                keys, n = np.unique(keys_of(values[values != PAUSE], drop), return_counts=True)
                counted[keys] = np.minimum(counted[keys] + n, MAX_RUN + 1)
        if self.firsts[-1] >> CLIP_BITS:
            raise ValueError(f"{self.firsts[-1]} clips; expected fewer than {1 << CLIP_BITS}")
        for number in range(len(self)):
            block = self.block(number)
            for part, counted in enumerate(n_frames):
                np.save(self._path(f"postings{part}", number), sorted_postings(block, PARTS[part], counted))

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self.firsts) - 1

    def block(self, number: int) -> Block:
        """Read a block."""
        values, lengths = (np.load(self._path(name, number)) for name in ("values", "lengths"))
        return Block.of(self.firsts[number], values, lengths)

    def postings(self, number: int) -> list[np.ndarray]:
        """Read where the keys of a block occur, for each part of the sub-fingerprints."""
        return [np.load(self._path(f"postings{part}", number)) for part in range(len(PARTS))]

    def _path(self, name: str, number: int) -> Path:
        return self.folder / f"{name}_{number}.npy"


def _in_blocks(fingerprints: Iterable[np.ndarray]) -> Iterator[list[np.ndarray]]:
    """Yield clips together that have `BLOCK_FRAMES` frames."""
    clips: list[np.ndarray] = []
    n_frames = 0
    for values in fingerprints:
        if len(values) > MAX_FRAMES:
            raise ValueError(f"a fingerprint has {len(values)} frames; expected {MAX_FRAMES} at most")
        clips.append(values)
        n_frames += len(values)
        if n_frames >= BLOCK_FRAMES:
            yield clips
            clips, n_frames = [], 0
    if clips:
        yield clips


def keys_of(values: np.ndarray, drop: int) -> np.ndarray:
    """Return the keys of sub-fingerprints, without so many of their lowest bits, uint32."""
    return values >> np.uint32(drop) & np.uint32((1 << KEY_BITS) - 1)


def sorted_postings(block: Block, drop: int, n_frames: np.ndarray) -> np.ndarray:
    """Return where the keys of a block occur that occur more than once, but not too often.

    Args:
        block: Its clips.
        drop: How many of the lowest bits are left out of a key.
        n_frames: In how many of the library's frames each possible key occurs.

    Returns:
        Key, clip and frame, packed into one integer each, sorted, shape (postings,), uint64.
    """
    keys = keys_of(block.values, drop)
    n = n_frames[keys]
    where = np.flatnonzero((block.values != PAUSE) & (n > 1) & (n <= MAX_RUN))
    clip = np.repeat(np.arange(len(block.lengths)), block.lengths)[where]
    packed = keys[where].astype(np.uint64) << np.uint64(CLIP_BITS)
    packed |= (block.first + clip).astype(np.uint64)
    packed <<= np.uint64(FRAME_BITS)
    packed |= (where - block.starts[clip]).astype(np.uint64)
    packed.sort()
    return packed
