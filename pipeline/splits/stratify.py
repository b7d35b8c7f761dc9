"""Dividing the clips of every class in given proportions, copies of one recording undivided."""

import math
from collections.abc import Sequence

import numpy as np

from pipeline.core.errors import PipelineError

SLACK = 1e-9  # a fraction of a clip that is lacking for reasons of rounding
Seed = int | list[int]


def stratified(
    labels: np.ndarray,
    groups: np.ndarray,
    fractions: np.ndarray,
    seed: Seed,
    *,
    classes: Sequence[str],
    parts: str,
    advice: str,
) -> np.ndarray:
    """Divide every class in the given proportions, groups undivided.

    Groups come in random order, larger ones first. Each goes to the part that lacks most of its class, in whole
    clips, or of several such to the one that lacks most in total; each part gets one of each class before any
    gets a second. A group of several classes counts for its most frequent one.

    Args:
        labels: Number of each clip's class, shape (clips,).
        groups: Number of each clip's group, shape (clips,).
        fractions: Of the parts, shape (parts,).
        seed: Of the order.
        classes: Names of the classes.
        parts: What an error calls them, such as "folds".
        advice: What else it says to do.

    Returns:
        Number of each clip's part, shape (clips,).

    Raises:
        PipelineError: A class has fewer groups than there are parts.
    """
    groups = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(groups)
    group_labels = most_frequent(labels, groups)
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    group_parts = np.zeros(len(sizes), int)
    total = np.zeros(len(fractions))  # clips in each part so far
    for label in np.unique(group_labels):
        members = order[group_labels[order] == label]
        if len(members) < len(fractions):
            raise PipelineError(
                f"class {classes[label]!r} has {len(members)} recordings, and there are {len(fractions)} {parts}, "
                f"each of which needs one: raise curation.min_per_class above {sizes[members].sum()} to leave it "
                f"out, {advice}, or add clips"
            )
        group_parts[members] = fill(sizes[members], fractions, total)
        total += np.bincount(group_parts[members], weights=sizes[members], minlength=len(fractions))
    return group_parts[groups]


def most_frequent(labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return each group's most frequent label, of several the first, shape (groups,)."""
    n_labels = labels.max(initial=0) + 1
    pairs, counts = np.unique(groups.astype(np.int64) * n_labels + labels, return_counts=True)
    group, label = np.divmod(pairs, n_labels)
    order = np.lexsort((label, -counts, group))
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    return label[order][first]


def fill(sizes: np.ndarray, fractions: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Put units of one class where most is lacking.

    Args:
        sizes: Clips in each unit, in the order in which they are put, shape (units,).
        fractions: Of the parts, shape (parts,).
        total: Clips of other classes in each part: these decide where a fraction of a unit is lacking.

    Returns:
        Number of each unit's part, shape (units,).
    """
    lacking = fractions * sizes.sum()
    wanting = fractions * (total.sum() + sizes.sum()) - total
    chosen = np.zeros(len(sizes), int)
    free = list(range(len(fractions)))
    n_first = min(len(free), len(sizes))
    for unit in range(n_first):
        part = max(free, key=lambda part: (math.floor(lacking[part] + SLACK), wanting[part]))
        free.remove(part)
        chosen[unit] = part
        lacking[part] -= sizes[unit]
        wanting[part] -= sizes[unit]
    changes = np.flatnonzero(np.diff(sizes[n_first:])) + n_first + 1
    for run in np.split(np.arange(n_first, len(sizes)), changes - n_first):
        if len(run):
            chosen[run] = _fill_alike(len(run), sizes[run[0]], lacking, wanting)
            added = sizes[run[0]] * np.bincount(chosen[run], minlength=len(fractions))
            lacking -= added
            wanting -= added
    return chosen


def _fill_alike(n: int, size: int, lacking: np.ndarray, wanting: np.ndarray) -> np.ndarray:
    """Put units of one size where most is lacking, all at once.

    What a part lacks after its first, second, ... unit only falls. To choose the neediest part n times is thus
    to sort all these needs and take the n greatest. There is no need below zero among them: what is lacking adds
    up to what is still to be put.

    Returns:
        Number of each unit's part, shape (n,).
    """
    n_needs = np.clip(np.floor((lacking + SLACK) / size) + 1, 0, n).astype(int)
    part = np.repeat(np.arange(len(lacking)), n_needs)
    held = size * (np.arange(len(part)) - np.repeat(np.cumsum(n_needs) - n_needs, n_needs))
    need = np.floor(lacking[part] - held + SLACK)
    return part[np.lexsort((part, -np.round(wanting[part] - held, 9), -need))[:n]]
