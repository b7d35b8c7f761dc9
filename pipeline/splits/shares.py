"""What the settings say about proportions, and cutting validation off the clips that are left for training."""

from typing import get_args

import numpy as np

from pipeline.config.base import Split
from pipeline.config.splits import SplitSettings
from pipeline.core.errors import PipelineError
from pipeline.splits.clips import TRAIN, VAL, Clips
from pipeline.splits.speakers import divide_speakers, every_class_in_training
from pipeline.splits.stratify import Seed, stratified

NO_VALIDATION = "set split.fractions.val to 0 (and train higher), so that nothing validates"


def proportions(settings: SplitSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the splits that get something, and how much, shape (splits,) both."""
    shares = np.array([settings.fractions.get(name, 0.0) for name in get_args(Split)])
    return np.flatnonzero(shares), shares[shares > 0]


def validation_share(settings: SplitSettings) -> float:
    """Return which part of what is not tested validates: val / (train + val)."""
    val = settings.fractions.get("val", 0.0)
    return val / (settings.fractions["train"] + val)


def cut_clips(clips: Clips, splits: np.ndarray, share: float, seed: Seed) -> np.ndarray:
    """Turn a share of the training clips, of every class, into validation, groups of copies undivided.

    Args:
        clips: All clips.
        splits: Number of each one's split, shape (clips,).
        share: Of the training clips; 0 changes nothing.
        seed: Of which.

    Returns:
        The splits with the validation in them.
    """
    train = splits == TRAIN
    if not share or not train.any():
        return splits
    left = clips.subset(train)
    parts = stratified(
        left.labels,
        left.groups,
        np.array([1 - share, share]),
        seed,
        classes=clips.names["label"],
        parts="splits (train and val) of what is not tested",
        advice=NO_VALIDATION,
    )
    return put(splits, train, parts)


def cut_speakers(
    clips: Clips, clusters: np.ndarray, splits: np.ndarray, share: float, seed: Seed
) -> np.ndarray:
    """Turn whole speakers of the training, about a share of its clips, into validation.

    Args:
        clips: All clips.
        clusters: Number of each one's cluster of speakers, shape (clips,).
        splits: Number of each one's split, shape (clips,).
        share: Of the training clips; 0 changes nothing.
        seed: Of the assignments that are tried.

    Returns:
        The splits with the validation in them.

    Raises:
        PipelineError: There is one speaker only.
    """
    train = splits == TRAIN
    if not share or not train.any():
        return splits
    n_clusters = len(np.unique(clusters[train]))
    if n_clusters < 2:
        raise PipelineError(
            f"{n_clusters} independent speaker is left for training and validation, and each needs one: "
            f"{NO_VALIDATION}, or add a corpus with more speakers"
        )
    fractions = np.array([1 - share, share])
    parts = divide_speakers(clips.subset(train), clusters[train], fractions, seed, every_class_in_training)
    return put(splits, train, parts)


def put(splits: np.ndarray, where: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return splits in which the chosen clips train (part 0) or validate (part 1)."""
    changed = splits.copy()
    changed[where] = np.where(parts == 1, VAL, TRAIN)
    return changed
