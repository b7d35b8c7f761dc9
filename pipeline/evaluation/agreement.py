"""How well predicted values agree with rated ones: of two lists of numbers, or of sums over parts of them."""

import numpy as np

_SMALLEST = 1e-12  # variance of a dimension: below it, values are constant but for rounding


def is_constant(values: np.ndarray) -> bool:
    """Whether there are no two different values."""
    return len(values) == 0 or float(np.ptp(values)) == 0.0


def concordance(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return Lin's concordance correlation coefficient, in [-1, 1]; 0 where either is constant.

    2 cov / (var + var + (difference of the means)^2), with moments divided by n. Source: Lin 1989, Biometrics
    45(1), doi:10.2307/2532051.
    """
    if is_constant(truth) or is_constant(predicted):
        return 0.0
    covariance = float(np.cov(truth, predicted, ddof=0)[0, 1])
    apart = float(truth.mean() - predicted.mean())
    return 2 * covariance / (float(truth.var()) + float(predicted.var()) + apart**2)


def correlation(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return Pearson's correlation coefficient, in [-1, 1]; 0 where either is constant."""
    from scipy.stats import pearsonr  # a second to import, which metrics of classes need not pay

    if is_constant(truth) or is_constant(predicted):
        return 0.0
    return float(pearsonr(truth, predicted).statistic)


def squared_error(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the mean squared error, in squared units of the corpus's scale; NaN of nothing."""
    return float(np.mean((truth - predicted) ** 2)) if len(truth) else float("nan")


def concordances(totals: np.ndarray) -> np.ndarray:
    """Return the CCC of each run and target, (n_batch, n_runs, n_targets).

    Args:
        totals: The sums of `pipeline.evaluation.bootstrap.moments`, (n_batch, 6, n_runs, n_targets).
    """
    n = totals[:, 0]
    nothing = np.full(totals[:, 1:].shape, np.nan)  # of a target that no drawn clip has a value of
    means = np.divide(totals[:, 1:], n[:, None], out=nothing, where=n[:, None] > 0)
    t, y, tt, yy, ty = (means[:, i] for i in range(5))
    t_variance, y_variance, covariance = tt - t * t, yy - y * y, ty - t * y
    ccc = np.zeros_like(t)
    varies = ~((t_variance < _SMALLEST) | (y_variance < _SMALLEST))
    np.divide(2 * covariance, t_variance + y_variance + (t - y) ** 2, out=ccc, where=varies)
    return ccc
