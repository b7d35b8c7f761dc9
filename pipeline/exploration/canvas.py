"""What the figures of the corpora share: colours, axes, bars with their numbers, quantile ranges, legends, files.

They are drawn without pyplot, in matplotlib's own style and bundled font whatever the user's settings are, so that
the bytes depend on the numbers alone. The colours are those of Okabe & Ito (2008), which readers with any colour
vision can tell apart; what curation drops is hatched as well.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from PIL import Image

DPI = 120
N_COLOURS = 128  # of a PNG: a few colours and their edges; takes a third of the bytes of full colour
WIDTH = 9.0  # inches
ROW = 0.27  # inches that a bar and its gap take
MOST_ROWS = 20  # of a bar chart; the rest of a long tail becomes one bar
LONGEST_NAME = 26  # characters
CHARACTER = 0.0085  # of the figure's width that a character of a bar's text takes

KEPT, DROPPED, BEFORE = "#0072B2", "#E69F00", "#999999"
SEX_COLOURS = {"female": "#CC79A7", "male": "#009E73", "unknown": "#999999"}
TEXT = "#333333"
HATCH: dict[str, Any] = {"hatch": "////", "edgecolor": "white", "linewidth": 0}
_GRID: dict[str, Any] = {"color": "#dddddd", "linewidth": 0.6}


@contextmanager
def png(path: Path, height: float, title: str) -> Iterator[Figure]:
    """Give a figure to draw on, in the default style, and write it as a PNG file with nothing but pixels in it.

    Args:
        path: PNG file; its folder is made.
        height: Inches.
        title: Above the figure.
    """
    with matplotlib.style.context("default"):
        figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
        figure.suptitle(title, fontsize=11)
        yield figure
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(N_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True, dpi=(DPI, DPI))


def tidy(axes: Axes, title: str, xlabel: str = "", *, grid: Literal["x", "y"] = "x") -> None:
    """Set a panel's title and the name of its horizontal axis, and leave of its frame two lines and a light grid.

    Args:
        axes: Panel to tidy.
        title: Above the panel.
        xlabel: Below the panel.
        grid: The axis whose ticks have grid lines.
    """
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel(xlabel, fontsize=9)
    axes.tick_params(labelsize=9)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, **_GRID)
    axes.set_axisbelow(True)


def name_rows(axes: Axes, names: Sequence[str], n_rows: int = 0) -> None:
    """Name the rows of a horizontal chart, the first on top, and leave room for at least `n_rows`."""
    axes.set_yticks(range(len(names)), [shorten(name) for name in names])
    axes.set_ylim(max(n_rows, len(names)) - 0.4, -0.6)


def shorten(name: str) -> str:
    """Cut a name so long that the bars beside it would have no room."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def bars(
    axes: Axes, parts: dict[str, tuple[Sequence[float], str]], texts: Sequence[str], *, n_across: int
) -> None:
    """Draw rows of stacked bars with a text after each.

    Args:
        axes: Panel whose rows `name_rows` has named.
        parts: Values and colour of each part by name, from left to right; what has the colour `DROPPED` is hatched.
        texts: One a row.
        n_across: How many panels of this width fill a figure: the more, the more room of a panel the texts take.
    """
    left = np.zeros(len(texts))
    for name, (values, colour) in parts.items():
        style = HATCH if colour == DROPPED else {}
        axes.barh(range(len(texts)), values, left=left, height=0.72, color=colour, label=name, **style)
        left += np.asarray(values, float)
    for row, (end, text) in enumerate(zip(left, texts, strict=True)):
        axes.annotate(
            text, (end, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8, color=TEXT
        )
    room = [
        end / (1 - 0.03 - CHARACTER * n_across * len(text)) for end, text in zip(left, texts, strict=True)
    ]
    axes.set_xlim(0, max([1e-9, *room]))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9 // n_across))
    axes.xaxis.set_major_formatter(plain)


def ranges(axes: Axes, table: pd.DataFrame, colour: str, *, offset: float = 0.0) -> None:
    """Draw the quantiles of each row, with the marks that `range_key` explains.

    Args:
        axes: Panel whose rows `name_rows` has named.
        table: Columns min, q05, q25, median, q75, q95, max; rows without values stay empty.
        colour: Colour of lines and dots.
        offset: How far below its row's middle to draw, as a part of a row, where a row holds two.
    """
    rows = np.arange(len(table)) + offset
    axes.hlines(rows, table["q05"], table["q95"], color=colour, linewidth=1.2)
    axes.hlines(rows, table["q25"], table["q75"], color=colour, linewidth=5.5)
    ends = np.concatenate([table["min"], table["max"]])
    axes.plot(ends, np.tile(rows, 2), ".", color=colour, markersize=3.5)
    axes.plot(table["median"], rows, "|", color=TEXT, markersize=9, markeredgewidth=1.6)


def logarithmic(axes: Axes) -> None:
    """Make the horizontal axis logarithmic, with as many round numbers as have room."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    # Up to which ratio of its ends an axis has room for which leading digits.
    digits_by_ratio = {8: (1, 1.5, 2, 3, 4, 5, 7), 800: (1, 2, 5), 8000: (1, 3)}
    digits = next((digits for ratio, digits in digits_by_ratio.items() if high < ratio * low), (1,))
    ticks = [digit * 10.0**power for power in range(-3, 8) for digit in digits]
    axes.set_xticks([tick for tick in ticks if low <= tick <= high])
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter(plain)


def plain(value: float, _: float = 0) -> str:
    """Write a tick's number in full, 20000 as "20,000"; matplotlib also passes its position."""
    return f"{value:,.10g}"


def colour_key(names: dict[str, str]) -> list[Artist]:
    """Return a legend's patches for colours by name."""
    return [
        Patch(facecolor=colour, label=name, **(HATCH if colour == DROPPED else {}))
        for name, colour in names.items()
    ]


def range_key() -> list[Artist]:
    """Return a legend's entries for the marks that `ranges` draws."""
    return [
        Line2D(
            [], [], linestyle="", marker="|", color=TEXT, markersize=9, markeredgewidth=1.6, label="median"
        ),
        Line2D([], [], color=BEFORE, linewidth=5.5, label="25-75 %"),
        Line2D([], [], color=BEFORE, linewidth=1.2, label="5-95 %"),
        Line2D([], [], linestyle="", marker=".", color=BEFORE, markersize=3.5, label="extremes"),
    ]


def legend(figure: Figure, key: Sequence[Artist]) -> None:
    """Put a legend below all panels."""
    figure.legend(
        handles=key,
        loc="outside lower center",
        ncols=len(key),
        frameon=False,
        fontsize=8.5,
        columnspacing=1.6,
    )
