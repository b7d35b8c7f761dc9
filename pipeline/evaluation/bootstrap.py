"""Confidence intervals of accuracy and UAR by resampling test clips, or speakers where there are enough.

Clips of one speaker are alike, so resampling them one by one gives intervals that are too narrow for a new
speaker. A speaker, with all clips, is therefore drawn as one; below `MIN_SPEAKERS` of them such an interval
says next to nothing, and single clips are drawn instead. Sources: Efron & Tibshirani, An Introduction to the
Bootstrap, 1993, chapter 13 (percentile interval); Field & Welsh, J. R. Stat. Soc. B 69(3), 2007,
doi:10.1111/j.1467-9868.2007.00593.x (drawing clusters).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.evaluation.scores import number_runs

MIN_SPEAKERS = 5
N_RESAMPLES = 1000
CONFIDENCE = 0.95
_BATCH = 50  # resamples at a time, so that 10,000 clips take a few MB


@dataclass(frozen=True)
class Intervals:
    """Percentile intervals, (low, high) fractions, and what was drawn: "speakers" or "clips"."""

    accuracy: tuple[float, float]
    uar: tuple[float, float]
    drawn: str


def bootstrap_intervals(
    test: pd.DataFrame, classes: Sequence[str], *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> Intervals:
    """Return the intervals of the mean over runs (training and split seeds) of accuracy and UAR.

    A clip is drawn with its predictions of all runs, so the interval is about other clips (or speakers), not
    about other seeds: the standard deviation over the runs stands beside it for that.

    Args:
        test: Test predictions with the columns seed, split_seed, utterance_id, speaker, label, predicted.
        classes: The study's classes.
        n_resamples: How many times to draw.
        seed: Of the random generator.
    """
    clusters, drawn = _clusters(test)
    support, hits = _counts(test, clusters, classes)
    rng = np.random.default_rng(seed)
    n_clusters = len(support)
    accuracy, uar = [], []
    for start in range(0, n_resamples, _BATCH):
        weights = _draw(rng, min(_BATCH, n_resamples - start), n_clusters)
        resampled_hits = np.tensordot(weights, hits, axes=1)  # (n_batch, n_runs, n_classes)
        resampled_support = np.tensordot(weights, support, axes=1)
        accuracy.append(_mean_accuracy(resampled_hits, resampled_support))
        uar.append(_mean_recall(resampled_hits, resampled_support))
    return Intervals(_percentiles(np.concatenate(accuracy)), _percentiles(np.concatenate(uar)), drawn)


def _clusters(test: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Number the unit that each row belongs to, (n_rows,) int, and name the unit."""
    by_clip = test.drop_duplicates("utterance_id")["speaker"]
    n_speakers = by_clip.nunique()
    if MIN_SPEAKERS <= n_speakers < len(by_clip):
        unit = test["speaker"].fillna(test["utterance_id"])  # a clip of an unknown speaker stands alone
        return pd.factorize(unit, sort=True)[0], "speakers"
    return pd.factorize(test["utterance_id"], sort=True)[0], "clips"


def _counts(
    test: pd.DataFrame, clusters: np.ndarray, classes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Count clips and hits a unit, run and true class: two float64 (n_clusters, n_runs, n_classes)."""
    runs = number_runs(test)
    truth = pd.Index(classes).get_indexer(test["label"])
    shape = (clusters.max() + 1, runs.max() + 1, len(classes))
    cells = np.ravel_multi_index((clusters, runs, truth), shape)
    hit = (test["label"].to_numpy() == test["predicted"].to_numpy()).astype(np.float64)
    support = np.bincount(cells, minlength=np.prod(shape)).reshape(shape).astype(np.float64)
    return support, np.bincount(cells, weights=hit, minlength=np.prod(shape)).reshape(shape)


def _draw(rng: np.random.Generator, n_batch: int, n_clusters: int) -> np.ndarray:
    """Return how often each unit was drawn in each resample, (n_batch, n_clusters) float64."""
    picks = rng.integers(n_clusters, size=(n_batch, n_clusters)) + n_clusters * np.arange(n_batch)[:, None]
    counts = np.bincount(picks.ravel(), minlength=n_batch * n_clusters)
    return counts.reshape(n_batch, n_clusters).astype(np.float64)


def _mean_accuracy(hits: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Return accuracy averaged over the runs, (n_batch,); a run of which no clip was drawn has none."""
    hit, n = hits.sum(axis=2), support.sum(axis=2)
    accuracy = np.divide(hit, n, out=np.full_like(hit, np.nan), where=n > 0)
    return np.nanmean(accuracy, axis=1)


def _mean_recall(hits: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Return UAR averaged over the runs, (n_batch,); a class that was not drawn has no recall to average."""
    there = support > 0
    recall = np.divide(hits, support, out=np.full_like(hits, np.nan), where=there)
    n_classes = there.sum(axis=2)
    uar = np.divide(
        np.nansum(recall, axis=2), n_classes, out=np.full(n_classes.shape, np.nan), where=n_classes > 0
    )
    return np.nanmean(uar, axis=1)


def _percentiles(values: np.ndarray) -> tuple[float, float]:
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)
