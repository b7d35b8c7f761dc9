"""From predictions to scores: pure functions, arithmetic by scikit-learn, one fixed order of classes.

Every macro average (UAR, F1, precision) runs over the classes that are present in the truth: a class that no
test clip carries has no recall, and counting it as zero would punish the test set rather than the system.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

from pipeline.core.errors import PipelineError
from pipeline.evaluation.curves import mean_average_precision, ranking_table
from pipeline.evaluation.reliability import calibration_error

PROBABILITY_PREFIX = "p_"
NO_TEST = "no predictions of test clips: the split's test part is empty; check its settings"
PER_CLASS_COLUMNS = ["class", "n_test", "precision", "recall", "f1", "auc", "average_precision"]


@dataclass(frozen=True)
class Scores:
    """Scores of one run's predictions, fractions in [0, 1].

    Attributes:
        accuracy: Share of clips whose class was found.
        uar: Unweighted average recall: recall averaged over the classes present in the truth.
        macro_f1: F1 averaged over the same classes.
        weighted_f1: F1 averaged with the classes' shares of the truth as weights.
        macro_precision: Precision averaged over the same classes.
        auc: Area under the ROC curve, one class against the rest, averaged; None where it is undefined.
        average_precision: Of the precision-recall curve, likewise.
        ece: Expected calibration error of the winning probability; None without probabilities.
    """

    accuracy: float
    uar: float
    macro_f1: float
    weighted_f1: float
    macro_precision: float
    auc: float | None
    average_precision: float | None
    ece: float | None


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
    found = set(labels)
    if not found:
        raise PipelineError(NO_TEST)
    unknown = sorted(found - set(classes))
    if unknown:
        raise PipelineError(
            f"labels {unknown} are no classes; expected some of {list(classes)}; retrain the system"
        )
    return [name for name in classes if name in found]


def score(
    labels: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> Scores:
    """Score one set of predictions.

    Args:
        labels: True classes, (n_clips,) strings.
        predicted: Predicted classes, (n_clips,) strings.
        probabilities: (n_clips, n_classes), rows summing to one, or NaN where a system gives none.
        classes: The study's classes, the order of the probability columns.
    """
    present = present_classes(labels, classes)
    options = {"labels": present, "zero_division": 0.0}
    precision, recall, f1, _ = precision_recall_fscore_support(labels, predicted, average="macro", **options)
    weighted_f1 = precision_recall_fscore_support(labels, predicted, average="weighted", **options)[2]
    return Scores(
        accuracy=float(accuracy_score(labels, predicted)),
        uar=float(recall),
        macro_f1=float(f1),
        weighted_f1=float(weighted_f1),
        macro_precision=float(precision),
        auc=one_vs_rest_auc(labels, probabilities, classes),
        average_precision=mean_average_precision(labels, probabilities, classes),
        ece=calibration_error(labels, probabilities, classes),
    )


def one_vs_rest_auc(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> float | None:
    """Return the macro one-versus-rest AUC over the classes that have both positive and negative clips.

    Ties count one half. None where fewer than two classes are present or a probability is missing.
    """
    partly = [
        column for column, name in enumerate(classes) if 0 < np.count_nonzero(labels == name) < len(labels)
    ]
    if not partly or not np.isfinite(probabilities).all():
        return None
    truth = np.column_stack([labels == classes[column] for column in partly])
    return float(roc_auc_score(truth, probabilities[:, partly], average="macro"))


def found_scores(
    predictions: pd.DataFrame, groups: np.ndarray, classes: Sequence[str]
) -> dict[str, np.ndarray]:
    """Return what needs no probabilities, accuracy, uar and macro_f1, of each group of clips, as `score` does.

    By counts of all groups at once: speakers may be a thousand, and a call of scikit-learn takes milliseconds.

    Args:
        predictions: With the columns label and predicted.
        groups: The number of each row's group, from 0 on, (n_rows,) int.
        classes: The study's classes.

    Returns:
        Each (n_groups,) float64.
    """
    for column in ("label", "predicted"):
        present_classes(predictions[column].to_numpy(), classes)
    names = pd.Index(classes)
    truth, found = (names.get_indexer(predictions[column]) for column in ("label", "predicted"))
    size, n_classes = int(groups.max()) + 1, len(classes)

    def count(of: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        cells = groups[rows] * n_classes + of[rows]
        return np.bincount(cells, minlength=size * n_classes).reshape(size, n_classes)

    support, taken, hits = count(truth), count(found), count(truth, truth == found)
    there = support > 0
    recall = np.divide(hits, support, out=np.zeros(hits.shape), where=there)
    f1 = np.where(there, 2 * hits / np.maximum(support + taken, 1), 0.0)
    n_present = there.sum(axis=1)
    return {
        "accuracy": hits.sum(axis=1) / support.sum(axis=1),
        "uar": recall.sum(axis=1) / n_present,
        "macro_f1": f1.sum(axis=1) / n_present,
    }


def confusion_counts(labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Return how often each class (row) was taken for each class (column), (n_classes, n_classes) int64."""
    present_classes(labels, classes)
    return confusion_matrix(labels, predicted, labels=list(classes))


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
    if not len(labels):
        return pd.DataFrame(columns=PER_CLASS_COLUMNS)
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=list(classes), zero_division=0.0
    )
    found = pd.DataFrame(
        {"class": classes, "n_test": support, "precision": precision, "recall": recall, "f1": f1}
    )
    found.loc[found["n_test"] == 0, ["recall", "f1"]] = np.nan
    return found.merge(ranking_table(labels, probabilities, classes), on="class", sort=False)[
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
        run: asdict(
            score(
                part["label"].to_numpy(),
                part["predicted"].to_numpy(),
                probabilities_of(part, classes),
                classes,
            )
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
    said = test.groupby(number_runs(test))["predicted"].agg(["nunique", "first"])
    constant = said[said["nunique"] < 2]
    if constant.empty:
        return []
    which = "" if len(constant) == len(said) else f" in {len(constant)} of {len(said)} runs"
    return [f"all predictions are {' or '.join(sorted(set(constant['first'])))}{which}"]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
