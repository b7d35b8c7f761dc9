"""The outline of a recording."""

import numpy as np
import pytest

from pipeline.app.peaks import STRETCH, Peaks


def outline(levels, n_peaks, block):
    peaks = Peaks()
    for start in range(0, len(levels), block):
        peaks.add(levels[start : start + block])
    return peaks.values(n_peaks)


@pytest.mark.parametrize("block", [1, 63, 64, 1000, 10_000])
def test_each_peak_is_the_largest_value_of_its_stretch_whatever_the_blocks(block):
    levels = np.zeros(STRETCH * 100, np.float32)
    levels[[0, STRETCH * 50, STRETCH * 100 - 1]] = 0.5, 0.25, 2.0  # of which the last is clipped
    assert outline(levels, 4, block) == [0.5, 0, 0.25, 1]


def test_a_short_recording_has_fewer_peaks():
    assert outline(np.full(STRETCH + 1, 0.1, np.float32), 2000, 100) == [0.1, 0.1]


def test_nothing_has_none():
    assert Peaks().values() == []
