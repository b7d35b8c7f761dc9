"""Figures as PNG files whose bytes depend on the numbers alone: confusion matrix and learning curves.

Drawn without pyplot, in matplotlib's own style and bundled font whatever the user's settings are. The curves
use the colours of Okabe & Ito (2008), which readers with any colour vision can tell apart, and differ in
their markers as well.
"""

from collections.abc import Sequence
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

from pipeline.evaluation.history import LOSSES, SCORES

DPI = 120
_CELL_INCHES = 0.72
_COLOURS = "Blues"
_CURVES = {  # column: label, colour, marker
    "train_loss": ("training loss", "#0072B2", "o"),
    "val_loss": ("validation loss", "#D55E00", "s"),
    "val_accuracy": ("accuracy", "#009E73", "o"),
    "val_uar": ("UAR", "#CC79A7", "s"),
    "val_f1": ("macro F1", "#E69F00", "^"),
    "val_ccc": ("CCC", "#009E73", "o"),
}


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
    size = max(3.2, _CELL_INCHES * len(classes))
    with matplotlib.style.context("default"):
        figure = Figure(figsize=(size + 2.4, size + 1.5), layout="compressed")
        axes = figure.add_subplot()
        image = axes.imshow(shares, cmap=_COLOURS, vmin=0, vmax=1)
        for (row, column), share in np.ndenumerate(shares):
            _annotate(axes, row, column, share, int(counts[row, column]))
        ticks = range(len(classes))
        axes.set_xticks(ticks, classes, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(
            ticks, [f"{name} ({total})" for name, total in zip(classes, totals[:, 0], strict=True)]
        )
        axes.set_xlabel("predicted")
        axes.set_ylabel("actual (test clips)")
        axes.set_title(title, fontsize=11)
        axes.spines[:].set_visible(False)
        bar = figure.colorbar(image, ax=axes, shrink=0.8, format=lambda share, _: f"{share:.0%}")
        bar.set_label("share of the actual class")
        bar.outline.set_visible(False)
        save(figure, path)


def save_curves(path: Path, curves: pd.DataFrame, title: str) -> None:
    """Draw losses on the left and validation scores on the right, epoch by epoch."""
    with matplotlib.style.context("default"):
        figure = Figure(figsize=(9, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        scores = [name for name in SCORES if name in curves]
        _draw_curves(left, curves, [*LOSSES], "loss")
        _draw_curves(right, curves, scores, "validation score")
        right.set_ylim(min([0, *curves[scores].min()]), 1)  # CCC may be below 0
        if "val_ccc" not in scores:
            right.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        figure.suptitle(title, fontsize=11)
        save(figure, path)


def _annotate(axes: Axes, row: int, column: int, share: float, count: int) -> None:
    """Write the share and the count into a cell; empty cells stay empty, so that the confusions stand out."""
    if count == 0:
        return
    colour = "#1a1a1a" if _luminance(colormaps[_COLOURS](share)) > 0.2 else "white"
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": colour, "textcoords": "offset points"}
    axes.annotate(f"{share:.0%}", (column, row), xytext=(0, 5), fontsize=10, **style)
    axes.annotate(str(count), (column, row), xytext=(0, -8), fontsize=7.5, **style)


def _luminance(colour: tuple[float, float, float, float]) -> float:
    """Return the relative luminance (WCAG 2.2) of an sRGB colour; at 0.2 black and white text read alike."""
    channels = np.asarray(colour[:3])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _draw_curves(axes: Axes, curves: pd.DataFrame, columns: list[str], label: str) -> None:
    every = max(1, len(curves) // 15)  # markers stay apart on long runs and show a run of one epoch
    for column in columns:
        name, colour, marker = _CURVES[column]
        axes.plot(
            curves["epoch"],
            curves[column],
            color=colour,
            marker=marker,
            markevery=every,
            markersize=4,
            label=name,
        )
    axes.set_xlabel("epoch")
    axes.set_ylabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=len(columns))


def save(figure: Figure, path: Path) -> None:
    """Write a PNG without the library's version in it, which would change the bytes on every upgrade."""
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
