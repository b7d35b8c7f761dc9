"""The cross-corpus matrix: what a system that was trained on one corpus finds in another.

| below data/analysis | what |
| --- | --- |
| cross_corpora.csv, .png | a row a pair of corpora, the columns `COLUMNS` |

A row's interval is that of its own test corpus, as `pipeline.evaluation.bootstrap` draws it. UAR runs over the
classes that the test corpus has, so that guessing finds one over their number.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from pipeline.config.cross_corpora import Case, system_of
from pipeline.core.paths import predictions_path
from pipeline.core.tables import read_table, write_csv
from pipeline.evaluation.bootstrap import bootstrap_intervals
from pipeline.evaluation.figures import COLOURS, ink_on, panels, save, text_inches
from pipeline.evaluation.formats import percent
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.scores import class_order, label_scores, number_runs

CASES: tuple[Case, ...] = ("within", "on", "without")
ALL_OTHERS = "all others"
COLUMNS = [
    *("case", "train", "test", "system", "n_test", "n_classes", "uar", "low", "high", "drawn", "synthetic")
]
STEM = "cross_corpora"
_CELL_INCHES = 0.85


def write_matrix(
    folder: Path, corpora: Mapping[str, bool], scores: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Write the matrix of those of its systems that are trained, and draw it; nothing where there are none.

    Args:
        folder: Where to.
        corpora: Those of the matrix: whether they are synthetic.
        scores: Of each system, as evaluation leaves them.
    """
    tested = {
        (case, corpus): read_table(predictions_path(system))
        for case in CASES
        for corpus in corpora
        if scores.get(system := system_of(case, corpus), {"status": "skipped"})["status"] != "skipped"
    }
    table = matrix_table(tested, corpora)
    if len(table):
        write_csv(folder / f"{STEM}.csv", table)
        save_matrix(folder / f"{STEM}.png", table)
    return table


def matrix_table(
    predictions: Mapping[tuple[Case, str], pd.DataFrame], corpora: Mapping[str, bool]
) -> pd.DataFrame:
    """Score each test corpus of each system by itself; the columns `COLUMNS`.

    Args:
        predictions: Of the trained systems, by what they are trained on: a case and its corpus.
        corpora: Those of the matrix, in the order of rows and columns: whether they are synthetic.
    """
    rows = [row for (case, corpus), table in predictions.items() for row in _rows(case, corpus, table)]
    table = pd.DataFrame(rows, columns=COLUMNS[:-1])
    synthetic = {name for name, made_up in corpora.items() if made_up}
    table["synthetic"] = table["test"].isin(synthetic) | table["train"].isin(synthetic)
    order = {name: number for number, name in enumerate([*corpora, ALL_OTHERS])}
    return table.sort_values(["train", "test"], key=lambda names: names.map(order), ignore_index=True)


def _rows(case: Case, corpus: str, predictions: pd.DataFrame) -> Iterator[dict[str, Any]]:
    test = predictions[predictions["split"] == "test"]
    classes = class_order(test)
    for tested, part in test.groupby("corpus", sort=True):
        intervals, drawn = bootstrap_intervals(part, classes)
        low, high = intervals["uar"]
        yield {
            "case": case,
            "train": ALL_OTHERS if case == "without" else corpus,
            "test": tested,
            "system": system_of(case, corpus),
            "n_test": part["utterance_id"].nunique(),
            "n_classes": part["label"].nunique(),
            "uar": float(label_scores(part, number_runs(part), classes, [METRICS["uar"]])["uar"].mean()),
            "low": low,
            "high": high,
            "drawn": drawn,
        }


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
