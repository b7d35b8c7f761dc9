"""Assigning whole speakers to splits.

Of many seeded assignments the one is taken whose splits come closest to the proportions, for every class and
sex. Speakers who share a group of copies form a cluster, which is never divided.
"""

from collections.abc import Callable

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.splits.clips import NOBODY, TRAIN, Clips
from pipeline.splits.stratify import Seed

N_ASSIGNMENTS, N_ROUNDS = 500, 8  # of speakers to splits that are tried at a time, and how often
MOST_AT_A_TIME = 2_000_000  # speakers x assignments, so that a million speakers fit into memory

Suits = Callable[[np.ndarray], np.ndarray]  # (assignments, splits, classes) clips -> (assignments,) bool


def check_known(clips: Clips, numbers: np.ndarray, what: str, advice: str) -> None:
    """Raise where a clip's speaker or session is needed and not known."""
    without = clips.ids[numbers == NOBODY]
    if len(without):
        raise PipelineError(f"{len(without)} utterances have no {what}, such as {without[0]}: {advice}")


def speaker_clusters(clips: Clips) -> np.ndarray:
    """Number the speakers of the clips, equally where they share a group of copies, or a voice.

    Where several people speak in one clip, all of them belong together. A clip whose speaker is not known belongs
    to the cluster of its copies.

    Returns:
        Shape (clips,).
    """
    # Imported here: most of those who ask for a protocol split nothing.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n_speakers = len(clips.names["speaker"])
    known = clips.speakers != NOBODY
    n_others = n_speakers + clips.groups.max(initial=-1) + 1
    speakers, voices = clips.speaker_voices.T
    n_nodes = n_others + voices.max(initial=-1) + 1  # speakers, groups of copies, voices
    first = np.concatenate([clips.speakers[known], speakers])
    second = np.concatenate([n_speakers + clips.groups[known], n_others + voices])
    links = coo_array((np.ones(len(first)), (first, second)), shape=(n_nodes, n_nodes))
    component = connected_components(links, directed=False)[1]
    return np.unique(component[n_speakers + clips.groups], return_inverse=True)[1]


def divide_speakers(
    clips: Clips, clusters: np.ndarray, fractions: np.ndarray, seed: Seed, suits: Suits
) -> np.ndarray:
    """Assign clusters of speakers to splits.

    Args:
        clips: Their clips.
        clusters: Number of each one's cluster, shape (clips,).
        fractions: Of the splits, shape (splits,).
        seed: Of the assignments that are tried.
        suits: Which assignments are possible at all.

    Returns:
        Number of each clip's split, shape (clips,).
    """
    names, cluster = np.unique(clusters, return_inverse=True)
    classes = count_by(cluster, clips.labels, len(names), len(clips.names["label"]))
    sexes = count_by(cluster, clips.sexes, len(names), len(clips.names["sex"]))
    return best_assignment(classes, sexes, fractions, seed, suits)[cluster]


def count_by(units: np.ndarray, kinds: np.ndarray, n_units: int, n_kinds: int) -> np.ndarray:
    """Count the clips of each unit and kind, shape (units, kinds); a kind of -1 is not counted."""
    known = kinds != NOBODY
    pairs = units[known] * n_kinds + kinds[known]
    return np.bincount(pairs, minlength=n_units * n_kinds).reshape(n_units, n_kinds)


def every_class_in_all(clip_counts: np.ndarray) -> np.ndarray:
    """Every split has every class."""
    return np.all(clip_counts, axis=(1, 2))


def every_class_in_training(clip_counts: np.ndarray) -> np.ndarray:
    """The first split has every class, and every other split something."""
    return np.all(clip_counts[:, TRAIN], axis=1) & np.all(np.any(clip_counts, axis=2), axis=1)


def every_class_without_any(clip_counts: np.ndarray) -> np.ndarray:
    """Every split has something, and the others together have every class, whichever is taken away."""
    return np.all(np.any(clip_counts, axis=2), axis=1) & np.all(np.sum(clip_counts > 0, axis=1) > 1, axis=1)


def best_assignment(
    classes: np.ndarray,
    sexes: np.ndarray,
    fractions: np.ndarray,
    seed: Seed,
    suits: Suits = every_class_in_all,
) -> np.ndarray:
    """Return the best of many assignments of speakers to splits.

    Each cuts a random order of speakers where its running total comes closest to the proportions. Its cost is
    the largest deviation of a split's share of a class, plus the mean deviation over classes and sexes.

    Args:
        classes: Clips of each speaker in each class, shape (speakers, classes).
        sexes: The same by sex, shape (speakers, sexes).
        fractions: Of the splits, shape (splits,).
        seed: Of the orders.
        suits: Which assignments are possible at all.

    Returns:
        Number of each speaker's split, shape (speakers,).

    Raises:
        PipelineError: None of them is possible.
    """
    rng = np.random.default_rng(seed)
    counts = np.hstack([classes, sexes]).astype(float)
    counts = counts[:, counts.any(axis=0)]  # without the classes that nobody here speaks
    n_classes = classes.any(axis=0).sum()
    n_tries = max(1, min(N_ASSIGNMENTS, MOST_AT_A_TIME // len(counts)))
    best, lowest = None, np.inf
    for _ in range(N_ROUNDS):
        orders = rng.permuted(np.tile(np.arange(len(counts)), (n_tries, 1)), axis=1)
        splits = np.empty_like(orders)
        np.put_along_axis(splits, orders, cut(classes.sum(axis=1)[orders], fractions), axis=1)
        clip_counts = np.stack(
            [(splits == split).astype(float) @ counts for split in range(len(fractions))], axis=1
        )
        deviation = np.abs(clip_counts / counts.sum(axis=0) - fractions[:, None])
        costs = deviation[..., :n_classes].max(axis=(1, 2)) + deviation.mean(axis=(1, 2))
        costs[~suits(clip_counts[..., :n_classes])] = np.inf
        if costs.min() < lowest:
            best, lowest = splits[costs.argmin()], costs.min()
    if best is None:
        raise PipelineError(
            f"no assignment of {len(counts)} speakers that was tried gives {len(fractions)} splits the classes "
            f"they need: set split.protocol to stratified, or raise curation.min_per_class to leave rare classes "
            f"out"
        )
    return best


def cut(sizes: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Cut sequences of units into runs with about the given shares of the total, none of them empty.

    Args:
        sizes: Of the units, shape (..., units), with as many units as runs or more.
        fractions: Of the runs.

    Returns:
        Number of each unit's run, shape (..., units): a unit belongs where its middle lies, or to the next run
        that would have none.
    """
    n_units, n_runs = sizes.shape[-1], len(fractions)
    middles = (np.cumsum(sizes, axis=-1) - sizes / 2) / sizes.sum(axis=-1, keepdims=True)
    runs = np.searchsorted(np.cumsum(fractions)[:-1], middles, side="right")
    unit = np.arange(n_units)
    without_gaps = np.minimum(unit, np.minimum.accumulate(runs - unit, axis=-1) + unit)
    return np.maximum(without_gaps, n_runs - n_units + unit)
