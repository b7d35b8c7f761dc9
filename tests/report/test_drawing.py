"""The geometry of charts: ticks, corners and single points."""

import numpy as np
import pytest

from pipeline.evaluation.history import mean_curves
from pipeline.report import drawing
from tests.evaluation.made_up import dimension_history, history


@pytest.mark.parametrize(
    ("top", "ticks"),
    [
        (1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (2.1, [0, 0.5, 1.0, 1.5, 2.0]),
        (0.034, [0, 0.01, 0.02, 0.03]),
        (37, [0, 10, 20, 30]),
    ],
)
def test_ticks_are_round_numbers(top, ticks):
    assert drawing.nice_ticks(top) == pytest.approx(ticks)


@pytest.mark.parametrize(("last", "ticks"), [(1, [0, 1]), (3, [0, 1, 2, 3]), (30, [0, 10, 20, 30])])
def test_epochs_are_whole(last, ticks):
    assert drawing.nice_ticks(last, whole=True) == ticks


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


@pytest.mark.parametrize(
    ("low", "top", "ticks"), [(-0.3, 0.0, [-0.3, -0.2, -0.1, 0]), (0.0, 2.1, [0, 0.5, 1, 1.5, 2])]
)
def test_ticks_on_both_sides_of_zero(low, top, ticks):
    assert drawing.ticks_between(low, top) == pytest.approx(ticks)


def test_one_epoch_stands_in_the_middle():
    chart = drawing.line_chart(mean_curves(history(1)), ["val_loss"], shares=False)
    assert len(chart.lines[0].points) == 1
    assert chart.x_ticks == [(chart.lines[0].points[0][0], "1")]


def test_a_loss_of_zero_can_be_drawn():
    chart = drawing.line_chart(mean_curves(history(2)).assign(val_loss=0.0), ["val_loss"], shares=False)
    assert len({y for _, y in chart.lines[0].points}) == 1


@pytest.mark.parametrize("y", [step / 10 for step in range(0, 2000, 7)])
def test_names_at_one_place_are_set_below_one_another(y: float) -> None:
    apart = drawing._names_apart({"angry": (100.0, y), "sad": (100.0, y), "calm": (100.0, y)})
    heights = sorted(height for _, height in apart.values())
    assert np.diff(heights) == pytest.approx([14, 14])
