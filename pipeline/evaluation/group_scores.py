"""UAR or CCC of a group's runs, as they are and in resamples that are the same for all systems of the group.

Drawing the same clips (or speakers) for all makes the differences between systems paired: what is hard for one is
mostly hard for the other, and that cancels out. See `pipeline.evaluation.bootstrap` for what is drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.agreement import concordances
from pipeline.evaluation.bootstrap import moments, number_units, resampled, sums
from pipeline.evaluation.comparable import Group
from pipeline.evaluation.metrics import average_recall

N_DRAWS = 10_000  # so that the smallest p still says something after Holm's correction for a hundred pairs
_N_BATCH = 200
Scorer = Callable[[np.ndarray], np.ndarray]  # sums of the drawn units, (n_batch, ...) -> (n_batch, n_runs)


@dataclass(frozen=True)
class RunScores:
    """Scores of one system's runs.

    Attributes:
        observed: UAR, or CCC averaged over the targets, (n_runs,).
        resampled: The same of each resample, (n_resamples, n_runs); NaN where none of the run's clips was drawn.
    """

    observed: np.ndarray
    resampled: np.ndarray


@dataclass(frozen=True)
class GroupScores:
    """Scores of a group's systems, by name, and what was drawn: "speakers" or "clips"."""

    by_system: dict[str, RunScores]
    drawn: str


def score_group(group: Group, *, n_resamples: int = N_DRAWS, seed: int = 0) -> GroupScores:
    """Score all runs of all systems.

    Args:
        group: Systems that were tested on the same clips.
        n_resamples: How many times to draw.
        seed: Of the random generator.
    """
    units, drawn = number_units(group.clips)
    totals, score = _dimensions(group, units) if group.targets else _classes(group, units)
    observed = score(totals.sum(axis=0, keepdims=True))[0]
    draws = np.concatenate([score(batch) for batch in resampled(totals, n_resamples, seed, n_batch=_N_BATCH)])
    ends = np.cumsum([len(member.runs) for member in group.members])[:-1]
    parts = zip(group.members, np.split(observed, ends), np.split(draws, ends, axis=1), strict=True)
    return GroupScores({member.system: RunScores(one, many) for member, one, many in parts}, drawn)


def _classes(group: Group, units: np.ndarray) -> tuple[np.ndarray, Scorer]:
    """Return, a unit, the clips of each split and the hits of each run by class, and how to score their sums.

    The first are (n_units, n_splits + n_runs, n_classes) float64.
    """
    seeds, split = np.unique(group.clips["split_seed"], return_inverse=True)
    n_units, n_classes = units.max() + 1, len(group.classes)
    support = sums((units, split, group.truth), (n_units, len(seeds), n_classes), np.ones(len(units)))
    rows, runs, predicted = _rows(group)
    truth = group.truth[rows]
    n_runs = runs.max() + 1
    hits = sums((units[rows], runs, truth), (n_units, n_runs, n_classes), (truth == predicted).astype(float))
    split_of_run = [int(np.searchsorted(seeds, run[0])) for member in group.members for run in member.runs]

    def score(totals: np.ndarray) -> np.ndarray:
        return average_recall(totals[:, len(seeds) :], totals[:, split_of_run])

    return np.concatenate([support, hits], axis=1), score


def _dimensions(group: Group, units: np.ndarray) -> tuple[np.ndarray, Scorer]:
    """Return, a unit, the sums that CCC is made of, (n_units, 6, n_runs, n_targets), and how to score them."""
    rows, runs, predicted = _rows(group)
    shape = (units.max() + 1, runs.max() + 1)
    by_target = []
    for column in range(len(group.targets)):
        truth, values = group.truth[rows, column], predicted[:, column]
        known = np.isfinite(truth)
        by_target.append(moments((units[rows][known], runs[known]), shape, truth[known], values[known]))
    return np.stack(by_target, axis=-1), lambda totals: np.nanmean(concordances(totals), axis=2)


def _rows(group: Group) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put all runs below each other: of each prediction the clip's row, the run's number, and the predicted."""
    splits = {seed: group.rows(seed) for seed in group.clips["split_seed"].unique()}
    rows = [splits[run[0]] for member in group.members for run in member.runs]
    runs = np.repeat(np.arange(len(rows)), [len(part) for part in rows])
    return (
        np.concatenate(rows),
        runs,
        np.concatenate([part for member in group.members for part in member.predicted]),
    )
