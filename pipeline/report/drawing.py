"""Geometry of the report's drawings: from numbers to the points and paths that inline SVG shows.

Coordinates are rounded to a tenth or to whole units, and clouds are thinned, so that a page of a hundred systems
stays small; the tables hold every digit.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pandas as pd

WIDTH, HEIGHT = 420, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 18, 14, 42
MOST_DOTS = 600  # of a cloud
MINI = 100  # width and height of a small square
_LETTER, _ROW = 7.5, 14  # width and height of what is written into a plane, about
_SHARES = [0, 0.25, 0.5, 0.75, 1]


@dataclass(frozen=True)
class Line:
    """One curve: its column's name, and its points in SVG units."""

    name: str
    points: list[tuple[float, float]]


@dataclass(frozen=True)
class Dots:
    """A cloud: what it is of, the name of its colour, its path, and where its name stands if it is written."""

    name: str
    style: str
    path: str
    middle: tuple[float, float] | None = None


@dataclass(frozen=True)
class Chart:
    """Curves and clouds with their axes.

    Attributes:
        lines: The curves.
        x_ticks: (position, label) along the bottom.
        y_ticks: (position, label) up the left side.
        dots: The clouds.
        ideals: Dashed lines of what would be perfect.
    """

    lines: list[Line]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    dots: list[Dots] = field(default_factory=list)
    ideals: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Frame:
    """What lies at the edges of a chart."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        span = self.x_high - self.x_low
        share = (value - self.x_low) / span if span else 0.5
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        span = self.y_high - self.y_low
        share = (value - self.y_low) / span if span else 0.5
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)

    def line(self, name: str, xs: Iterable[float], ys: Iterable[float]) -> Line:
        return Line(name, [(self.x(x), self.y(y)) for x, y in zip(xs, ys, strict=True)])

    def dots(self, name: str, xs: Iterable[float], ys: Iterable[float], style: str = "k1") -> Dots:
        return Dots(name, style, dots_path([(self.x(x), self.y(y)) for x, y in zip(xs, ys, strict=True)]))


def line_chart(curves: pd.DataFrame, columns: list[str], *, shares: bool) -> Chart:
    """Lay out some columns over the epoch.

    Args:
        curves: One row an epoch, at least one.
        columns: What to draw.
        shares: The values are fractions, on an axis from 0 to 100 %; otherwise it ends at their maximum, and begins
            at their minimum where that is below 0.
    """
    epochs = curves["epoch"]
    first, last = int(epochs.min()), int(epochs.max())
    low = 0.0 if shares else min(0.0, float(curves[columns].min().min()))
    top = 1.0 if shares else max(0.0, float(curves[columns].max().max())) or (0.0 if low else 1.0)
    y_values = _SHARES if shares else ticks_between(low, top)
    frame = Frame(first, last, min(low, y_values[0]), max(top, y_values[-1]))
    x_values = [epoch for epoch in nice_ticks(last, whole=True) if epoch >= first] or [first]
    return Chart(
        [frame.line(name, epochs, curves[name]) for name in columns],
        [(frame.x(epoch), f"{epoch:g}") for epoch in x_values],
        [(frame.y(value), _share(value) if shares else f"{value:g}") for value in y_values],
    )


def reliability_chart(table: pd.DataFrame) -> Chart:
    """Lay out the share of right answers over the confidence: columns confidence, accuracy, n; a row a bin."""
    frame = Frame(0, 1, 0, 1)
    known = table[table["n"] > 0]
    values = known["confidence"], known["accuracy"]
    return Chart(
        [frame.line("accuracy", *values)],
        [(frame.x(value), _share(value)) for value in _SHARES],
        [(frame.y(value), _share(value)) for value in _SHARES],
        [frame.dots("accuracy", *values)],
        [frame.line("ideal", (0, 1), (0, 1))],
    )


def scatter_chart(
    x: np.ndarray, y: np.ndarray, line: tuple[float, float] | None, ideal: tuple[float, float]
) -> Chart:
    """Lay out points, a fitted line and what would be perfect, each line by slope and intercept.

    Args:
        x: Shape (n,), at least one, finite.
        y: Shape (n,).
        line: None where none can be fitted.
        ideal: As `line`.
    """
    ends = np.array([x.min(), x.max()])
    drawn = [(ideal[0] * ends + ideal[1]), *([line[0] * ends + line[1]] if line else [])]
    values = np.concatenate([y, *drawn])
    x_ticks, y_ticks = ticks_within(ends[0], ends[1]), ticks_within(values.min(), values.max())
    frame = Frame(ends[0], ends[1], values.min(), values.max())
    kept = thinned(len(x))
    return Chart(
        [frame.line("fitted", ends, drawn[1])] if line else [],
        [(frame.x(value), _plain(value)) for value in x_ticks],
        [(frame.y(value), _plain(value)) for value in y_ticks],
        [frame.dots("clips", x[kept], y[kept])],
        [frame.line("ideal", ends, drawn[0])],
    )


def trial_chart(values: np.ndarray, best: np.ndarray) -> Chart:
    """Lay out what each trial of a search reached, NaN where it was stopped, and the best until then."""
    numbers = np.arange(1, len(values) + 1)
    known = np.isfinite(values)
    ends = float(np.nanmin(values)), float(np.nanmax(values))
    margin = (ends[1] - ends[0]) / 20 or 0.01
    frame = Frame(1, len(values), ends[0] - margin, ends[1] + margin)
    so_far = np.isfinite(best)
    x_ticks = [value for value in nice_ticks(len(values), whole=True) if value >= 1] or [1]
    return Chart(
        [frame.line("best", numbers[so_far], best[so_far])],
        [(frame.x(value), f"{value:g}") for value in x_ticks],
        [(frame.y(value), _plain(value)) for value in ticks_within(frame.y_low, frame.y_high)],
        [frame.dots("trials", numbers[known], values[known])],
    )


def plane_chart(points: pd.DataFrame, labels: Sequence[str], *, ordered: bool = False) -> Chart:
    """Lay out a plane without axes: columns x, y and label.

    Args:
        points: At least one.
        labels: In their order. The name of each stands amid its points.
        ordered: They are steps of a scale: their colours tell low from high, and no names are written.
    """
    table = points.iloc[thinned(len(points))]
    low, high = points[["x", "y"]].min(), points[["x", "y"]].max()
    frame = Frame(low["x"], high["x"], low["y"], high["y"])
    clouds = []
    for place, name in enumerate(labels, start=1):
        own = table[table["label"] == name]
        if len(own):
            clouds.append(frame.dots(name, own["x"], own["y"], f"{'q' if ordered else 'k'}{place}"))
    if not ordered:
        middles = table.groupby("label")[["x", "y"]].median()
        places = {name: (frame.x(x), frame.y(y)) for name, x, y in middles.itertuples()}
        apart = _names_apart({cloud.name: places[cloud.name] for cloud in clouds})
        clouds = [replace(cloud, middle=apart[cloud.name]) for cloud in clouds]
    return Chart([], [], [], clouds)


def _names_apart(places: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Move names down until they do not cover one another, and away from the sides."""
    found: dict[str, tuple[float, float]] = {}
    below = _ROW - 0.05  # in tenths: 114.1 - 100.1 is a hair less than 14
    for name, (x, y) in sorted(places.items(), key=lambda item: (item[1][1], item[0])):
        half = len(name) * _LETTER / 2
        x = round(min(max(x, half), WIDTH - half), 1)
        covered = True
        while covered:
            near = [
                other_y
                for other, (other_x, other_y) in found.items()
                if abs(other_x - x) < half + len(other) * _LETTER / 2 and abs(other_y - y) < below
            ]
            covered = bool(near)
            y = round(max(near) + _ROW, 1) if near else y
        found[name] = x, y
    return found


def mini_path(x: Iterable[float], y: Iterable[float]) -> str:
    """Return the path of fractions in a small square, from the lower left; points that look alike are one."""
    corners = [(round(MINI * a), round(MINI * (1 - b))) for a, b in zip(x, y, strict=True)]
    moves = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(corners)]
    return f"M{corners[0][0]} {corners[0][1]}" + "".join(_move(*move) for move in moves if any(move))


def _move(right: int, down: int) -> str:
    if not down:
        return f"h{right}"
    return f"l{right} {down}" if right else f"v{down}"


def steps(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a staircase whose height left of a point is that of the point."""
    return np.repeat(x, 2)[:-1], np.repeat(y, 2)[1:]


def dots_path(points: Sequence[tuple[float, float]]) -> str:
    """Return a path that is a dot at each point, drawn with round caps."""
    return "".join(f"M{round(x)} {round(y)}h0" for x, y in points)


def thinned(n: int, most: int = MOST_DOTS) -> np.ndarray:
    """Return which of n rows to draw, evenly spread: all of few."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))


def ticks_between(low: float, top: float) -> list[float]:
    """Return round numbers from about `low`, 0 or below, to about `top`, 0 or above; one of the two is not 0."""
    widest = nice_ticks(max(top, -low))
    step = widest[1] - widest[0]
    return [round(index * step, 10) for index in range(-int(-low / step + 1e-9), int(top / step + 1e-9) + 1)]


def ticks_within(low: float, high: float) -> list[float]:
    """Return about five round numbers from `low` to `high`; these two where they are the same."""
    if high <= low:
        return [low]
    found = nice_ticks(high - low)
    step = found[1] - found[0]
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def nice_ticks(top: float, n_about: int = 5, *, whole: bool = False) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten from 0 to just below or at a positive number."""
    rough = top / n_about
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    if whole:
        step = max(1, round(step))
    return [round(index * step, 10) for index in range(int(top / step + 1e-9) + 1)]


def _share(value: float) -> str:
    return f"{value:.0%}"


def _plain(value: float) -> str:
    return f"{value:g}".replace("-", "−")
