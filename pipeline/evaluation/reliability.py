"""Reliability: is a system that is 80 % sure right in 80 % of the cases?

Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 2, arXiv:1706.04599.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

N_BINS = 15
RELIABILITY_COLUMNS = ["low", "high", "n", "confidence", "accuracy"]


def reliability_table(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], n_bins: int = N_BINS
) -> pd.DataFrame:
    """Sort clips into bins of equal width by the probability of the class that wins.

    Args:
        labels: True classes, (n_clips,) strings.
        probabilities: (n_clips, n_classes), finite.
        classes: The order of the probability columns.
        n_bins: From 0 to 1; a bin holds (low, high].

    Returns:
        The columns `RELIABILITY_COLUMNS`, a row a bin: its bounds, clips, their mean confidence and the share of
        them whose class was found; the last two are NaN in an empty bin.
    """
    confidence = probabilities.max(axis=1)
    hit = np.asarray(classes, dtype=object)[probabilities.argmax(axis=1)] == labels
    bins = np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1)
    n, sure, right = (
        np.bincount(bins, weights=weights, minlength=n_bins) for weights in (None, confidence, hit)
    )
    edges = np.arange(n_bins + 1) / n_bins
    sums = np.stack([sure, right])
    means = np.divide(sums, n, out=np.full(sums.shape, np.nan), where=n > 0)
    return pd.DataFrame(dict(zip(RELIABILITY_COLUMNS, (edges[:-1], edges[1:], n, *means), strict=True)))


def calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], n_bins: int = N_BINS
) -> float | None:
    """Return the expected calibration error: |accuracy - confidence| over the bins, weighted by size (eq. 3).

    None where a system gives no probabilities.
    """
    if not np.isfinite(probabilities).all():
        return None
    table = reliability_table(labels, probabilities, classes, n_bins)
    gaps = table["n"] * (table["accuracy"] - table["confidence"]).abs()
    return float(gaps.sum() / len(labels))
