"""Figures as PNG files whose bytes depend on the numbers alone: confusion matrix and learning curves.

Drawn without pyplot, in matplotlib's own style and bundled font whatever the user's settings are. The curves
use the colours of Okabe & Ito (2008), which readers with any colour vision can tell apart, and differ in
their markers as well.

Panels stand at places worked out from the lengths of the texts beside them: matplotlib's own layouts draw each
figure twice over, which adds up over a hundred systems.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from pipeline.evaluation.history import LOSSES, SCORES

DPI = 120
N_COLOURS = 128  # of a PNG: a few colours and their edges; takes a quarter of the bytes of full colour
TITLE_POINTS = 11  # size of its letters
_CELL_INCHES = 0.72
COLOURS = "Blues"  # of shares
_CURVES = {  # column: label, colour, marker
    "train_loss": ("training loss", "#0072B2", "o"),
    "val_loss": ("validation loss", "#D55E00", "s"),
    "train_accuracy": ("training accuracy", "#0072B2", "D"),
    "val_accuracy": ("accuracy", "#009E73", "o"),
    "val_uar": ("UAR", "#CC79A7", "s"),
    "val_f1": ("macro F1", "#E69F00", "^"),
    "val_weighted_f1": ("weighted F1", "#56B4E9", "v"),
    "val_ccc": ("CCC", "#009E73", "o"),
}

Box = tuple[float, float, float, float]  # left, bottom, width and height of a panel, inches


def save_confusion(path: Path, counts: np.ndarray, classes: Sequence[str], title: str) -> None:
    """Draw a confusion matrix: colour and percentage are shares of the true class, with counts below.

    Args:
        path: PNG file.
        counts: (n_classes, n_classes) int, rows are the truth.
        classes: Names of rows and columns.
        title: Above the figure.
    """
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    names = [f"{name} ({total})" for name, total in zip(classes, totals[:, 0], strict=True)]
    side = max(3.2, _CELL_INCHES * len(classes))
    left = 0.5 + text_inches(names)
    bottom = 0.55 + 0.7 * text_inches(classes)  # the columns' names stand at 40 degrees
    with matplotlib.style.context("default"):
        box = (left, bottom, side, side)
        figure, (axes,) = panels(left + side + 0.2, bottom + side + 0.5, [box], title)
        axes.imshow(shares, cmap=COLOURS, vmin=0, vmax=1)
        for (row, column), share in np.ndenumerate(shares):
            _write_cell(axes, row, column, share, int(counts[row, column]))
        ticks = range(len(classes))
        axes.set_xticks(ticks, classes, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(ticks, names)
        axes.set_xlabel("predicted")
        axes.set_ylabel("actual (test clips)")
        axes.spines[:].set_visible(False)
        save(figure, path)


def save_curves(path: Path, curves: pd.DataFrame, title: str) -> None:
    """Draw losses on the left and scores on the right, epoch by epoch.

    Args:
        path: PNG file.
        curves: As `pipeline.evaluation.history.spread_curves` returns them; standard deviations become a band.
        title: Above the figure.
    """
    with matplotlib.style.context("default"):
        boxes = [(0.65, 1.05, 3.75, 2.5), (5.05, 1.05, 3.75, 2.5)]  # two rows of names below
        figure, (left, right) = panels(9, 4.0, boxes, title)
        scores = [name for name in SCORES if name in curves]
        _draw_curves(left, curves, [*LOSSES], "loss")
        _draw_curves(right, curves, scores, "score")
        right.set_ylim(min([0, *curves[scores].min()]), 1)  # CCC may be below 0
        if "val_ccc" not in scores:
            right.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        save(figure, path)


def panels(width: float, height: float, boxes: Sequence[Box], title: str) -> tuple[Figure, list[Axes]]:
    """Return a figure of this size, in inches, wider if the title needs it, with a panel in each box."""
    width = max(width, text_inches([title], TITLE_POINTS) + 0.3)
    figure = Figure(figsize=(width, height))
    figure.text(0.15 / width, 1 - 0.12 / height, title, fontsize=TITLE_POINTS, va="top")
    places = [(left / width, bottom / height, w / width, h / height) for left, bottom, w, h in boxes]
    return figure, [figure.add_axes(place) for place in places]


def text_inches(texts: Iterable[str], points: float = 10) -> float:
    """Return about how long the longest of some texts is; a character takes 0.6 of its height."""
    return max(map(len, texts), default=0) * 0.6 * points / 72


def tidy(axes: Axes, xlabel: str, ylabel: str) -> None:
    """Name the axes, draw a light grid behind all, and take away two of the frame's lines."""
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def save(figure: Figure, path: Path) -> None:
    """Write a PNG of few colours, with nothing but pixels in it: no version of the library, no date."""
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = picture.quantize(N_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    _whiten(picture)
    picture.save(path, dpi=(DPI, DPI))


def _whiten(picture: Image.Image) -> None:
    """Make the colour of the corner, the background's, white: quantising left it a shade off."""
    background, palette = picture.getpixel((0, 0)), picture.getpalette()
    if isinstance(background, int) and palette is not None:
        palette[3 * background : 3 * background + 3] = [255, 255, 255]
        picture.putpalette(palette)


def _write_cell(axes: Axes, row: int, column: int, share: float, count: int) -> None:
    """Write share and count into a cell. A cell without clips stays empty, so that the confusions stand out."""
    if count == 0:
        return
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": ink_on(share)}
    axes.text(column, row - 0.1, f"{share:.0%}", fontsize=10, **style)
    axes.text(column, row + 0.16, str(count), fontsize=7.5, **style)


def ink_on(share: float) -> str:
    """Return the colour of letters on the colour of a share."""
    return "#1a1a1a" if _luminance(colormaps[COLOURS](share)) > 0.2 else "white"


def _luminance(colour: tuple[float, float, float, float]) -> float:
    """Return the relative luminance (WCAG 2.2) of an sRGB colour; at 0.2 black and white text read alike."""
    channels = np.asarray(colour[:3])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _draw_curves(axes: Axes, curves: pd.DataFrame, columns: list[str], label: str) -> None:
    # Some epochs have a marker: on long runs markers stay apart, and a run of one epoch can be seen.
    every = max(1, len(curves) // 15)
    for column in columns:
        name, colour, marker = _CURVES[column]
        epochs, means = curves["epoch"], curves[column]
        axes.plot(epochs, means, color=colour, marker=marker, markevery=every, markersize=4, label=name)
        spread = curves.get(f"{column}_sd")
        if spread is not None and spread.notna().any():
            axes.fill_between(epochs, means - spread, means + spread, color=colour, alpha=0.15, linewidth=0)
    tidy(axes, "epoch", label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=min(3, len(columns)))
