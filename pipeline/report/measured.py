"""Values of ours that stand beside a document's: looked up by address in what the stages wrote."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.config.documents import Address
from pipeline.core.paths import evaluated_dir, trained_dir
from pipeline.core.tables import read_csv, read_json
from pipeline.report.answers import ALPHA
from pipeline.report.leaderboard import Row
from pipeline.report.training_summary import training_summary

# By definition the same: recall weighted by each class's clips is the share of clips that are right.
SAME = {"weighted_recall": "accuracy", "macro_recall": "uar"}


class Measured:
    """What was measured in this run.

    Args:
        rows: The leaderboard, by system.
        account: Files that curation leaves: study, step, corpus, class, n.
        significance: See `pipeline.evaluation.significance`.
    """

    def __init__(self, rows: Mapping[str, Row], account: pd.DataFrame, significance: pd.DataFrame) -> None:
        self.rows = rows
        self.account = account
        self.significance = significance
        self._groups: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self._summaries: dict[str, dict[str, float]] = {}

    def row(self, address: Address) -> Row | None:
        """Return the system's row of the leaderboard if it was trained."""
        row = self.rows.get(address.name)
        return row if row is not None and row.trained else None

    def value(self, address: Address) -> Any:
        """Return what was measured, None where nothing was: a number, or a setting as text."""
        if address.system is None:
            return self._left(address) if address.whole else None
        row = self.row(address)
        if row is None:
            return None
        if address.hyper_parameter is not None:
            return _setting(row, address.setting or address.hyper_parameter)
        value = self._score(row, address)
        return None if value is None or pd.isna(value) else value

    def sd(self, address: Address) -> float | None:
        """Return the standard deviation over our runs, where there are several."""
        row = self.row(address)
        if row is None or address.part != "test" or address.class_name or address.corpus:
            return None
        return row.metrics.get(f"{our_name(address)}_sd")

    def differs(self, address: Address, baseline: str) -> bool:
        """Tell whether our system differs from another by the t-test over the runs of what it is ranked by."""
        row, tests = self.row(address), self.significance
        if row is None or address.part != "test" or our_name(address) != row.rank_score:
            return False
        pair = (tests["system"] == address.name) & (tests["other"] == baseline + address.suffix)
        return bool((tests[pair]["p_t"] < ALPHA).any())

    def _left(self, address: Address) -> int | None:
        """Return how many files of a study, of one of its corpora or classes, a step of curation leaves."""
        rows = self.account[(self.account["study"] == address.study) & (self.account["step"] == address.step)]
        for column, wanted in (("corpus", address.corpus), ("class", address.class_name)):
            rows = rows if wanted is None else rows[rows[column] == wanted]
        return int(rows["n"].sum()) if len(rows) else None

    def _score(self, row: Row, address: Address) -> Any:
        name = our_name(address)
        if address.class_name is not None:
            return self._of_group(row, "per_class", "class", address.class_name, name)
        if address.corpus is not None:
            return self._of_group(row, "groups", "group", address.corpus, name)
        if address.part == "cross_validation":
            searched_by = row.run["settings"].get("scoring")
            return _first_model(row.system).get("best_score") if name == searched_by else None
        if address.part == "cross":
            return row.metrics.get(f"cross_{name}")
        if name == "best_epoch":
            return self._summary(row.system).get(name)
        if address.part != "test":
            return self._summary(row.system).get(f"{address.part}_{name}")
        return row.metrics.get(name)

    def _of_group(self, row: Row, table: str, column: str, group: str, name: str) -> Any:
        """Return a score of a class, or of a corpus, of the system."""
        key = (row.system, table)
        if key not in self._groups:
            records = read_csv(evaluated_dir(row.system) / f"{table}.csv").to_dict("records")
            self._groups[key] = {
                record[column]: record for record in records if record.get("kind") in (None, "corpus")
            }
        return self._groups[key].get(group, {}).get(name)

    def _summary(self, system: str) -> dict[str, float]:
        if system not in self._summaries:
            self._summaries[system] = training_summary(system)
        return self._summaries[system]


def our_name(address: Address) -> str:
    """Return what our scores call the score that is asked for."""
    if address.score == "n":
        return "n_test"
    name = address.ours or address.score_name
    return SAME.get(name, name)


def _setting(row: Row, name: str) -> str | None:
    """Return a setting of our run: the best that was found where it was searched for, else as it was set."""
    best = _first_model(row.system).get("best", {})
    if name in best:
        return written(best[name])
    searched = _first_facts(row.system).get("searched", {})
    if name in searched:
        return written(searched[name])
    value: Any = row.run["settings"]
    for key in name.split("."):
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return written(value)


def written(value: Any) -> str:
    """Return a setting as tables have it, the document's and ours alike."""
    if isinstance(value, list):
        return ", ".join(map(written, value))
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)


def _first_facts(system: str) -> dict[str, Any]:
    """Return what is said of a system's first model among all of them."""
    return read_json(trained_dir(system) / "model.json")["models"][0]


def _first_model(system: str) -> dict[str, Any]:
    """Return what training wrote beside a system's first model; nothing where it has several networks."""
    first = _first_facts(system)
    path = trained_dir(system) / f"seed{first.get('seed')}_fold{first.get('fold')}.json"
    return read_json(path) if path.exists() else {}
