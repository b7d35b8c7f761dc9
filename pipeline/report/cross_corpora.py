"""The cross-corpus matrix in the report: its cells, and what they mean, in words made of these numbers."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.core.paths import analysis_dir
from pipeline.core.tables import read_csv
from pipeline.evaluation.formats import percent, points
from pipeline.evaluation.matrix import ALL_OTHERS, STEM

Cell = dict[str, Any]


@dataclass(frozen=True)
class Matrix:
    """What a system of one corpus finds in another.

    Attributes:
        corpora: Those that are tested on, in the order of columns.
        rows: What is trained on, and of each corpus its row of the table, or None where that was skipped.
        synthetic: The corpora that the project made.
        text: What it means.
        stem: Where table and figure lie, without suffix.
    """

    corpora: list[str]
    rows: list[tuple[str, list[Cell | None]]]
    synthetic: frozenset[str]
    text: str
    stem: str

    def called(self, name: str) -> str:
        """Return how a row or column is called: synthetic corpora are marked."""
        return f"{name} (synthetic)" if name in self.synthetic else name


def read_matrix() -> Matrix | None:
    """Read what `analyse` wrote of it; None where it has no such systems."""
    path = analysis_dir() / f"{STEM}.csv"
    if not path.exists():
        return None
    table = read_csv(path)
    cells = {(row["train"], row["test"]): row for row in table.to_dict("records")}
    trained = list(dict.fromkeys(table["train"]))
    corpora = list(dict.fromkeys([*(name for name in trained if name != ALL_OTHERS), *table["test"]]))
    return Matrix(
        corpora=corpora,
        rows=[(name, [cells.get((name, tested)) for tested in corpora]) for name in trained],
        synthetic=frozenset(table.loc[table["synthetic"] & (table["train"] != ALL_OTHERS), "train"]),
        text=matrix_text(table),
        stem=path.with_suffix("").as_posix(),
    )


def matrix_text(table: pd.DataFrame) -> str:
    """Say what the matrix means.

    Args:
        table: The columns of `pipeline.evaluation.matrix`.
    """
    sentences = [_means(table)]
    within = table[table["case"] == "within"].set_index("test")
    pairs = table[(table["case"] == "on") & table["test"].isin(within.index)]
    if len(pairs):
        own = within.loc[pairs["test"]].reset_index()
        change = float((pairs["uar"].to_numpy() - own["uar"].to_numpy()).mean())
        n_below = int((pairs["high"].to_numpy() < own["low"].to_numpy()).sum())
        sentences.append(
            f"To learn from another corpus in place of the tested one changes UAR by {points(change)} points on "
            f"average; in {n_below} of {len(pairs)} pairs its 95 % interval lies below that of the own corpus."
        )
        sentences.append(_conclusion(n_below, len(pairs)))
    sentences += _others(table)
    if table["synthetic"].any():
        sentences.append(
            "Synthetic corpora are made by the project: what they show says nothing about people."
        )
    return " ".join(sentences)


def _means(table: pd.DataFrame) -> str:
    words = {
        "within": "new speakers of the corpus that it learnt from",
        "on": "a corpus other than the one that it learnt from",
        "without": "a corpus after learning from all others",
    }
    found = table.groupby("case")["uar"].mean()
    parts = [f"{words[case]}: {percent(found[case])} %" for case in words if case in found]
    chance = 1 / table["n_classes"]
    low, high = percent(chance.min()), percent(chance.max())
    guessing = low if low == high else f"{low} to {high}"
    return f"Mean UAR on {'; on '.join(parts)}; guessing finds {guessing} %."


def _conclusion(n_below: int, n_pairs: int) -> str:
    if 2 * n_below > n_pairs:
        return "So a score on new speakers of one corpus promises little for other recordings."
    if n_below:
        return "So whether a score on new speakers of one corpus holds for other recordings depends on these."
    return "These clips do not show that another corpus is worse to learn from."


def _others(table: pd.DataFrame) -> list[str]:
    """Say how often all other corpora together teach more than the best single one of them."""
    together = table[table["case"] == "without"].set_index("test")["uar"]
    best = table[table["case"] == "on"].groupby("test")["uar"].max().reindex(together.index)
    if not best.notna().any():
        return []
    n_better, n_corpora = int((together > best).sum()), int(best.notna().sum())
    return [f"In {n_better} of {n_corpora} corpora all others together teach more than the best one of them."]
