"""Geometry of the report's line charts: from numbers to the points that an inline SVG connects."""

import math
from dataclasses import dataclass

import pandas as pd

WIDTH, HEIGHT = 420, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 14, 42


@dataclass(frozen=True)
class Line:
    """One curve: its column's name, and its points in SVG units."""

    name: str
    points: list[tuple[float, float]]


@dataclass(frozen=True)
class Chart:
    """Lines with their axes.

    Attributes:
        lines: The curves.
        x_ticks: (position, label) along the bottom.
        y_ticks: (position, label) up the left side.
    """

    lines: list[Line]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]


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
    y_values = [0, 0.25, 0.5, 0.75, 1] if shares else ticks_between(low, top)
    low, top = min(low, y_values[0]), max(top, y_values[-1])

    def x_of(epoch: float) -> float:
        share = (epoch - first) / (last - first) if last > first else 0.5
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y_of(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (value - low) / (top - low) * (HEIGHT - _TOP - _BOTTOM), 1)

    lines = [
        Line(name, [(x_of(epoch), y_of(value)) for epoch, value in zip(epochs, curves[name], strict=True)])
        for name in columns
    ]
    x_values = [epoch for epoch in nice_ticks(last, whole=True) if epoch >= first] or [first]
    return Chart(
        lines,
        [(x_of(epoch), f"{epoch:g}") for epoch in x_values],
        [(y_of(value), f"{value:.0%}" if shares else f"{value:g}") for value in y_values],
    )


def ticks_between(low: float, top: float) -> list[float]:
    """Return round numbers from about `low`, 0 or below, to about `top`, 0 or above; one of the two is not 0."""
    widest = nice_ticks(max(top, -low))
    step = widest[1] - widest[0]
    return [round(index * step, 10) for index in range(-int(-low / step + 1e-9), int(top / step + 1e-9) + 1)]


def nice_ticks(top: float, n_about: int = 5, *, whole: bool = False) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten from 0 to just below or at a positive number."""
    rough = top / n_about
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    if whole:
        step = max(1, round(step))
    return [round(index * step, 10) for index in range(int(top / step + 1e-9) + 1)]
