"""The cross-corpus matrix, drawn: the UAR of each pair of corpora."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from pipeline.evaluation.figures import COLOURS, ink_on, panels, save, text_inches
from pipeline.evaluation.formats import percent
from pipeline.evaluation.matrix import ALL_OTHERS

_CELL_INCHES = 0.85


def save_matrix(path: Path, table: pd.DataFrame) -> None:
    """Draw the UAR of each pair, its interval below; a frame marks new speakers of the corpus trained on."""
    columns = list(dict.fromkeys([*table.loc[table["train"] != ALL_OTHERS, "train"], *table["test"]]))
    rows = [name for name in [*columns, ALL_OTHERS] if name in set(table["train"])]
    made_up = set(table.loc[(table["train"] == table["test"]) & table["synthetic"], "test"])
    names = {name: f"{name} (synthetic)" if name in made_up else name for name in [*columns, *rows]}
    cells = {(row["train"], row["test"]): row for row in table.to_dict("records")}
    width, height = _CELL_INCHES * len(columns), _CELL_INCHES * len(rows)
    left, bottom = 0.5 + text_inches(names.values()), 0.6 + 0.7 * text_inches(names.values())
    values = [[cells.get((row, column), {}).get("uar", np.nan) for column in columns] for row in rows]
    with matplotlib.style.context("default"):
        box = (left, bottom, width, height)
        title = "UAR, %, with its 95 % interval"
        figure, (axes,) = panels(left + width + 0.2, bottom + height + 0.5, [box], title)
        axes.imshow(values, cmap=COLOURS, vmin=0, vmax=1)
        for (train, test), cell in cells.items():
            _write_cell(axes, rows.index(train), columns.index(test), cell)
        axes.set_xticks(range(len(columns)), [names[name] for name in columns], rotation=40, ha="right")
        for label in axes.get_xticklabels():
            label.set_rotation_mode("anchor")
        axes.set_yticks(range(len(rows)), [names[name] for name in rows])
        axes.set_xlabel("tested on")
        axes.set_ylabel("trained on")
        axes.spines[:].set_visible(False)
        save(figure, path)


def _write_cell(axes: Axes, row: int, column: int, cell: Mapping[str, Any]) -> None:
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": ink_on(cell["uar"])}
    axes.text(column, row - 0.1, percent(cell["uar"]), fontsize=10, **style)
    interval = f"{percent(cell['low'], 0)} to {percent(cell['high'], 0)}"
    axes.text(column, row + 0.18, interval, fontsize=7.5, **style)
    if cell["case"] == "within":
        corner = (column - 0.47, row - 0.47)
        axes.add_patch(Rectangle(corner, 0.94, 0.94, fill=False, edgecolor="#333333", linewidth=1.2))
