"""What a library of fingerprints writes down of its clips, and what it does not."""

import numpy as np
import pytest

from pipeline.curation import library
from pipeline.curation.library import MAX_FRAMES, Library


def fingerprint(*values):
    return np.array(values, np.uint32)


def unpacked(postings):
    """Return (key, clip, frame) of each posting."""
    return [(key >> 40, key >> 16 & 0xFFFFFF, key & 0xFFFF) for key in postings.tolist()]


def test_only_keys_that_occur_again_are_written_down(tmp_path):
    clips = [fingerprint(0x11222222, 0x33333333), fingerprint(0, 0x44222222), fingerprint(0x44222255)]
    low, high = map(unpacked, Library(tmp_path, clips).postings(0))
    assert low == [(0x222222, 0, 0), (0x222222, 1, 1)]
    assert high == [(0x442222, 1, 1), (0x442222, 2, 0)]


@pytest.mark.parametrize(("n", "n_written"), [(1, 0), (2, 2), (64, 64), (65, 0), (300, 0)])
def test_a_key_that_is_too_common_is_not(tmp_path, n, n_written):
    made = Library(tmp_path, [np.full(n, 7, np.uint32)])
    assert [len(postings) for postings in made.postings(0)] == [n_written, n_written]


@pytest.mark.parametrize("block_frames", [1, 4, 100])
def test_keys_are_counted_over_all_blocks(tmp_path, monkeypatch, block_frames):
    monkeypatch.setattr(library, "BLOCK_FRAMES", block_frames)
    clips = [fingerprint(1 << 8, 2 << 8), fingerprint(3 << 8, 1 << 8), fingerprint(0), fingerprint(2 << 8)]
    made = Library(tmp_path, clips)
    written = [posting for i in range(len(made)) for posting in unpacked(made.postings(i)[1])]
    assert sorted(written) == [(1, 0, 0), (1, 1, 1), (2, 0, 1), (2, 3, 0)]


def test_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "BLOCK_FRAMES", 4)
    clips = [fingerprint(1, 0, 2), fingerprint(), fingerprint(3, 4), fingerprint(5)]
    made = Library(tmp_path, clips)
    blocks = [made.block(i) for i in range(len(made))]
    assert [block.first for block in blocks] == [0, 3]
    assert [block.lengths.tolist() for block in blocks] == [[3, 0, 2], [1]]
    assert [block.starts.tolist() for block in blocks] == [[0, 3, 3], [0]]
    assert [block.n_speech.tolist() for block in blocks] == [[2, 0, 2], [1]]


def test_frames_may_reach_over_the_end(tmp_path):
    block = Library(tmp_path, [fingerprint(1, 2, 3), fingerprint(4, 5)]).block(0)
    assert block.frames(np.array([0, 1, 1]), np.array([1, 0, 2]), 3).tolist() == [
        [2, 3, 4],
        [4, 5, 0],
        [0, 0, 0],
    ]


def test_no_clips(tmp_path):
    assert len(Library(tmp_path, [])) == 0


def test_a_fingerprint_that_is_too_long(tmp_path):
    with pytest.raises(ValueError, match="a fingerprint has 32769 frames; expected 32768 at most"):
        Library(tmp_path, [np.ones(MAX_FRAMES + 1, np.uint32)])


def test_too_many_clips(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "CLIP_BITS", 2)
    with pytest.raises(ValueError, match="4 clips; expected fewer than 4"):
        Library(tmp_path, [fingerprint(1)] * 4)
