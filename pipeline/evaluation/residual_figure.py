"""Predictions and residuals of dimensions over the truth, with fitted lines, as in arXiv:2110.06650, figure 3.

The residual is the truth less the prediction: a line that rises says that high values are predicted too low and low
ones too high.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.evaluation.figures import save
from pipeline.evaluation.regression import concordance, residual_line, values_of

_POINTS, _LINE, _IDEAL = "#0072B2", "#D55E00", "#555555"


def save_residuals(path: Path, predictions: pd.DataFrame, targets: Sequence[str], title: str) -> None:
    """Draw a column a target: predictions above, residuals below, both over the truth.

    Args:
        path: PNG file.
        predictions: Of one run, with the columns t_<target> and y_<target>.
        targets: The dimensions.
        title: Above the figure.
    """
    with matplotlib.style.context("default"):
        figure = Figure(figsize=(3.3 * len(targets) + 0.7, 6.4), layout="constrained")
        axes = figure.subplots(2, len(targets), squeeze=False, sharex="col")
        for (above, below), target in zip(axes.T, targets, strict=True):
            truth, predicted = values_of(predictions, target)
            slope, intercept = residual_line(truth, predicted)
            _scatter(above, truth, predicted, (1 - slope, -intercept), ideal=(1.0, 0.0))
            _scatter(below, truth, truth - predicted, (slope, intercept), ideal=(0.0, 0.0))
            above.set_title(f"{target}, CCC {concordance(truth, predicted):.3f}", fontsize=10)
            below.set_xlabel(f"{target}, as rated")
        axes[0, 0].set_ylabel("predicted")
        axes[1, 0].set_ylabel("residual: rated less predicted")
        figure.suptitle(title, fontsize=11)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
        save(figure, path)


def _scatter(
    axes: Axes, x: np.ndarray, y: np.ndarray, line: tuple[float, float], *, ideal: tuple[float, float]
) -> None:
    """Draw the points, and over their range two lines, each by slope and intercept; NaN draws none."""
    opacity = float(np.clip(20 / np.sqrt(len(x)), 0.1, 0.7))  # thousands of points are a cloud, not a blot
    axes.scatter(x, y, s=9, color=_POINTS, alpha=opacity, linewidths=0)
    ends = np.array([x.min(), x.max()])
    axes.plot(ends, ideal[0] * ends + ideal[1], color=_IDEAL, linestyle="--", linewidth=1.2, label="no error")
    axes.plot(ends, line[0] * ends + line[1], color=_LINE, linewidth=2, label="fitted line")
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
