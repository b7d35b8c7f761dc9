"""Geometry of the report's drawings: from numbers to the points and paths that the templates show as inline SVG.

Coordinates are rounded to a tenth or to whole units, and large clouds show a part of their points, so that a page
of a hundred systems stays small. The tables hold every digit.

Why no plotting library draws these: the page embeds everything, should stay below 5 MB, and is written again after
every change of any system. The tables of 96 systems were drawn both ways. matplotlib 3.11 took 34 s of CPU for 461
SVG figures (49 ms for a figure with one line and empty axes) and 6.7 MB, which regular expressions over the
finished text (metadata, unused ids, digits) brought down to 4.4 MB; this module and its macros take 1.5 s and 0.5
MB. Both look alike, but matplotlib writes its colours into each element: to follow the reader's choice of light or
dark, they have to be replaced in the finished text, and each figure's ids have to be made unique in the page. The
PNG files that `evaluate` draws would take 7.6 MB in base64, and their text could be neither searched nor read
aloud. pandas' Styler writes the confusion tables in 0.9 MB and in fixed colours, the template in 0.3 MB. What a
library does no worse is left to it: matplotlib chooses the numbers at the axes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 18, 14, 42  # margins around the axes
MOST_POINTS = 600  # of a cloud
MINI = 100  # width and height of a small square
N_TICKS = 5
LETTER, ROW = 7.5, 14  # about the width and height of a letter of 12 px
SHARES = (0, 0.25, 0.5, 0.75, 1)

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """One curve.

    Attributes:
        name: The column that it shows.
        style: Its class in the style sheet.
        points: Its corners in SVG units.
    """

    name: str
    style: str
    points: list[Point]


@dataclass(frozen=True)
class Cloud:
    """Points that are drawn alike.

    Attributes:
        name: What they have in common.
        style: Their class in the style sheet.
        path: An SVG path that is a dot at each of them.
        name_at: The middle of the written name; None where the name is not written.
    """

    name: str
    style: str
    path: str
    name_at: Point | None = None


@dataclass(frozen=True)
class Chart:
    """Curves and clouds with their axes.

    Attributes:
        lines: The curves.
        x_ticks: (position, label) along the bottom.
        y_ticks: (position, label) up the left side.
        clouds: The clouds.
        ideals: Dashed lines that perfect predictions would lie on.
    """

    lines: list[Line]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    clouds: list[Cloud] = field(default_factory=list)
    ideals: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Axes:
    """The values at the ends of both axes, and where other values lie between them."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        """Return where a value lies between the left and the right end, in SVG units."""
        return round(LEFT + _fraction(value, self.x_low, self.x_high) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        """Return where a value lies between the lower and the upper end, in SVG units, which count downwards."""
        return round(HEIGHT - BOTTOM - _fraction(value, self.y_low, self.y_high) * (HEIGHT - TOP - BOTTOM), 1)

    def points(self, xs: Iterable[float], ys: Iterable[float]) -> list[Point]:
        return [(self.x(x), self.y(y)) for x, y in zip(xs, ys, strict=True)]

    def line(self, name: str, style: str, xs: Iterable[float], ys: Iterable[float]) -> Line:
        return Line(name, style, self.points(xs, ys))

    def cloud(self, name: str, style: str, xs: Iterable[float], ys: Iterable[float]) -> Cloud:
        return Cloud(name, style, dots_path(self.points(xs, ys)))

    def x_ticks(self, values: Iterable[float], written: str = "{:g}") -> list[tuple[float, str]]:
        """Return position and label of each value; `written` is the format of the labels."""
        return [(self.x(value), _label(value, written)) for value in values]

    def y_ticks(self, values: Iterable[float], written: str = "{:g}") -> list[tuple[float, str]]:
        """Return position and label of each value; `written` is the format of the labels."""
        return [(self.y(value), _label(value, written)) for value in values]


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


def names_apart(middles: Mapping[str, Point]) -> dict[str, Point]:
    """Move names down until they do not cover one another, and away from the sides."""
    places: dict[str, Point] = {}
    too_near = ROW - 0.05  # in tenths: 114.1 - 100.1 is a hair less than 14
    for name, (x, y) in sorted(middles.items(), key=lambda item: (item[1][1], item[0])):
        half = len(name) * LETTER / 2
        x = round(min(max(x, half), WIDTH - half), 1)
        beside = [
            other_y
            for other, (other_x, other_y) in places.items()
            if abs(other_x - x) < half + len(other) * LETTER / 2
        ]
        while covered := [other_y for other_y in beside if abs(other_y - y) < too_near]:
            y = round(max(covered) + ROW, 1)
        places[name] = x, y
    return places


def mini_path(x: Iterable[float], y: Iterable[float]) -> str:
    """Return the path of fractions in a small square, from the lower left; points that look alike are one."""
    corners = [(round(MINI * a), round(MINI * (1 - b))) for a, b in zip(x, y, strict=True)]
    start_x, start_y = corners[0]
    moves = [(after_x - x, after_y - y) for (x, y), (after_x, after_y) in pairwise(corners)]
    return f"M{start_x} {start_y}" + "".join(_move(right, down) for right, down in moves if right or down)


def _move(right: int, down: int) -> str:
    if not down:
        return f"h{right}"
    return f"l{right} {down}" if right else f"v{down}"


def staircase(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a staircase whose height left of a point is that of the point."""
    return np.repeat(x, 2)[:-1], np.repeat(y, 2)[1:]


def dots_path(points: Iterable[Point]) -> str:
    """Return a path that is a dot at each point where its line has round ends."""
    return "".join(f"M{round(x)} {round(y)}h0" for x, y in points)


def evenly_spaced(n: int, most: int = MOST_POINTS) -> np.ndarray:
    """Return the indices of at most `most` of n rows, evenly spaced from the first to the last."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))


def ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Return up to six round numbers from `low` to `high`; `low` alone where the two are the same.

    Args:
        low: The axis begins here.
        high: The axis ends here.
        whole: Whether only whole numbers are wanted.
    """
    if high <= low:
        return [float(low)]
    locator = MaxNLocator(N_TICKS, steps=[1, 2, 5, 10], integer=whole)
    with matplotlib.rc_context({"axes.autolimit_mode": "data"}):  # whatever the user's own settings are
        values = locator.tick_values(low, high)
    hair = 1e-9 * (high - low)
    return [round(float(value), 10) + 0.0 for value in values if low - hair <= value <= high + hair]


def _around_zero(values: pd.DataFrame) -> tuple[float, float]:
    """Return the lowest and the highest of the values and 0; 0 and 1 where all are 0."""
    low, high = min(0.0, float(values.min().min())), max(0.0, float(values.max().max()))
    return low, high if high > low else 1.0


def _fraction(value: float, low: float, high: float) -> float:
    """Return how far a value lies from `low` to `high`: in the middle where the two are the same."""
    return (value - low) / (high - low) if high > low else 0.5


def _label(value: float, written: str) -> str:
    return written.format(value).replace("-", "−")
