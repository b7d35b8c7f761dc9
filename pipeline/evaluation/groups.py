"""Where a system is good and where it fails: scores by corpus, sex and speaker, and frequent confusions."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.evaluation.regression import concordance, is_constant, values_of

KINDS = ("corpus", "sex", "speaker")
GROUP_COLUMNS = ["kind", "group", "n_test", "accuracy", "uar"]
CONFUSION_COLUMNS = ["corpus", "actual", "predicted", "n", "share"]


def scores_by_group(test: pd.DataFrame) -> pd.DataFrame:
    """Score each corpus, sex and speaker by itself, all seeds pooled; clips of unknown group are left out.

    Returns:
        The columns `GROUP_COLUMNS`, sorted by kind (in the order of `KINDS`) and group. n_test counts
        distinct clips; UAR runs over the classes that the group has.
    """
    rows = []
    for kind in KINDS:
        for group, part in test.dropna(subset=[kind]).groupby(kind, sort=True):
            hit = part["label"] == part["predicted"]
            uar = hit.groupby(part["label"]).mean().mean()
            rows.append((kind, group, part["utterance_id"].nunique(), hit.mean(), uar))
    return pd.DataFrame(rows, columns=GROUP_COLUMNS)


def target_scores_by_group(test: pd.DataFrame, targets: Sequence[str]) -> pd.DataFrame:
    """Score each corpus, sex and speaker by itself, as `scores_by_group` does for classes.

    Returns:
        kind, group, n_test, ccc (the mean over the targets) and ccc_<target>; NaN where all clips of the group have
        the same value, or none.
    """
    columns = [f"ccc_{target}" for target in targets]
    rows = []
    for kind in KINDS:
        for group, part in test.dropna(subset=[kind]).groupby(kind, sort=True):
            scores = [_concordance_of(part, target) for target in targets]
            rows.append((kind, group, part["utterance_id"].nunique(), *scores))
    table = pd.DataFrame(rows, columns=["kind", "group", "n_test", *columns])
    table.insert(3, "ccc", table[columns].mean(axis=1, skipna=False))
    return table


def _concordance_of(part: pd.DataFrame, target: str) -> float:
    truth, predicted = values_of(part, target)
    return np.nan if is_constant(truth) else concordance(truth, predicted)


def frequent_confusions(test: pd.DataFrame, n_first: int = 10) -> pd.DataFrame:
    """Return each corpus's most frequent confusions.

    Returns:
        The columns `CONFUSION_COLUMNS`, by corpus and falling n, ties by name; share is of the actual class's
        predictions in that corpus.
    """
    totals = test.groupby(["corpus", "label"]).size().rename("total")
    wrong = test[test["label"] != test["predicted"]]
    counts = wrong.groupby(["corpus", "label", "predicted"]).size().rename("n").reset_index()
    counts = counts.join(totals, on=["corpus", "label"]).rename(columns={"label": "actual"})
    counts = counts.sort_values(["corpus", "n", "actual", "predicted"], ascending=[True, False, True, True])
    counts["share"] = counts["n"] / counts["total"]
    return counts.groupby("corpus").head(n_first)[CONFUSION_COLUMNS].reset_index(drop=True)
