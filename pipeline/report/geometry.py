"""Lines, clouds and ticks of the report's drawings, as inline SVG has them: axes, points and paths.

Coordinates are rounded to a tenth or to whole units, so that a page of a hundred systems stays small.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 18, 14, 42  # margins around the axes
MOST_POINTS = 600  # of a cloud
MINI = 100  # width and height of a small square
N_TICKS = 5
LETTER, ROW = 7.5, 14  # about the width and height of a letter of 12 px

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

    @property
    def path(self) -> str:
        """Its SVG path: steps from corner to corner, which are shorter than the corners themselves."""
        corners = [(round(10 * x), round(10 * y)) for x, y in self.points]
        (x, y), moves = corners[0], [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(corners)]
        return f"M{x / 10:g} {y / 10:g}l" + " ".join(_pair(right / 10, down / 10) for right, down in moves)


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
        return _tenths(LEFT + _fraction(value, self.x_low, self.x_high) * (WIDTH - LEFT - RIGHT))

    def y(self, value: float) -> float:
        """Return where a value lies between the lower and the upper end, in SVG units, which count downwards."""
        return _tenths(HEIGHT - BOTTOM - _fraction(value, self.y_low, self.y_high) * (HEIGHT - TOP - BOTTOM))

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
    return f"l{_pair(right, down)}" if right else f"v{down}"


def _pair(right: float, down: float) -> str:
    """Return two numbers of a path, without the space and the zeros that it does not need."""
    first, second = (
        f"{value:g}".replace("0.", ".") if abs(value) < 1 else f"{value:g}" for value in (right, down)
    )
    return first + ("" if second.startswith("-") else " ") + second


def staircase(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a staircase whose height left of a point is that of the point."""
    return np.repeat(x, 2)[:-1], np.repeat(y, 2)[1:]


def dots_path(points: Iterable[Point]) -> str:
    """Return a path that is a dot at each point where its line has round ends."""
    return "".join(f"M{round(x)} {round(y)}h0" for x, y in points)


def evenly_spaced(n: int, most: int = MOST_POINTS) -> np.ndarray:
    """Return the indices of at most `most` of n rows, evenly spaced from the first to the last."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))


def _tenths(value: float) -> float:
    """Return a coordinate as it is written: in tenths, and without any where it is whole."""
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded


def _fraction(value: float, low: float, high: float) -> float:
    """Return how far a value lies from `low` to `high`: in the middle where the two are the same."""
    return (value - low) / (high - low) if high > low else 0.5


def _label(value: float, written: str) -> str:
    return written.format(value).replace("-", "−")
