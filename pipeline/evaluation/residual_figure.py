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

from pipeline.evaluation.agreement import concordance
from pipeline.evaluation.figures import panels, save, tidy
from pipeline.evaluation.regression import (
    PREDICTED_PREFIX,
    TRUTH_PREFIX,
    residual_line,
    values_of,
)

_POINTS, _LINE, _IDEAL = "#0072B2", "#D55E00", "#555555"


def save_residuals(path: Path, predictions: pd.DataFrame, targets: Sequence[str], title: str) -> None:
    """Draw a column a target: predictions above, residuals below, both over the truth.

    Args:
        path: PNG file.
        predictions: Of one run, with the columns t_<target> and y_<target>.
        targets: The dimensions.
        title: Above the figure.
    """
    side = 2.6
    lefts = [0.75 + index * (side + 0.65) for index in range(len(targets))]
    boxes = [(left, bottom, side, 2.3) for bottom in (3.75, 1.0) for left in lefts]
    with matplotlib.style.context("default"):
        figure, axes = panels(lefts[-1] + side + 0.2, 6.7, boxes, title)
        above, below = axes[: len(targets)], axes[len(targets) :]
        for upper, lower, target in zip(above, below, targets, strict=True):
            truth, predicted = values_of(predictions, target)
            slope, intercept = residual_line(truth, predicted)
            _scatter(upper, truth, predicted, (1 - slope, -intercept), ideal=(1.0, 0.0))
            _scatter(lower, truth, truth - predicted, (slope, intercept), ideal=(0.0, 0.0))
            tidy(upper, "", "predicted" if upper is above[0] else "")
            tidy(lower, f"{target}, as rated", "residual: rated less predicted" if lower is below[0] else "")
            upper.set_title(f"{target}, CCC {concordance(truth, predicted):.3f}", fontsize=10)
        handles, labels = above[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=2, frameon=False)
        save(figure, path)


def residual_table(predictions: pd.DataFrame, targets: Sequence[str]) -> pd.DataFrame:
    """Return what the figure shows, a row a clip: utterance_id, and rated_, predicted_ and residual_<target>."""
    table = {"utterance_id": predictions["utterance_id"]}
    for target in targets:
        rated, predicted = predictions[TRUTH_PREFIX + target], predictions[PREDICTED_PREFIX + target]
        table |= {f"rated_{target}": rated, f"predicted_{target}": predicted}
        table[f"residual_{target}"] = rated - predicted
    return pd.DataFrame(table)


def _scatter(
    axes: Axes, x: np.ndarray, y: np.ndarray, line: tuple[float, float], *, ideal: tuple[float, float]
) -> None:
    """Draw the points, and over their range the fitted line and the ideal one.

    Args:
        axes: Panel to draw on.
        x: Shape (n,).
        y: Shape (n,).
        line: Slope and intercept of the fitted line; NaN where there is none.
        ideal: Slope and intercept of the line that perfect predictions lie on.
    """
    opacity = float(
        np.clip(20 / np.sqrt(len(x)), 0.1, 0.7)
    )  # so that thousands of points do not become a blot
    axes.scatter(x, y, s=9, color=_POINTS, alpha=opacity, linewidths=0)
    ends = np.array([x.min(), x.max()])
    axes.plot(ends, ideal[0] * ends + ideal[1], color=_IDEAL, linestyle="--", linewidth=1.2, label="no error")
    axes.plot(ends, line[0] * ends + line[1], color=_LINE, linewidth=2, label="fitted line")
