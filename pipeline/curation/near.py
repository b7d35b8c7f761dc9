"""Finding the clips whose fingerprints agree, without comparing every clip with every other.

1. Two overlapping parts of each sub-fingerprint, the keys (24 of its 32 bits each), are sorted. Clips that
   share keys at one and the same time shift are candidates; keys too common to tell clips apart are skipped.
2. Each candidate pair is compared at that shift: bit error rate over the frames in which both have speech.

Nothing loops over clips or pairs in Python. Memory grows with the frames, about 70 bytes each, not with the
pairs, which are counted in blocks of bounded size: 100,000 clips (10.5 million frames) took 0.7 GB and 13 to
26 s on a busy machine with two cores. A clip with more than `MAX_RUN` near copies may lose them, so pass
only one of each set of exact copies.

`MAX_ERROR` lies between what copies and what different clips show, see `pipeline.curation.fingerprint`. The
less speech is compared, the more alike different clips can be: of RAVDESS's and TESS's, cut to 24 (32, 48, 64)
frames of their speech, the most alike differ in 17 (18, 22, 23) % of their bits, and in 12 % at 16 frames,
where copies cannot be told any more (`python -m benchmarks.curation fingerprint --cut 16 24 32 48 64`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.curation.fingerprint import BITS, PAUSE

KEY_BITS = 24  # of a key: the bits of the 24 lowest bands, and of the 24 highest
MAX_RUN = 64  # a key in more frames than this says nothing
MIN_VOTES = 2  # keys that must agree at a time shift, give or take one frame
COVERAGE = 0.9  # share of the shorter clip's speech that must be compared
MIN_RATIO = 0.5  # of the shorter clip's speech to the longer's: an excerpt is not a copy
MAX_ERROR = ((24, 0.12), (64, 0.20))  # (frames of speech, highest BER of a copy); linear between
BLOCK_PAIRS = 1 << 22  # votes counted at a time
BLOCK_FRAMES = 1 << 20  # frames compared at a time

# A vote for a pair and a shift is one integer: first clip (24 bits), second clip (24), shift plus bias (16).
# `fingerprint.MAX_SECONDS` keeps shifts below the bias.
_CLIP_BITS = np.uint64(24)
_SHIFT_BITS = np.uint64(16)
_SHIFT_BIAS = 1 << 15


@dataclass(frozen=True)
class Pairs:
    """Pairs of clips at a time shift: frame i of the first lies beside frame i + shift of the second.

    Attributes:
        first: Index of a clip, shape (pairs,).
        second: Index of a clip, larger than the first.
        shift: In frames.
    """

    first: np.ndarray
    second: np.ndarray
    shift: np.ndarray

    def __getitem__(self, chosen: np.ndarray | slice) -> "Pairs":
        return Pairs(self.first[chosen], self.second[chosen], self.shift[chosen])


@dataclass(frozen=True)
class Library:
    """Many fingerprints, one after the other.

    Attributes:
        values: All frames, shape (frames,), uint32.
        starts: Where each clip begins, and the end, shape (clips + 1,).
        n_speech: Frames with speech of each clip, shape (clips,).
    """

    values: np.ndarray
    starts: np.ndarray
    n_speech: np.ndarray

    @classmethod
    def of(cls, fingerprints: Sequence[np.ndarray]) -> "Library":
        """Join fingerprints."""
        lengths = np.array([len(values) for values in fingerprints], np.int64)
        values = np.concatenate([np.zeros(0, np.uint32), *fingerprints])
        clip = np.repeat(np.arange(len(lengths)), lengths)
        n_speech = np.bincount(clip[values != PAUSE], minlength=len(lengths))
        return cls(values, np.concatenate([[0], np.cumsum(lengths)]), n_speech)

    def shorter_speech(self, pairs: Pairs) -> np.ndarray:
        """Return the frames with speech of each pair's shorter clip, shape (pairs,)."""
        return np.minimum(self.n_speech[pairs.first], self.n_speech[pairs.second])


def near_pairs(fingerprints: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Find the pairs of clips that are copies of each other.

    Args:
        fingerprints: One a clip, as `pipeline.curation.fingerprint.fingerprint` makes them.

    Returns:
        The pairs' indices, shape (pairs, 2), the smaller first, sorted; and their bit error rates, shape
        (pairs,).
    """
    if len(fingerprints) >> int(_CLIP_BITS):
        raise ValueError(f"{len(fingerprints)} clips; expected fewer than {1 << int(_CLIP_BITS)}")
    library = Library.of(fingerprints)
    found, errors = [np.zeros((0, 2), np.int64)], [np.zeros(0)]
    for pairs in candidates(library):
        error = bit_errors(library, pairs)
        near = error <= error_limit(library.shorter_speech(pairs))
        found.append(np.stack([pairs.first[near], pairs.second[near]], axis=1))
        errors.append(error[near])
    indices = np.concatenate(found)
    order = np.lexsort((indices[:, 1], indices[:, 0]))
    return indices[order], np.concatenate(errors)[order]


def error_limit(n_speech: np.ndarray) -> np.ndarray:
    """Return the highest BER at which a clip counts as a copy; below the shortest length, none does."""
    lengths, limits = zip(*MAX_ERROR, strict=True)
    return np.where(n_speech < lengths[0], -1.0, np.interp(n_speech, lengths, limits))


def candidates(library: Library) -> Iterator[Pairs]:
    """Yield the pairs of clips that share keys at one time shift, in blocks by their first clip."""
    keys = [shared_keys(library, drop) for drop in (0, BITS - KEY_BITS)]
    positions, n_later = (np.concatenate(arrays) for arrays in zip(*keys, strict=True))
    clip = (np.searchsorted(library.starts, positions, side="right") - 1).astype(np.int32)
    frame = (positions - library.starts[clip]).astype(np.int32)
    del keys, positions
    per_clip = np.bincount(clip, weights=n_later, minlength=len(library.n_speech))
    block_of_clip = ((np.cumsum(per_clip) - per_clip) // BLOCK_PAIRS).astype(np.int32)
    for block in np.unique(block_of_clip):
        entries = np.flatnonzero((block_of_clip[clip] == block) & (n_later > 0))
        one = np.repeat(entries, n_later[entries])
        other = one + 1 + _count_within(n_later[entries])
        different = clip[one] != clip[other]
        one, other = one[different], other[different]
        yield best_shifts(library, Pairs(clip[one], clip[other], frame[other] - frame[one]))


def shared_keys(library: Library, drop: int) -> tuple[np.ndarray, np.ndarray]:
    """Sort one part of the sub-fingerprints and keep those that occur more than once, but not too often.

    Args:
        library: Where they come from.
        drop: How many of the lowest bits to leave out before taking `KEY_BITS`.

    Returns:
        The keys' positions in `library.values`, ordered by key and then position, int64; and for each how
        many later ones have the same key, int32.
    """
    where = np.flatnonzero(library.values != PAUSE)
    packed = (library.values[where] >> np.uint32(drop)).astype(np.uint64)
    packed <<= np.uint64(64 - KEY_BITS)  # also shifts out what is above the key
    packed |= where.astype(np.uint64)
    packed.sort()
    keys = (packed >> np.uint64(64 - KEY_BITS)).astype(np.uint32)
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    lengths = np.diff(np.concatenate([begins, [len(keys)]])).astype(np.int32)
    lengths_kept = np.where((lengths > 1) & (lengths <= MAX_RUN), lengths, 0)
    kept = np.repeat(lengths_kept > 0, lengths)
    n_later = np.repeat(lengths_kept, lengths_kept) - 1 - _count_within(lengths_kept)
    positions = packed[kept] & _ones(np.uint64(64 - KEY_BITS))
    return positions.astype(np.int64), n_later.astype(np.int32)


def _count_within(lengths: np.ndarray) -> np.ndarray:
    """Return 0 ... length - 1 for each length, one after the other."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def best_shifts(library: Library, votes: Pairs) -> Pairs:
    """Count equal votes, and return each pair of clips with its best shift, if that has enough votes.

    Pairs of which one has far more speech than the other are left out.
    """
    packed = votes.first.astype(np.uint64) << (_CLIP_BITS + _SHIFT_BITS)
    packed |= votes.second.astype(np.uint64) << _SHIFT_BITS
    packed |= (votes.shift + _SHIFT_BIAS).astype(np.uint64)
    packed, n_votes = np.unique(packed, return_counts=True)
    n_votes = n_votes + _of_next(packed, n_votes)
    packed, n_votes = packed[n_votes >= MIN_VOTES], n_votes[n_votes >= MIN_VOTES]
    pair = packed >> _SHIFT_BITS
    order = np.lexsort((n_votes, pair))
    best = packed[order[np.append(pair[1:] != pair[:-1], True)[: len(pair)]]]
    pairs = Pairs(
        first=(best >> (_CLIP_BITS + _SHIFT_BITS)).astype(np.int64),
        second=(best >> _SHIFT_BITS & _ones(_CLIP_BITS)).astype(np.int64),
        shift=(best & _ones(_SHIFT_BITS)).astype(np.int64) - _SHIFT_BIAS,
    )
    longer = np.maximum(library.n_speech[pairs.first], library.n_speech[pairs.second])
    return pairs[library.shorter_speech(pairs) >= MIN_RATIO * longer]


def _ones(n_bits: np.uint64) -> np.uint64:
    return (np.uint64(1) << n_bits) - np.uint64(1)


def _of_next(packed: np.ndarray, n_votes: np.ndarray) -> np.ndarray:
    """Return the votes of the shift that is one frame larger: a trimmed copy lies between two shifts."""
    follows = np.zeros(len(packed), bool)
    follows[:-1] = packed[1:] == packed[:-1] + np.uint64(1)
    return np.where(follows, np.roll(n_votes, -1), 0)


def bit_errors(library: Library, pairs: Pairs) -> np.ndarray:
    """Return the lowest BER of each pair at its shift or one frame beside it, shape (pairs,).

    It is 1 where less than `COVERAGE` of the shorter clip's speech is compared.
    """
    lengths = np.diff(library.starts)
    n_frames = np.cumsum(np.minimum(lengths[pairs.first], lengths[pairs.second]))
    cuts = np.flatnonzero(np.diff(n_frames // BLOCK_FRAMES)) + 1
    blocks = [pairs[block] for block in np.split(np.arange(len(pairs.first)), cuts)]
    errors = [
        np.min([_errors_at(library, block, beside) for beside in (-1, 0, 1)], axis=0) for block in blocks
    ]
    return np.concatenate(errors)


def _errors_at(library: Library, pairs: Pairs, beside: int) -> np.ndarray:
    """Return each pair's BER at its shift plus a few frames."""
    shift = pairs.shift + beside
    lengths = np.diff(library.starts)
    begin = np.maximum(0, -shift)
    end = np.minimum(lengths[pairs.first], lengths[pairs.second] - shift)
    n_frames = np.maximum(end - begin, 0)
    within = _count_within(n_frames)
    one = library.values[np.repeat(library.starts[pairs.first] + begin, n_frames) + within]
    other = library.values[np.repeat(library.starts[pairs.second] + begin + shift, n_frames) + within]
    both = (one != PAUSE) & (other != PAUSE)
    pair = np.repeat(np.arange(len(n_frames)), n_frames)
    n_compared = np.bincount(pair[both], minlength=len(n_frames))
    wrong = np.bitwise_count(one[both] ^ other[both])
    n_wrong = np.bincount(pair[both], weights=wrong, minlength=len(n_frames))
    covered = (n_compared > 0) & (n_compared >= COVERAGE * library.shorter_speech(pairs))
    return np.where(covered, n_wrong / np.maximum(n_compared * BITS, 1), 1.0)
