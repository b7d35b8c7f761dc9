"""Charts: curves and clouds lie within their axes."""

import numpy as np
import pandas as pd

from pipeline.evaluation.history import mean_curves
from pipeline.report import drawing, geometry
from tests.evaluation.made_up import dimension_history, history


def test_curves_lie_within_the_chart():
    chart = drawing.line_chart(mean_curves(history(12)), ["train_loss", "val_loss"], shares=False)
    points = [point for line in chart.lines for point in line.points]
    assert all(0 <= x <= geometry.WIDTH and 0 <= y <= geometry.HEIGHT for x, y in points)
    assert [line.name for line in chart.lines] == ["train_loss", "val_loss"]


def test_shares_have_an_axis_to_one_hundred_percent():
    chart = drawing.line_chart(mean_curves(history(12)), ["val_accuracy"], shares=True)
    assert [label for _, label in chart.y_ticks] == ["0%", "25%", "50%", "75%", "100%"]


def test_scores_below_zero_lie_within_the_chart():
    curves = mean_curves(dimension_history(8))
    chart = drawing.line_chart(curves, ["val_ccc"], shares=False)
    heights = [y for _, y in chart.lines[0].points]
    assert heights == sorted(heights, reverse=True)
    assert all(0 <= y <= geometry.HEIGHT for y in heights)
    assert [label for _, label in chart.y_ticks] == ["0", "0.2", "0.4", "0.6"]


def test_one_epoch_stands_in_the_middle():
    chart = drawing.line_chart(mean_curves(history(1)), ["val_loss"], shares=False)
    assert len(chart.lines[0].points) == 1
    assert chart.x_ticks == [(chart.lines[0].points[0][0], "1")]


def test_a_loss_of_zero_can_be_drawn():
    chart = drawing.line_chart(mean_curves(history(2)).assign(val_loss=0.0), ["val_loss"], shares=False)
    assert len({y for _, y in chart.lines[0].points}) == 1


def test_reliability_leaves_out_empty_bins():
    bins = pd.DataFrame({"n": [3, 0, 2], "confidence": [0.2, np.nan, 0.9], "accuracy": [0.1, np.nan, 1.0]})
    chart = drawing.reliability_chart(bins)
    assert len(chart.lines[0].points) == 2
    assert chart.clouds[0].path.count("M") == 2
