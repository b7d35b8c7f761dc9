"""What a system changes against a baseline that was tested on the same clips, such as fusion against speech alone.

As arXiv:2110.06650, figure 2, shows it for its fusion models: the confusion matrix, and the change of its counts
in % of the baseline's. Counts are of one run of each (the first that both have); scores are means over the runs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.evaluation.metrics import metric_of

CONFUSION_COLUMNS = ["actual", "predicted", "n", "n_baseline", "share", "share_baseline", "points", "percent"]
RECALL_COLUMNS = ["class", "n_test", "recall", "recall_baseline", "points", "percent"]
SCORE_COLUMNS = ["score", "value", "value_baseline", "difference", "percent"]


def confusion_change(counts: np.ndarray, baseline: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Compare two confusion matrices cell by cell.

    Args:
        counts: (n_classes, n_classes) int, rows are the truth.
        baseline: The same of the baseline, on the same clips.
        classes: Names of rows and columns.

    Returns:
        The columns `CONFUSION_COLUMNS`: n counts clips, share is that of the actual class, points its change in
        percentage points, and percent the change of n in % of the baseline's, NaN where that is 0.
    """
    names = list(classes)
    shares, base = _shares(counts), _shares(baseline)
    return pd.DataFrame(
        {
            "actual": np.repeat(names, len(names)),
            "predicted": names * len(names),
            "n": counts.ravel(),
            "n_baseline": baseline.ravel(),
            "share": shares.ravel(),
            "share_baseline": base.ravel(),
            "points": 100 * (shares - base).ravel(),
            "percent": _percent(counts.ravel(), baseline.ravel()),
        },
        columns=CONFUSION_COLUMNS,
    )


def recall_change(counts: np.ndarray, baseline: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Return the columns `RECALL_COLUMNS`, a row a class: NaN where no clip has it; arguments as above."""
    recall, base = np.diag(_shares(counts)), np.diag(_shares(baseline))
    columns = (classes, counts.sum(axis=1), recall, base, 100 * (recall - base), _percent(recall, base))
    return pd.DataFrame(dict(zip(RECALL_COLUMNS, columns, strict=True)))


def score_change(scores: Mapping[str, Any], baseline: Mapping[str, Any]) -> pd.DataFrame:
    """Return the columns `SCORE_COLUMNS`, a row a score that both have; percent is of the baseline's value.

    A score that is 0 or below has no such percentage: it is NaN there. ECE and MSE are better when they fall.

    Args:
        scores: Of the system, as `pipeline.evaluation.summary.summarise` makes them.
        baseline: Of the baseline.
    """
    names = [name for name in scores if metric_of(name) and None not in (scores[name], baseline.get(name))]
    value = np.array([scores[name] for name in names], dtype=float)
    base = np.array([baseline[name] for name in names], dtype=float)
    columns = (names, value, base, value - base, _percent(value, base))
    return pd.DataFrame(dict(zip(SCORE_COLUMNS, columns, strict=True)))


def _shares(counts: np.ndarray) -> np.ndarray:
    totals = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)


def _percent(value: np.ndarray, base: np.ndarray) -> np.ndarray:
    return 100 * np.divide(value - base, base, out=np.full(base.shape, np.nan), where=base > 0)
