"""The change of a confusion matrix against a baseline, drawn as arXiv:2110.06650, figure 2.

Orange says that the cell grew, purple that it shrank: what is good on the diagonal is bad beside it. The colours
(ColorBrewer's PuOr, its middle half) are told apart with any colour vision, and pale enough for dark text.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from pipeline.evaluation.figures import save
from pipeline.evaluation.formats import points

_CELL_INCHES = 0.82
_COLOUR_MAP = ListedColormap(colormaps["PuOr_r"](np.linspace(0.25, 0.75, 256)))
_INK = "#1a1a1a"


def save_change(path: Path, change: pd.DataFrame, classes: Sequence[str], title: str) -> None:
    """Draw the change: in each cell percentage points, both counts (the baseline's first), and their change in %.

    Args:
        path: PNG file.
        change: As `pipeline.evaluation.change.confusion_change` returns it.
        classes: Names of rows and columns.
        title: Above the figure.
    """
    n = len(classes)
    changes = change["points"].to_numpy().reshape(n, n)
    totals = change["n_baseline"].to_numpy().reshape(n, n).sum(axis=1)
    reach = max(1.0, float(np.nanmax(np.abs(changes))))
    size = max(3.2, _CELL_INCHES * n)
    with matplotlib.style.context("default"):
        figure = Figure(figsize=(size + 2.4, size + 1.6), layout="compressed")
        axes = figure.add_subplot()
        image = axes.imshow(changes, cmap=_COLOUR_MAP, vmin=-reach, vmax=reach)
        for number, cell in enumerate(change.itertuples(index=False)):
            _write_cell(axes, *divmod(number, n), cell)
        axes.set_xticks(range(n), classes, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(n), [f"{name} ({total})" for name, total in zip(classes, totals, strict=True)])
        axes.set_xlabel("predicted")
        axes.set_ylabel("actual (test clips)")
        axes.set_title(title, fontsize=11)
        axes.spines[:].set_visible(False)
        bar = figure.colorbar(image, ax=axes, shrink=0.8, format=lambda change, _: points(change / 100))
        bar.set_label("change of the share of the actual class, percentage points")
        bar.outline.set_visible(False)
        save(figure, path)


def _write_cell(axes: Axes, row: int, column: int, cell: Any) -> None:
    """Write the change and the counts into a cell, which stays empty where neither system has clips in it."""
    if cell.n == 0 and cell.n_baseline == 0:
        return
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": _INK, "textcoords": "offset points"}
    axes.annotate(points(cell.points / 100), (column, row), xytext=(0, 11), fontsize=10, **style)
    axes.annotate(f"{cell.n_baseline} → {cell.n}", (column, row), xytext=(0, -3), fontsize=7.5, **style)
    if cell.n_baseline and cell.n != cell.n_baseline:
        axes.annotate(
            f"{cell.percent:+,.0f} %".replace("-", "−"), (column, row), xytext=(0, -14), fontsize=7.5, **style
        )
