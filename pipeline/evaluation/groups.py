"""Where a system is good and where it fails: scores by corpus, sex and speaker, and frequent confusions."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from pipeline.evaluation.agreement import is_constant
from pipeline.evaluation.metrics import Metric, class_metrics, metrics_of
from pipeline.evaluation.regression import values_of
from pipeline.evaluation.scores import class_order, label_scores, probabilities_of

KINDS = ("corpus", "sex", "speaker")
CONFUSION_COLUMNS = ["corpus", "actual", "predicted", "n", "share"]


def scores_by_group(test: pd.DataFrame) -> pd.DataFrame:
    """Score each corpus, sex and speaker by itself, all seeds pooled; clips of unknown group are left out.

    Returns:
        kind, group, n_test and the metrics that groups have, sorted by kind (in the order of `KINDS`) and group.
        n_test counts distinct clips; UAR and F1 run over the classes that the group has.
    """
    metrics = [metric for metric in class_metrics() if metric.by_group]
    columns = ["kind", "group", "n_test", *(metric.name for metric in metrics)]
    classes = class_order(test)
    probabilities = probabilities_of(test, classes)
    parts = [pd.DataFrame(columns=columns)]
    for kind in KINDS:
        known = test[kind].notna().to_numpy()
        if not known.any():
            continue
        rows = test[known]
        numbers, names = pd.factorize(rows[kind], sort=True)
        of_counts = [metric for metric in metrics if metric.of == "counts"]
        part = pd.DataFrame({"kind": kind, "group": names, **label_scores(rows, numbers, classes, of_counts)})
        part["n_test"] = rows.groupby(numbers)["utterance_id"].nunique()
        for metric in metrics:
            if metric.of == "probabilities":
                part[metric.name] = _by_group(metric, rows, numbers, probabilities[known], classes)
        parts.append(part[columns])
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _by_group(
    metric: Metric, rows: pd.DataFrame, groups: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> list[float]:
    """Return a metric of probabilities, a value a group, NaN where it is undefined."""
    labels = rows["label"].to_numpy()
    members = [groups == group for group in range(groups.max() + 1)]
    values = [metric.function(labels[mask], probabilities[mask], classes) for mask in members]
    return [np.nan if value is None else value for value in values]


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

    NaN where none of them has a value of a target; CCC and PCC also where all have the same.
    """
    values = {target: values_of(part, target) for target in targets}
    metrics = [metric for metric in metrics_of("values") if metric.by_group]
    scores = {}
    for metric in metrics:
        for target, (truth, predicted) in values.items():
            undefined = is_constant(truth) if metric.needs_spread else not len(truth)
            scores[f"{metric.name}_{target}"] = np.nan if undefined else metric.function(truth, predicted)
    averaged = [metric.name for metric in metrics if metric.interval]
    means = {name: float(np.mean([scores[f"{name}_{target}"] for target in targets])) for name in averaged}
    return means | scores


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
