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

PROBABILITY_PREFIX = "p_"
NO_TEST = "no predictions of test clips: the split's test part is empty; check its settings"
PER_CLASS_COLUMNS = ["class", "n_test", "precision", "recall", "f1"]


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
        ece: Expected calibration error of the winning probability; None without probabilities.
    """

    accuracy: float
    uar: float
    macro_f1: float
    weighted_f1: float
    macro_precision: float
    auc: float | None
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


def calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], n_bins: int = 15
) -> float | None:
    """Return the expected calibration error: |accuracy - confidence| over equal-width bins, weighted by size.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, eq. 3, arXiv:1706.04599.
    """
    if not np.isfinite(probabilities).all():
        return None
    confidence = probabilities.max(axis=1)
    hit = np.asarray(classes, dtype=object)[probabilities.argmax(axis=1)] == labels
    bins = np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1)
    gaps = np.bincount(bins, weights=hit - confidence, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(labels))


def confusion_counts(labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Return how often each class (row) was taken for each class (column), (n_classes, n_classes) int64."""
    present_classes(labels, classes)
    return confusion_matrix(labels, predicted, labels=list(classes))


def per_class_table(labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Return the columns `PER_CLASS_COLUMNS`, a row a class; recall and F1 are NaN where no clip has it."""
    if not len(labels):
        return pd.DataFrame(columns=PER_CLASS_COLUMNS)
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=list(classes), zero_division=0.0
    )
    table = pd.DataFrame(dict(zip(PER_CLASS_COLUMNS, (classes, support, precision, recall, f1), strict=True)))
    table.loc[table["n_test"] == 0, ["recall", "f1"]] = np.nan
    return table


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


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
