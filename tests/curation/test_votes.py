"""Votes for pairs of clips and shifts, counted by hand and held to comparing every frame with every other."""

from collections import Counter

import numpy as np
import pytest

from pipeline.curation import library
from pipeline.curation.library import PARTS, Library
from pipeline.curation.votes import Lookup, best_shifts, candidates, votes_in_runs

BIAS = 1 << 15


def packed(*votes):
    """Pack (first clip, second clip, shift)."""
    return np.array([first << 40 | second << 16 | shift + BIAS for first, second, shift in votes], np.uint64)


def chosen(*votes):
    """Return (first, second, shift) of the pairs that the votes speak for."""
    pairs = best_shifts(packed(*votes))
    return list(zip(pairs.first.tolist(), pairs.second.tolist(), pairs.shift.tolist(), strict=True))


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([], []),
        ([(0, 1, 5)], []),
        ([(0, 1, 5), (0, 2, 5), (1, 2, 5)], []),
        ([(0, 1, -5), (0, 1, -5)], [(0, 1, -5)]),
        ([(0, 1, 6), (0, 1, 5)], [(0, 1, 5)]),
        ([(0, 1, 5), (0, 1, 7)], []),
        ([(0, 1, 9), (0, 1, 3), (0, 1, 9), (0, 1, 3), (0, 1, 9)], [(0, 1, 9)]),
        ([(3, 4, 0), (0, 1, 2), (3, 4, 0), (0, 1, 2)], [(0, 1, 2), (3, 4, 0)]),
    ],
)
def test_two_votes_give_a_shift_and_the_most_win(votes, expected):
    assert chosen(*votes) == expected


def test_candidates_and_their_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "BLOCK_FRAMES", 4)
    values = np.array([1 << 8, 2 << 8, 3 << 8, 4 << 8], np.uint32)
    clips = [values, values[::-1] + 1, values[1:]]
    found = [
        (one.first, other.first, pairs.first.tolist(), pairs.second.tolist(), pairs.shift.tolist())
        for one, other, pairs in candidates(Library(tmp_path, clips))
        if len(pairs.first)
    ]
    assert found == [(0, 2, [0], [2], [-1])]


def every_vote(clips):
    """Compare every frame of every clip with every frame of every later clip."""
    return Counter(
        packed((i, j, g - f))[0]
        for i, one in enumerate(clips)
        for j, other in enumerate(clips[i + 1 :], i + 1)
        for f, a in enumerate(one.tolist())
        for g, b in enumerate(other.tolist())
        for drop in PARTS
        if a and b and (a >> drop) % (1 << 24) == (b >> drop) % (1 << 24)
    )


def test_a_vote_for_every_shared_key(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.integers(1, 1 << 32, size=20, dtype=np.uint32)
    clips = [rng.choice(np.append(values, 0), size=8) for _ in range(12)]
    made = Library(tmp_path, clips)
    matches = [Lookup(postings).matches_within() for postings in made.postings(0)]
    assert Counter(np.concatenate(list(votes_in_runs(matches, made.block(0)))).tolist()) == every_vote(clips)
