"""Ticks, names and paths of drawings."""

import matplotlib
import numpy as np
import pytest

from pipeline.report import geometry


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 2.1, [0, 0.5, 1.0, 1.5, 2.0]),
        (0, 0.034, [0, 0.01, 0.02, 0.03]),
        (0, 37, [0, 10, 20, 30]),
        (1, 5, [1, 2, 3, 4, 5]),
        (-0.3, 0, [-0.3, -0.2, -0.1, 0]),
        (-0.31, 0.32, [-0.2, 0, 0.2]),
        (2, 2, [2]),
    ],
)
def test_ticks_are_round_numbers_within_the_axis(low, high, expected):
    assert geometry.ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(("last", "expected"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (30, [10, 20, 30])])
def test_epochs_are_whole(last, expected):
    assert geometry.ticks(1, last, whole=True) == expected


def test_a_users_settings_do_not_change_the_ticks():
    with matplotlib.rc_context({"axes.autolimit_mode": "round_numbers"}):
        assert geometry.ticks(1.9, 10.9) == [2, 4, 6, 8, 10]


def test_zero_has_no_sign():
    labels = [label for _, label in geometry.Axes(0, 1, -0.3, 0.3).y_ticks(geometry.ticks(-0.3, 0.3))]
    assert labels == ["−0.2", "0", "0.2"]


@pytest.mark.parametrize("y", [step / 10 for step in range(0, 2000, 7)])
def test_names_at_one_place_are_set_below_one_another(y: float) -> None:
    apart = geometry.names_apart({"angry": (100.0, y), "sad": (100.0, y), "calm": (100.0, y)})
    heights = sorted(height for _, height in apart.values())
    assert np.diff(heights) == pytest.approx([14, 14])


def test_clouds_are_thinned_evenly():
    assert geometry.evenly_spaced(5).tolist() == [0, 1, 2, 3, 4]
    rows = geometry.evenly_spaced(10_000, 600)
    assert (len(rows), rows[0], rows[-1]) == (600, 0, 9999)


def test_a_staircase_holds_the_height_of_its_right_end():
    x, y = geometry.staircase(np.array([0, 0.5, 1]), np.array([1.0, 1, 0.5]))
    assert list(zip(x, y, strict=True)) == [(0, 1), (0, 1), (0.5, 1), (0.5, 0.5), (1, 0.5)]


def test_a_line_is_written_in_steps_that_add_up_to_its_corners():
    corners = [(48, 14), (54.1, 14), (60.2, 12.5), (60.6, 208.3)]
    assert geometry.Line("name", "style", corners).path == "M48 14l6.1 0 6.1-1.5 .4 195.8"
