"""The geometry of charts: ticks, corners and single points."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

from pipeline.evaluation.history import mean_curves
from pipeline.report import drawing
from tests.evaluation.made_up import dimension_history, history


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
    assert drawing.ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(("last", "expected"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (30, [10, 20, 30])])
def test_epochs_are_whole(last, expected):
    assert drawing.ticks(1, last, whole=True) == expected


def test_a_users_settings_do_not_change_the_ticks():
    with matplotlib.rc_context({"axes.autolimit_mode": "round_numbers"}):
        assert drawing.ticks(1.9, 10.9) == [2, 4, 6, 8, 10]


def test_zero_has_no_sign():
    labels = [label for _, label in drawing.Axes(0, 1, -0.3, 0.3).y_ticks(drawing.ticks(-0.3, 0.3))]
    assert labels == ["−0.2", "0", "0.2"]


def test_curves_lie_within_the_chart():
    chart = drawing.line_chart(mean_curves(history(12)), ["train_loss", "val_loss"], shares=False)
    points = [point for line in chart.lines for point in line.points]
    assert all(0 <= x <= drawing.WIDTH and 0 <= y <= drawing.HEIGHT for x, y in points)
    assert [line.name for line in chart.lines] == ["train_loss", "val_loss"]


def test_shares_have_an_axis_to_one_hundred_percent():
    chart = drawing.line_chart(mean_curves(history(12)), ["val_accuracy"], shares=True)
    assert [label for _, label in chart.y_ticks] == ["0%", "25%", "50%", "75%", "100%"]


def test_scores_below_zero_lie_within_the_chart():
    curves = mean_curves(dimension_history(8))
    chart = drawing.line_chart(curves, ["val_ccc"], shares=False)
    heights = [y for _, y in chart.lines[0].points]
    assert heights == sorted(heights, reverse=True)
    assert all(0 <= y <= drawing.HEIGHT for y in heights)
    assert [label for _, label in chart.y_ticks] == ["0", "0.2", "0.4", "0.6"]


def test_one_epoch_stands_in_the_middle():
    chart = drawing.line_chart(mean_curves(history(1)), ["val_loss"], shares=False)
    assert len(chart.lines[0].points) == 1
    assert chart.x_ticks == [(chart.lines[0].points[0][0], "1")]


def test_a_loss_of_zero_can_be_drawn():
    chart = drawing.line_chart(mean_curves(history(2)).assign(val_loss=0.0), ["val_loss"], shares=False)
    assert len({y for _, y in chart.lines[0].points}) == 1


@pytest.mark.parametrize("y", [step / 10 for step in range(0, 2000, 7)])
def test_names_at_one_place_are_set_below_one_another(y: float) -> None:
    apart = drawing.names_apart({"angry": (100.0, y), "sad": (100.0, y), "calm": (100.0, y)})
    heights = sorted(height for _, height in apart.values())
    assert np.diff(heights) == pytest.approx([14, 14])


def test_clouds_are_thinned_evenly():
    assert drawing.evenly_spaced(5).tolist() == [0, 1, 2, 3, 4]
    rows = drawing.evenly_spaced(10_000, 600)
    assert (len(rows), rows[0], rows[-1]) == (600, 0, 9999)


def test_a_staircase_holds_the_height_of_its_right_end():
    x, y = drawing.staircase(np.array([0, 0.5, 1]), np.array([1.0, 1, 0.5]))
    assert list(zip(x, y, strict=True)) == [(0, 1), (0, 1), (0.5, 1), (0.5, 0.5), (1, 0.5)]


def test_reliability_leaves_out_empty_bins():
    bins = pd.DataFrame({"n": [3, 0, 2], "confidence": [0.2, np.nan, 0.9], "accuracy": [0.1, np.nan, 1.0]})
    chart = drawing.reliability_chart(bins)
    assert len(chart.lines[0].points) == 2
    assert chart.clouds[0].path.count("M") == 2
