"""ROC and precision-recall curves of each class against the rest, and the areas below them.

The areas are those of all clips, by scikit-learn; the points are thinned, for a drawing and no more. scikit-learn
takes two seconds to import: the stages that only ask which metrics there are do without.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

MOST_POINTS = 200  # of a curve
ROC_COLUMNS = ["class", "fpr", "tpr"]
PR_COLUMNS = ["class", "recall", "precision"]
RANKING_COLUMNS = ["class", "auc", "average_precision"]


def ranking_table(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Return the columns `RANKING_COLUMNS`, a row a class, each against the rest; ties count one half in the AUC.

    NaN where no clip or every clip has the class, and where a system gives no probabilities.

    Args:
        labels: True classes, (n_clips,) strings.
        probabilities: (n_clips, n_classes), or NaN where a system gives none.
        classes: The order of the probability columns.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    found = {
        name: (roc_auc_score(truth, value), average_precision_score(truth, value))
        for name, truth, value in _ranked(labels, probabilities, classes)
    }
    rows = [(name, *found.get(name, (np.nan, np.nan))) for name in classes]
    return pd.DataFrame(rows, columns=RANKING_COLUMNS)


def mean_average_precision(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> float | None:
    """Return the average precision averaged over the classes that `ranking_table` has one of; None without any."""
    from sklearn.metrics import average_precision_score

    each = [
        average_precision_score(truth, value) for _, truth, value in _ranked(labels, probabilities, classes)
    ]
    return float(np.mean(each)) if each else None


def one_vs_rest_auc(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> float | None:
    """Return the macro one-versus-rest AUC over the classes that have both positive and negative clips.

    Ties count one half. None where fewer than two classes are present or a probability is missing.
    """
    from sklearn.metrics import roc_auc_score

    partly = [
        column for column, name in enumerate(classes) if 0 < np.count_nonzero(labels == name) < len(labels)
    ]
    if not partly or not np.isfinite(probabilities).all():
        return None
    truth = np.column_stack([labels == classes[column] for column in partly])
    return float(roc_auc_score(truth, probabilities[:, partly], average="macro"))


def roc_points(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Return the columns `ROC_COLUMNS`: false and true positive rate, class by class, from (0, 0) to (1, 1)."""
    from sklearn.metrics import roc_curve

    def curve(truth: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        false_rate, true_rate, _ = roc_curve(truth, value)
        return false_rate, true_rate

    return _points(labels, probabilities, classes, curve, ROC_COLUMNS)


def pr_points(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Return the columns `PR_COLUMNS`, class by class, from recall 0 (precision 1, by convention) to 1.

    Between two points the precision is that of the right one: the average precision is the area of these steps. Of
    several at one recall the first is kept, which has the fewest false positives.
    """
    from sklearn.metrics import precision_recall_curve

    def curve(truth: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        precision, recall, _ = precision_recall_curve(truth, value)
        recall, precision = recall[::-1], precision[::-1]
        first = np.unique(recall, return_index=True)[1]
        return recall[first], precision[first]

    return _points(labels, probabilities, classes, curve, PR_COLUMNS)


def _ranked(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each class that some clips have and others have not: name, who has it, and its probability."""
    if not np.isfinite(probabilities).all():
        return
    for column, name in enumerate(classes):
        truth = labels == name
        if 0 < np.count_nonzero(truth) < len(labels):
            yield name, truth, probabilities[:, column]


def _points(
    labels: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    curve: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    columns: list[str],
) -> pd.DataFrame:
    parts = [pd.DataFrame(columns=columns)]
    for name, truth, value in _ranked(labels, probabilities, classes):
        x, y = curve(truth, value)
        kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).round().astype(int))
        parts.append(pd.DataFrame(dict(zip(columns, (name, x[kept], y[kept]), strict=True))))
    return pd.concat(parts[1:] or parts, ignore_index=True)
