"""The report's charts: from tables to the lines, clouds and ticks that the templates show as inline SVG.

Large clouds show a part of their points. The tables beside them, and those that they name, hold every digit.

Why no plotting library draws these: the page embeds everything, should stay below 5 MB, and is written again after
every change of any system. The tables of 96 systems were drawn both ways. matplotlib 3.11 took 34 s of CPU for 461
SVG figures (49 ms for a figure with one line and empty axes) and 6.7 MB, which regular expressions over the
finished text (metadata, unused ids, digits) brought down to 4.4 MB; these charts take 1.5 s and 0.5 MB. Both look
alike, but matplotlib writes its colours into each element: to follow the reader's choice of light or dark, they
have to be replaced in the finished text, and each figure's ids have to be made unique in the page. The PNG files
that `evaluate` draws would take 7.6 MB in base64, and their text could be neither searched nor read aloud. pandas'
Styler writes the confusion tables in 0.9 MB and in fixed colours, the template in 0.3 MB. What a library does no
worse is left to it: matplotlib chooses the numbers at the axes.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.report.geometry import Axes, Chart, evenly_spaced, names_apart, ticks

SHARES = (0, 0.25, 0.5, 0.75, 1)


def line_chart(curves: pd.DataFrame, columns: Sequence[str], *, shares: bool) -> Chart:
    """Lay out columns over the epoch.

    Args:
        curves: One row an epoch, at least one.
        columns: The columns to draw.
        shares: Whether the values are fractions, on an axis from 0 to 100 %. The axis of other values ends at their
            maximum, and begins at 0 or at their minimum where that is lower.
    """
    epochs = curves["epoch"]
    low, high = (0.0, 1.0) if shares else _around_zero(curves[[*columns]])
    axes = Axes(epochs.min(), epochs.max(), low, high)
    return Chart(
        [
            axes.line(name, f"series-{number}", epochs, curves[name])
            for number, name in enumerate(columns, start=1)
        ],
        axes.x_ticks(ticks(epochs.min(), epochs.max(), whole=True)),
        axes.y_ticks(SHARES, "{:.0%}") if shares else axes.y_ticks(ticks(low, high)),
    )


def reliability_chart(bins: pd.DataFrame) -> Chart:
    """Lay out the share of right answers over the confidence.

    Args:
        bins: A row a bin, with the columns confidence, accuracy and n; empty bins are left out.
    """
    axes = Axes(0, 1, 0, 1)
    filled = bins[bins["n"] > 0]
    values = filled["confidence"], filled["accuracy"]
    return Chart(
        [axes.line("accuracy", "fit", *values)],
        axes.x_ticks(SHARES, "{:.0%}"),
        axes.y_ticks(SHARES, "{:.0%}"),
        [axes.cloud("accuracy", "k1", *values)],
        [axes.line("ideal", "ideal", (0, 1), (0, 1))],
    )


def coverage_chart(table: pd.DataFrame) -> Chart:
    """Lay out the accuracy over the share of clips that are answered, the surest first.

    Args:
        table: As `pipeline.evaluation.abstention.coverage_table` returns it.
    """
    axes = Axes(0, 1, 0, 1)
    return Chart(
        [axes.line("accuracy", "fit", table["coverage"], table["accuracy"])],
        axes.x_ticks(SHARES, "{:.0%}"),
        axes.y_ticks(SHARES, "{:.0%}"),
    )


def residual_chart(rated: np.ndarray, residuals: np.ndarray, fit: tuple[float, float] | None) -> Chart:
    """Lay out residuals over ratings, the line fitted to them, and the line of no error.

    Args:
        rated: Shape (n,), at least one, finite.
        residuals: Shape (n,), finite.
        fit: Slope and intercept; None where no line can be fitted.
    """
    ends = np.array([rated.min(), rated.max()])
    fitted = np.polyval(fit, ends) if fit else np.zeros(0)
    heights = np.concatenate([residuals, fitted, [0.0]])
    axes = Axes(ends.min(), ends.max(), heights.min(), heights.max())
    rows = evenly_spaced(len(rated))
    return Chart(
        [axes.line("fitted", "fit", ends, fitted)] if fit else [],
        axes.x_ticks(ticks(axes.x_low, axes.x_high)),
        axes.y_ticks(ticks(axes.y_low, axes.y_high)),
        [axes.cloud("clips", "k1", rated[rows], residuals[rows])],
        [axes.line("ideal", "ideal", ends, (0, 0))],
    )


def trial_chart(values: np.ndarray, best: np.ndarray) -> Chart:
    """Lay out a search: what each trial reached, and the best value until then.

    Args:
        values: Shape (n,), NaN where a trial was stopped; at least one is finite.
        best: Shape (n,), NaN before the first trial that was completed.
    """
    numbers = np.arange(1, len(values) + 1)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    margin = (high - low) / 20 or 0.01
    axes = Axes(1, len(values), low - margin, high + margin)
    completed, begun = np.isfinite(values), np.isfinite(best)
    return Chart(
        [axes.line("best", "fit", numbers[begun], best[begun])],
        axes.x_ticks(ticks(1, len(values), whole=True)),
        axes.y_ticks(ticks(axes.y_low, axes.y_high)),
        [axes.cloud("trials", "k1", numbers[completed], values[completed])],
    )


def plane_chart(points: pd.DataFrame, labels: Sequence[str], *, ordered: bool = False) -> Chart:
    """Lay out a plane without axes, a cloud a label.

    Args:
        points: At least one row, with the columns x, y and label.
        labels: All labels, which take their colours in this order.
        ordered: Whether the labels are steps of a scale: their colours then go from low to high, and their names,
            which otherwise stand amid the clouds, are not written.
    """
    low, high = points[["x", "y"]].min(), points[["x", "y"]].max()
    axes = Axes(low["x"], high["x"], low["y"], high["y"])
    by_label = dict(list(points.iloc[evenly_spaced(len(points))].groupby("label")))
    clouds = [
        axes.cloud(name, f"{'q' if ordered else 'k'}{number}", by_label[name]["x"], by_label[name]["y"])
        for number, name in enumerate(labels, start=1)
        if name in by_label
    ]
    if not ordered:
        middles = {cloud.name: by_label[cloud.name][["x", "y"]].median() for cloud in clouds}
        places = names_apart({name: (axes.x(at["x"]), axes.y(at["y"])) for name, at in middles.items()})
        clouds = [replace(cloud, name_at=places[cloud.name]) for cloud in clouds]
    return Chart([], [], [], clouds)


def _around_zero(values: pd.DataFrame) -> tuple[float, float]:
    """Return the lowest and the highest of the values and 0; 0 and 1 where all are 0."""
    low, high = min(0.0, float(values.min().min())), max(0.0, float(values.max().max()))
    return low, high if high > low else 1.0
