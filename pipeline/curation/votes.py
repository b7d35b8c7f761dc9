"""Which clips of a library share keys at one and the same time shift.

A key in two clips is a vote for this pair and the shift between the two frames. Votes are made and counted for
two blocks of the library at a time, in runs of bounded size; nothing loops over clips or pairs in Python.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.curation.library import CLIP_BITS, FRAME_BITS, KEY_BITS, Block, Library

MIN_VOTES = 2  # keys that must agree at a time shift, give or take one frame
RUN_VOTES = 1 << 22  # counted at a time, and what the last of their first clips has more

# A vote is one integer: first clip (24 bits), second clip (24), shift plus bias (16).
_CLIP_BITS, _FRAME_BITS = np.uint64(CLIP_BITS), np.uint64(FRAME_BITS)
_SHIFT_BIAS = 1 << (FRAME_BITS - 1)


@dataclass(frozen=True)
class Pairs:
    """Pairs of clips at a time shift: frame i of the first lies beside frame i + shift of the second.

    Attributes:
        first: Number of a clip, shape (pairs,).
        second: Number of a later clip.
        shift: In frames.
    """

    first: np.ndarray
    second: np.ndarray
    shift: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Pairs":
        return Pairs(self.first[chosen], self.second[chosen], self.shift[chosen])


@dataclass(frozen=True)
class Matches:
    """Postings, each with the run of postings that have the same key and a later clip.

    Attributes:
        postings: Packed as `pipeline.curation.library.sorted_postings` does, shape (postings,).
        begin: Where the run of each begins in `others`.
        n: How many are in the run.
        others: All postings of a block.
    """

    postings: np.ndarray
    begin: np.ndarray
    n: np.ndarray
    others: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Matches":
        return Matches(self.postings[chosen], self.begin[chosen], self.n[chosen], self.others)

    @property
    def clip(self) -> np.ndarray:
        """The clip of each of the postings."""
        return (self.postings >> _FRAME_BITS & _ones(_CLIP_BITS)).astype(np.int64)

    def votes(self) -> np.ndarray:
        """Return a vote for each posting with each of its run, packed."""
        before = np.cumsum(self.n) - self.n
        other = np.repeat(self.begin - before, self.n)
        other += np.arange(len(other))
        votes = self.others[other] & _ones(_CLIP_BITS + _FRAME_BITS)
        first = self.postings >> _FRAME_BITS << (_CLIP_BITS + _FRAME_BITS)  # shifts out the key
        votes += np.repeat(first + np.uint64(_SHIFT_BIAS) - (self.postings & _ones(_FRAME_BITS)), self.n)
        return votes


class Lookup:
    """Where each key occurs among a block's postings.

    Args:
        postings: Packed as `pipeline.curation.library.sorted_postings` does.
    """

    def __init__(self, postings: np.ndarray) -> None:
        self.postings = postings
        self.ends = run_ends(_keys(postings))
        self.run = np.zeros(1 << KEY_BITS, np.int32)  # of each possible key, counted from 1, or 0
        self.run[_keys(postings[self.ends[1:] - 1])] = np.arange(1, len(self.ends))

    def matches(self, postings: np.ndarray) -> Matches:
        """Match the postings of an earlier block."""
        run = self.run[_keys(postings)]
        here = np.flatnonzero(run)
        begin, end = self.ends[run[here] - 1], self.ends[run[here]]
        return Matches(postings[here], begin, end - begin, self.postings)

    def matches_within(self) -> Matches:
        """Match the block's own postings."""
        of_clip = run_ends(self.postings >> _FRAME_BITS)  # runs of a key in one clip
        begin = np.repeat(of_clip[1:], np.diff(of_clip))
        n = np.repeat(self.ends[1:], np.diff(self.ends)) - begin
        return Matches(self.postings, begin, n, self.postings)[np.flatnonzero(n)]


def candidates(library: Library) -> Iterator[tuple[Block, Block, Pairs]]:
    """Yield pairs of clips with enough votes at one shift, and the blocks of their first and second clips."""
    for later in range(len(library)):
        yield from _with_earlier(library, later)


def _with_earlier(library: Library, later: int) -> Iterator[tuple[Block, Block, Pairs]]:
    """Yield the candidates of which the second clip is in a block."""
    other, lookups = library.block(later), [Lookup(postings) for postings in library.postings(later)]
    for earlier in range(later):
        one, postings = library.block(earlier), library.postings(earlier)
        matches = [lookup.matches(own) for lookup, own in zip(lookups, postings, strict=True)]
        del postings  # not needed any more, and not small
        for votes in votes_in_runs(matches, one):
            yield one, other, best_shifts(votes)
        del matches
    for votes in votes_in_runs([lookup.matches_within() for lookup in lookups], other):
        yield other, other, best_shifts(votes)


def votes_in_runs(matches: list[Matches], one: Block) -> Iterator[np.ndarray]:
    """Yield the votes of the matches, about `RUN_VOTES` at a time, those of a first clip together."""
    n = sum(np.bincount(part.clip - one.first, part.n, len(one.lengths)) for part in matches)
    run_of_clip = ((np.cumsum(n) - n) // RUN_VOTES).astype(np.int32)
    runs = [run_of_clip[part.clip - one.first] for part in matches]
    for run in np.unique(run_of_clip[n > 0]):
        parts = [part[np.flatnonzero(own == run)] for part, own in zip(matches, runs, strict=True)]
        yield np.concatenate([part.votes() for part in parts])


def best_shifts(votes: np.ndarray) -> Pairs:
    """Count equal votes, and return each pair of clips with its best shift, if that has enough votes.

    Args:
        votes: Packed, in any order; they are sorted in place.
    """
    votes.sort()
    after_another = np.append(False, np.diff(votes) <= 1)[: len(votes)]
    votes = votes[after_another | np.roll(after_another, -1)]  # most are alone, and not worth counting
    packed, n_votes = np.unique(votes, return_counts=True)
    n_votes = n_votes + _of_next(packed, n_votes)
    packed, n_votes = packed[n_votes >= MIN_VOTES], n_votes[n_votes >= MIN_VOTES]
    pair = packed >> _FRAME_BITS
    order = np.lexsort((n_votes, pair))
    best = packed[order[run_ends(pair)[1:] - 1]]
    return Pairs(
        first=(best >> (_CLIP_BITS + _FRAME_BITS)).astype(np.int64),
        second=(best >> _FRAME_BITS & _ones(_CLIP_BITS)).astype(np.int64),
        shift=(best & _ones(_FRAME_BITS)).astype(np.int64) - _SHIFT_BIAS,
    )


def _of_next(packed: np.ndarray, n_votes: np.ndarray) -> np.ndarray:
    """Return the votes for the same pair, one frame later."""
    follows = np.zeros(len(packed), bool)
    follows[:-1] = packed[1:] == packed[:-1] + np.uint64(1)
    return np.where(follows, np.roll(n_votes, -1), 0)


def run_ends(values: np.ndarray) -> np.ndarray:
    """Return 0, and where each run of equal values ends, shape (runs + 1,)."""
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    return np.concatenate([[0], changes, [len(values)] if len(values) else []]).astype(np.int32)


def _keys(postings: np.ndarray) -> np.ndarray:
    return (postings >> (_CLIP_BITS + _FRAME_BITS)).astype(np.int32)


def _ones(n_bits: np.uint64) -> np.uint64:
    return (np.uint64(1) << n_bits) - np.uint64(1)
