"""Where a system is good and where it fails: scores by corpus, sex and speaker, and frequent confusions."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from pipeline.evaluation.regression import concordance, correlation, is_constant, values_of
from pipeline.evaluation.reliability import calibration_error
from pipeline.evaluation.scores import class_order, found_scores, probabilities_of

KINDS = ("corpus", "sex", "speaker")
GROUP_COLUMNS = ["kind", "group", "n_test", "accuracy", "uar", "macro_f1", "ece"]
CONFUSION_COLUMNS = ["corpus", "actual", "predicted", "n", "share"]


def scores_by_group(test: pd.DataFrame) -> pd.DataFrame:
    """Score each corpus, sex and speaker by itself, all seeds pooled; clips of unknown group are left out.

    Returns:
        The columns `GROUP_COLUMNS`, sorted by kind (in the order of `KINDS`) and group. n_test counts
        distinct clips; UAR and F1 run over the classes that the group has.
    """
    classes = class_order(test)
    probabilities = probabilities_of(test, classes)
    parts = [pd.DataFrame(columns=GROUP_COLUMNS)]
    for kind in KINDS:
        known = test[kind].notna().to_numpy()
        if not known.any():
            continue
        rows = test[known]
        numbers, names = pd.factorize(rows[kind], sort=True)
        part = pd.DataFrame({"kind": kind, "group": names, **found_scores(rows, numbers, classes)})
        part["n_test"] = rows.groupby(numbers)["utterance_id"].nunique()
        part["ece"] = _errors(rows, numbers, probabilities[known], classes)
        parts.append(part[GROUP_COLUMNS])
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _errors(
    rows: pd.DataFrame, groups: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> list[float]:
    """Return each group's calibration error, NaN without probabilities."""
    labels = rows["label"].to_numpy()
    members = [groups == group for group in range(groups.max() + 1)]
    errors = [calibration_error(labels[mask], probabilities[mask], classes) for mask in members]
    return [np.nan if error is None else error for error in errors]


def target_scores_by_group(test: pd.DataFrame, targets: Sequence[str]) -> pd.DataFrame:
    """Score each corpus, sex and speaker by itself, as `scores_by_group` does for classes.

    Returns:
        kind, group, n_test and what `dimension_scores` returns.
    """
    rows = [
        {"kind": kind, "group": group, "n_test": part["utterance_id"].nunique()}
        | dimension_scores(part, targets)
        for kind, group, part in _groups(test)
    ]
    columns = ["kind", "group", "n_test", *dimension_scores(test[:0], targets)]
    return pd.DataFrame(rows, columns=columns)


def dimension_scores(part: pd.DataFrame, targets: Sequence[str]) -> dict[str, float]:
    """Return ccc (the mean over the targets), ccc_<target>, pcc_<target> and mse_<target> of a few clips.

    NaN where all of them have the same value of a target, or none; MSE only where none has.
    """
    values = {target: values_of(part, target) for target in targets}
    scores = {"ccc": np.nan}
    for name, score in (("ccc", concordance), ("pcc", correlation)):
        for target, (truth, predicted) in values.items():
            scores[f"{name}_{target}"] = np.nan if is_constant(truth) else score(truth, predicted)
    for target, (truth, predicted) in values.items():
        scores[f"mse_{target}"] = float(np.mean((truth - predicted) ** 2)) if len(truth) else np.nan
    return scores | {"ccc": float(np.mean([scores[f"ccc_{target}"] for target in targets]))}


def _groups(test: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for kind in KINDS:
        for group, part in test.dropna(subset=[kind]).groupby(kind, sort=True):
            yield kind, str(group), part


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
