"""Abstention: how right a system is of the clips that it is surest of, where it may leave the others unanswered.

Coverage is the share of clips that are answered, the surest first; how sure it is of a clip is the probability of
the class that wins. Source: Geifman & El-Yaniv, Selective Classification for Deep Neural Networks, 2017,
arXiv:1705.08500; the area below the risk over the coverage: Geifman, Uziel & El-Yaniv, 2019, arXiv:1805.08206.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

COVERAGE_COLUMNS = ["coverage", "accuracy", "confidence"]
MOST_POINTS = 200  # of a curve that is drawn


def accuracy_by_coverage(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the accuracy of the surest clip, of the two surest, and so on to all, and the confidence of the last.

    Clips of equal confidence count as in the mean over their orders.

    Args:
        labels: True classes, (n_clips,) strings.
        probabilities: (n_clips, n_classes), finite.
        classes: The order of the probability columns.

    Returns:
        Accuracy and confidence, (n_clips,) both.
    """
    confidence = probabilities.max(axis=1)
    hits = (np.asarray(classes, dtype=object)[probabilities.argmax(axis=1)] == labels).astype(np.float64)
    order = np.argsort(-confidence, kind="stable")
    hits, confidence = hits[order], confidence[order]
    _, level, n_equal = np.unique(-confidence, return_inverse=True, return_counts=True)
    hits = (np.bincount(level, weights=hits) / n_equal)[level]
    return np.cumsum(hits) / np.arange(1, len(hits) + 1), confidence


def coverage_table(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Return the columns `COVERAGE_COLUMNS`, at most `MOST_POINTS` rows; the last is of all clips."""
    accuracy, confidence = accuracy_by_coverage(labels, probabilities, classes)
    n_clips = len(accuracy)
    rows = np.unique(np.linspace(0, n_clips - 1, min(n_clips, MOST_POINTS)).round().astype(int))
    values = ((rows + 1) / n_clips, accuracy[rows], confidence[rows])
    return pd.DataFrame(dict(zip(COVERAGE_COLUMNS, values, strict=True)))


def risk_coverage_area(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> float | None:
    """Return the mean share of wrong answers over all coverages (AURC); None where there are no probabilities."""
    if not np.isfinite(probabilities).all():
        return None
    return float(1 - accuracy_by_coverage(labels, probabilities, classes)[0].mean())


def accuracy_at(
    share: float, labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> float | None:
    """Return the accuracy where a share of the clips is answered, rounded up to whole clips; None as above."""
    if not np.isfinite(probabilities).all():
        return None
    n_answered = int(np.ceil(share * len(labels) - 1e-9))
    return float(accuracy_by_coverage(labels, probabilities, classes)[0][n_answered - 1])


accuracy_at_80 = partial(accuracy_at, 0.8)
accuracy_at_50 = partial(accuracy_at, 0.5)
