"""Confidence intervals of accuracy, UAR and CCC by resampling test clips, or speakers where there are enough.

Clips of one speaker are alike, so resampling them one by one gives intervals that are too narrow for a new
speaker. A speaker, with all clips, is therefore drawn as one; below `MIN_SPEAKERS` of them such an interval
says next to nothing, and single clips are drawn instead. Sources: Efron & Tibshirani, An Introduction to the
Bootstrap, 1993, chapter 13 (percentile interval); Field & Welsh, J. R. Stat. Soc. B 69(3), 2007,
doi:10.1111/j.1467-9868.2007.00593.x (drawing clusters).

Comparisons between systems (`pipeline.evaluation.group_scores`) are made of the same parts: what is drawn, sums
by unit, and scores of the sums.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.evaluation.metrics import metrics_of
from pipeline.evaluation.regression import values_of
from pipeline.evaluation.scores import number_runs

MIN_SPEAKERS = 5
N_RESAMPLES = 1000
CONFIDENCE = 0.95
N_BATCH = 50  # resamples at a time, so that 10,000 clips take a few MB

Interval = tuple[float, float]


def bootstrap_intervals(
    test: pd.DataFrame, classes: Sequence[str], *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> tuple[dict[str, Interval], str]:
    """Return the interval of each class metric that has one, of its mean over runs (training and split seeds).

    A clip is drawn with its predictions of all runs, so the interval is about other clips (or speakers), not
    about other seeds: the standard deviation over the runs stands beside it for that.

    Args:
        test: Test predictions with the columns seed, split_seed, utterance_id, speaker, label, predicted.
        classes: The study's classes.
        n_resamples: How many times to draw.
        seed: Of the random generator.

    Returns:
        Low and high by metric, and what was drawn: "speakers" or "clips".
    """
    clusters, drawn = number_units(test)
    by_unit = _counts(test, clusters, classes)
    functions = {metric.name: metric.function for metric in metrics_of("counts") if metric.interval}
    return _intervals(functions, by_unit, n_resamples, seed), drawn


def bootstrap_dimensions(
    test: pd.DataFrame, targets: Sequence[str], *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> tuple[dict[str, Interval], str]:
    """Return the interval of each metric of values that has one, of its mean over the targets and runs.

    Args:
        test: Test predictions with the columns seed, split_seed, utterance_id, speaker, t_<target>, y_<target>.
        targets: The dimensions.
        n_resamples: How many times to draw.
        seed: Of the random generator.

    Returns:
        As `bootstrap_intervals`.
    """
    clusters, drawn = number_units(test)
    by_unit = _moments(test, clusters, targets)
    functions = {metric.name: metric.of_moments for metric in metrics_of("values") if metric.of_moments}
    return _intervals(functions, by_unit, n_resamples, seed), drawn


def _intervals(
    functions: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    by_unit: np.ndarray,
    n_resamples: int,
    seed: int,
) -> dict[str, Interval]:
    """Draw the units again and again, and return the interval of each function of their sums, its mean over runs.

    Args:
        functions: By metric, sums of a batch of draws -> (n_batch, n_runs) or (n_batch, n_runs, n_targets).
        by_unit: What is summed, (n_units, ...).
        n_resamples: How many times to draw.
        seed: Of the random generator.
    """
    values: dict[str, list[np.ndarray]] = {name: [] for name in functions}
    for totals in resampled(by_unit, n_resamples, seed):
        for name, function in functions.items():
            scores = function(totals)
            values[name].append(np.nanmean(scores.reshape(len(scores), -1), axis=1))
    return {name: percentiles(np.concatenate(batches)) for name, batches in values.items()}


def resampled(
    totals: np.ndarray, n_resamples: int, seed: int, *, n_batch: int = N_BATCH
) -> Iterator[np.ndarray]:
    """Draw the units again and again; yield the sums of their totals, (n_units, ...) -> (n_batch, ...)."""
    rng = np.random.default_rng(seed)
    for start in range(0, n_resamples, n_batch):
        weights = _draw(rng, min(n_batch, n_resamples - start), len(totals))
        yield np.tensordot(weights, totals, axes=1)


def number_units(test: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Number the unit that each row belongs to, (n_rows,) int, and name the unit: "speakers" or "clips".

    Args:
        test: With the columns utterance_id and speaker.
    """
    by_clip = test.drop_duplicates("utterance_id")["speaker"]
    n_speakers = by_clip.nunique()
    if MIN_SPEAKERS <= n_speakers < len(by_clip):
        unit = test["speaker"].fillna(test["utterance_id"])  # a clip of an unknown speaker stands alone
        return pd.factorize(unit, sort=True)[0], "speakers"
    return pd.factorize(test["utterance_id"], sort=True)[0], "clips"


def _counts(test: pd.DataFrame, clusters: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Return the confusion matrix of each unit and run, float64 (n_clusters, n_runs, n_classes, n_classes)."""
    runs = number_runs(test)
    truth, predicted = (pd.Index(classes).get_indexer(test[name]) for name in ("label", "predicted"))
    shape = (clusters.max() + 1, runs.max() + 1, len(classes), len(classes))
    return sums((clusters, runs, truth, predicted), shape, np.ones(len(test)))


def _moments(test: pd.DataFrame, clusters: np.ndarray, targets: Sequence[str]) -> np.ndarray:
    """Return the sums of `moments` of each target, float64 (n_clusters, 6, n_runs, n_targets)."""
    runs = number_runs(test)
    shape = (clusters.max() + 1, runs.max() + 1)
    by_target = []
    for target in targets:
        known = test[f"t_{target}"].notna().to_numpy()
        by_target.append(moments((clusters[known], runs[known]), shape, *values_of(test, target)))
    return np.stack(by_target, axis=-1)


def moments(
    cells: tuple[np.ndarray, ...], shape: tuple[int, ...], truth: np.ndarray, predicted: np.ndarray
) -> np.ndarray:
    """Sum 1, t, y, t^2, y^2 and ty by unit and run, float64 (n_units, 6, n_runs).

    t is the truth and y the prediction, both less the mean of all t, which changes no CCC and spares digits.

    Args:
        cells: Unit and run of each row, (n_rows,) each.
        shape: Number of units and runs.
        truth: (n_rows,).
        predicted: (n_rows,).
    """
    t, y = truth - truth.mean(), predicted - truth.mean()
    return np.stack(
        [sums(cells, shape, values) for values in (np.ones(len(t)), t, y, t * t, y * y, t * y)], axis=1
    )


def sums(cells: tuple[np.ndarray, ...], shape: tuple[int, ...], values: np.ndarray) -> np.ndarray:
    """Sum values by cell: (n_rows,) at n_rows places of an array of this shape."""
    flat = np.ravel_multi_index(cells, shape)
    return np.bincount(flat, weights=values, minlength=int(np.prod(shape))).reshape(shape)


def _draw(rng: np.random.Generator, n_batch: int, n_clusters: int) -> np.ndarray:
    """Return how often each unit was drawn in each resample, (n_batch, n_clusters) float64."""
    picks = rng.integers(n_clusters, size=(n_batch, n_clusters)) + n_clusters * np.arange(n_batch)[:, None]
    counts = np.bincount(picks.ravel(), minlength=n_batch * n_clusters)
    return counts.reshape(n_batch, n_clusters).astype(np.float64)


def percentiles(values: np.ndarray) -> Interval:
    """Return the ends of the interval, low and high, over the resamples in which the score is defined."""
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    return float(low), float(high)
