"""Scores of predicted classes, by the metrics of `pipeline.evaluation.metrics`; one fixed order of classes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.evaluation.curves import ranking_table
from pipeline.evaluation.metrics import Metric, class_metrics

PROBABILITY_PREFIX = "p_"
NO_TEST = "no predictions of test clips: the split's test part is empty; check its settings"
PER_CLASS_COLUMNS = ["class", "n_test", "precision", "recall", "f1", "auc", "average_precision"]


def class_order(predictions: pd.DataFrame) -> list[str]:
    """Return the study's classes in the order of the probability columns."""
    return [
        name.removeprefix(PROBABILITY_PREFIX)
        for name in predictions.columns
        if name.startswith(PROBABILITY_PREFIX)
    ]


def probabilities_of(predictions: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
    """Return the probabilities, (n_clips, n_classes) float64, NaN where a system gives none."""
    return predictions[[PROBABILITY_PREFIX + name for name in classes]].to_numpy(dtype=np.float64)


def present_classes(labels: np.ndarray, classes: Sequence[str]) -> list[str]:
    """Return the classes that occur in the truth, in the given order.

    Raises:
        PipelineError: The truth is empty or holds a label that is no class of the study.
    """
    names = set(labels)
    if not names:
        raise PipelineError(NO_TEST)
    unknown = sorted(names - set(classes))
    if unknown:
        raise PipelineError(
            f"labels {unknown} are no classes; expected some of {list(classes)}; retrain the system"
        )
    return [name for name in classes if name in names]


def score(
    labels: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> dict[str, float | None]:
    """Score one set of predictions by all metrics of classes; None where one is undefined.

    Args:
        labels: True classes, (n_clips,) strings.
        predicted: Predicted classes, (n_clips,) strings.
        probabilities: (n_clips, n_classes), rows summing to one, or NaN where a system gives none.
        classes: The study's classes, the order of the probability columns.
    """
    counts = confusion_counts(labels, predicted, classes)
    scores: dict[str, float | None] = {}
    for metric in class_metrics():
        if metric.of == "counts":
            scores[metric.name] = _or_none(float(metric.function(counts)))
        else:
            scores[metric.name] = metric.function(labels, probabilities, classes)
    return scores


def label_scores(
    predictions: pd.DataFrame, groups: np.ndarray, classes: Sequence[str], metrics: Sequence[Metric]
) -> dict[str, np.ndarray]:
    """Score each group of clips by what needs no probabilities.

    By counts of all groups at once: speakers may be a thousand, and a call of scikit-learn takes milliseconds.

    Args:
        predictions: With the columns label and predicted.
        groups: The number of each row's group, from 0 on, (n_rows,) int.
        classes: The study's classes.
        metrics: Which to take, of counts.

    Returns:
        By metric, (n_groups,) float64.
    """
    labels, predicted = (predictions[column].to_numpy() for column in ("label", "predicted"))
    counts = confusion_counts(labels, predicted, classes, groups)
    return {metric.name: metric.function(counts) for metric in metrics}


def confusion_counts(
    labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str], groups: np.ndarray | None = None
) -> np.ndarray:
    """Return how often each class (row) was taken for each class (column), int64.

    Args:
        labels: True classes, (n_clips,) strings.
        predicted: Predicted classes, (n_clips,) strings.
        classes: The study's classes, in the order of rows and columns.
        groups: Number of each clip's group, from 0 on, (n_clips,) int.

    Returns:
        (n_classes, n_classes), or (n_groups, n_classes, n_classes) where there are groups.

    Raises:
        PipelineError: There is no clip, or a label that is no class of the study.
    """
    for names in (labels, predicted):
        present_classes(names, classes)
    truth, taken = (pd.Index(classes).get_indexer(names) for names in (labels, predicted))
    n_classes = len(classes)
    cells = truth * n_classes + taken
    if groups is None:
        return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)
    n_groups = int(groups.max()) + 1
    counts = np.bincount(groups * n_classes**2 + cells, minlength=n_groups * n_classes**2)
    return counts.reshape(n_groups, n_classes, n_classes)


def confusion_table(counts: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Lay out the counts of `confusion_counts`, a row a cell: actual, predicted, n, share (of the actual class)."""
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    actual, predicted = np.repeat(classes, len(classes)), np.tile(classes, len(classes))
    columns = {"actual": actual, "predicted": predicted, "n": counts.ravel(), "share": shares.ravel()}
    return pd.DataFrame(columns)


def per_class_table(
    labels: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Return the columns `PER_CLASS_COLUMNS`, a row a class.

    Recall and F1 are NaN where no clip has the class, AUC and average precision where `ranking_table` says so.
    """
    from sklearn.metrics import precision_recall_fscore_support

    if not len(labels):
        return pd.DataFrame(columns=PER_CLASS_COLUMNS)
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=list(classes), zero_division=0.0
    )
    by_class = pd.DataFrame(
        {"class": classes, "n_test": support, "precision": precision, "recall": recall, "f1": f1}
    )
    by_class.loc[by_class["n_test"] == 0, ["recall", "f1"]] = np.nan
    return by_class.merge(ranking_table(labels, probabilities, classes), on="class", sort=False)[
        PER_CLASS_COLUMNS
    ]


def number_runs(predictions: pd.DataFrame) -> np.ndarray:
    """Number the runs that the rows belong to, (n_rows,) int: a run is one training seed on one seed's split.

    A run tests each clip at most once, its folds together.
    """
    return predictions.groupby(["split_seed", "seed"], sort=True).ngroup().to_numpy()


def scores_by_run(test: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Score each run on its test predictions pooled over the folds; one row a run, one column a score."""
    rows = {
        run: score(
            part["label"].to_numpy(), part["predicted"].to_numpy(), probabilities_of(part, classes), classes
        )
        for run, part in test.groupby(number_runs(test))
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("run").astype(float)


def mean_and_sd(by_run: pd.DataFrame) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Return each score's mean over the runs and its sample standard deviation (None for a single run).

    A score that one run lacks (an undefined AUC) is None.
    """
    means = {name: _or_none(column.mean(skipna=False)) for name, column in by_run.items()}
    sds = {name: _or_none(column.std(ddof=1, skipna=False)) for name, column in by_run.items()}
    return means, sds


def chance_levels(labels: np.ndarray, classes: Sequence[str]) -> tuple[float, float]:
    """Return the UAR of guessing (one over the number of classes present) and the largest class's share."""
    present = present_classes(labels, classes)
    largest = int(max(np.count_nonzero(labels == name) for name in present))
    return 1.0 / len(present), largest / len(labels)


def notes_on(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> list[str]:
    """Return what a reader of the scores must know: classes without test clips, and why an AUC is missing."""
    present = present_classes(labels, classes)
    missing = [name for name in classes if name not in present]
    notes = [f"no test clip of {', '.join(missing)}: averages run over the other classes"] if missing else []
    if len(present) < 2:
        notes.append("only one class in the test part: AUC is undefined")
    elif not np.isfinite(probabilities).all():
        notes.append("no probabilities: AUC and calibration error are undefined")
    return notes


def constant_notes(test: pd.DataFrame) -> list[str]:
    """Return a note where a system says the same of every clip, in some run at least."""
    if len(test) < 2:
        return []
    by_run = test.groupby(number_runs(test))["predicted"].agg(["nunique", "first"])
    constant = by_run[by_run["nunique"] < 2]
    if constant.empty:
        return []
    which = "" if len(constant) == len(by_run) else f" in {len(constant)} of {len(by_run)} runs"
    return [f"all predictions are {' or '.join(sorted(set(constant['first'])))}{which}"]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
