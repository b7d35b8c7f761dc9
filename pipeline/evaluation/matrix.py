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

import pandas as pd

from pipeline.config.cross_corpora import CASES, Case, system_of
from pipeline.core.paths import predictions_path
from pipeline.core.tables import read_table, write_csv
from pipeline.evaluation.bootstrap import bootstrap_intervals
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.scores import class_order, label_scores, number_runs

ALL_OTHERS = "all others"
COLUMNS = [
    *("case", "train", "test", "system", "n_test", "n_classes", "uar", "low", "high", "drawn", "synthetic")
]
STEM = "cross_corpora"


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
        from pipeline.evaluation.matrix_figure import save_matrix  # with it comes matplotlib

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
