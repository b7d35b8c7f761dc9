"""Finding the clips whose fingerprints agree, without comparing every clip with every other.

1. Clips that share keys, which are parts of sub-fingerprints, at one and the same time shift are candidates
   (`pipeline.curation.votes`).
2. Each candidate pair is compared at that shift: bit error rate over the frames in which both have speech.

The clips lie on disk, below `$TMPDIR`, in blocks of which two at a time are in memory
(`pipeline.curation.library`): memory does not grow with the frames. Every block meets every other one, so time
grows somewhat faster than the frames do: on a busy machine with two cores, the stage `deduplicate` took 8 s for
100,000 made-up clips, and 152 s and 1.2 GiB for a million (`python -m benchmarks.curation scale --rows 100000
1000000`).

A clip with more than `library.MAX_RUN` near copies may lose them, so pass only one of each set of exact copies.

`MAX_ERROR` lies between what copies and what different clips show, see `pipeline.curation.fingerprint`. The
less speech is compared, the more alike different clips can be: of RAVDESS's and TESS's, cut to 24 (32, 48, 64)
frames of their speech, the most alike differ in 17 (18, 22, 23) % of their bits, and in 12 % at 16 frames,
where copies cannot be told any more (`python -m benchmarks.curation fingerprint --cut 16 24 32 48 64`).
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.curation.fingerprint import BITS, PAUSE
from pipeline.curation.library import Block, Library
from pipeline.curation.votes import Pairs, candidates

COVERAGE = 0.9  # share of the shorter clip's speech that must be compared
MIN_RATIO = 0.5  # of the shorter clip's speech to the longer's: an excerpt is not a copy
MAX_ERROR = ((24, 0.12), (64, 0.20))  # (frames of speech, highest BER of a copy); linear between
RUN_FRAMES = 1 << 18  # compared at a time


@dataclass(frozen=True)
class Sides:
    """Pairs of clips, and the blocks that hold the first and the second ones."""

    one: Block
    other: Block
    pairs: Pairs

    def __getitem__(self, chosen: np.ndarray) -> "Sides":
        return Sides(self.one, self.other, self.pairs[chosen])

    def speech(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the frames with speech of each pair: of the clip with less, and of the other."""
        first = self.one.n_speech[self.pairs.first - self.one.first]
        second = self.other.n_speech[self.pairs.second - self.other.first]
        return np.minimum(first, second), np.maximum(first, second)

    def n_common(self) -> np.ndarray:
        """Return how many frames of each pair lie beside each other."""
        first = self.one.lengths[self.pairs.first - self.one.first]
        second = self.other.lengths[self.pairs.second - self.other.first]
        shift = self.pairs.shift
        return np.maximum(np.minimum(first, second - shift) - np.maximum(-shift, 0), 0)


def near_pairs(fingerprints: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Find the pairs of clips that are copies of each other.

    Args:
        fingerprints: One a clip, as `pipeline.curation.fingerprint.fingerprint` makes them; read once.

    Returns:
        The pairs' indices, shape (pairs, 2), the smaller first, sorted; and their bit error rates, shape
        (pairs,).
    """
    found, errors = [np.zeros((0, 2), np.int64)], [np.zeros(0)]
    with tempfile.TemporaryDirectory(prefix="fingerprints-") as folder:
        for one, other, pairs in candidates(Library(Path(folder), fingerprints)):
            sides = Sides(one, other, pairs)
            less, more = sides.speech()
            sides = sides[(less >= MIN_RATIO * more) & (error_limit(less) > 0)]
            error = bit_errors(sides)
            near = error <= error_limit(sides.speech()[0])
            found.append(np.stack([sides.pairs.first[near], sides.pairs.second[near]], axis=1))
            errors.append(error[near])
    indices = np.concatenate(found)
    order = np.lexsort((indices[:, 1], indices[:, 0]))
    return indices[order], np.concatenate(errors)[order]


def error_limit(n_speech: np.ndarray) -> np.ndarray:
    """Return the highest BER at which a clip counts as a copy; below the shortest length, none does."""
    lengths, limits = zip(*MAX_ERROR, strict=True)
    return np.where(n_speech < lengths[0], -1.0, np.interp(n_speech, lengths, limits))


def bit_errors(sides: Sides) -> np.ndarray:
    """Return the lowest BER of each pair at its shift or one frame beside it, shape (pairs,).

    It is 1 where less than `COVERAGE` of the shorter clip's speech is compared.
    """
    n_frames = sides.n_common()
    errors = np.ones(len(n_frames))
    order = np.argsort(n_frames, kind="stable")
    n_frames = n_frames[order]
    octave, run = np.frexp(n_frames)[1], np.cumsum(n_frames) // RUN_FRAMES
    cuts = np.flatnonzero(np.diff(octave) | np.diff(run)) + 1  # pairs together that are of similar length
    for chosen in np.split(order, cuts):
        beside = [_errors_at(sides[chosen], n) for n in (-1, 0, 1)]
        errors[chosen] = np.min(beside, axis=0)
    return errors


def _errors_at(sides: Sides, beside: int) -> np.ndarray:
    """Return each pair's BER at its shift plus a few frames."""
    sides = replace(sides, pairs=replace(sides.pairs, shift=sides.pairs.shift + beside))
    pairs, n_frames = sides.pairs, sides.n_common()
    begin, most = np.maximum(-pairs.shift, 0), n_frames.max(initial=0)
    one = sides.one.frames(pairs.first, begin, most)
    other = sides.other.frames(pairs.second, begin + pairs.shift, most)
    both = (one != PAUSE) & (other != PAUSE) & (np.arange(most) < n_frames[:, None])
    n_compared = np.count_nonzero(both, axis=1)
    n_wrong = np.where(both, np.bitwise_count(one ^ other), np.uint8(0)).sum(axis=1, dtype=np.int64)
    covered = (n_compared > 0) & (n_compared >= COVERAGE * sides.speech()[0])
    return np.where(covered, n_wrong / np.maximum(n_compared * BITS, 1), 1.0)
