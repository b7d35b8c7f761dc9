"""Cutting clips into folds by class, with copies of one recording undivided."""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from pipeline.core.errors import PipelineError


def cut_into_folds(
    labels: np.ndarray, groups: np.ndarray, n_folds: int, seed: int, failure: str
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each fold the positions of what is kept and of what is held out.

    Args:
        labels: Of each clip, shape (clips,).
        groups: Of copies, shape (clips,).
        n_folds: How many; each clip is held out once.
        seed: Of the order.
        failure: What to say where a class has too few clips, with {fewest} and {n_folds} in it.

    Raises:
        PipelineError: A class has fewer clips, copies counted once, than there are folds.
    """
    fewest = fewest_groups(labels, groups)
    if fewest < n_folds:
        raise PipelineError(failure.format(fewest=fewest, n_folds=n_folds))
    alone = len(np.unique(groups)) == len(groups)  # then both would do, and this one is the documents'
    cutter = (StratifiedKFold if alone else StratifiedGroupKFold)(n_folds, shuffle=True, random_state=seed)
    return list(cutter.split(labels, labels, None if alone else groups))


def fewest_groups(labels: np.ndarray, groups: np.ndarray) -> int:
    """Return how many groups the class with the fewest of them has."""
    return min((len(np.unique(groups[labels == label])) for label in np.unique(labels)), default=0)
