"""Grid search by stratified folds.

The steps before the classifier are fitted once a fold and once for each of their own settings in the grid
(`step__setting`), not once a candidate: with PCA over 6,373 functionals they are nearly all of the time. Folds,
and then candidates, run in threads (scikit-learn releases the GIL in what takes long here); how many does not
change a score.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline

from pipeline.config.mistakes import one_of
from pipeline.config.systems import SklearnSystem
from pipeline.core.errors import PipelineError
from pipeline.core.parallel import parallel_map
from pipeline.models.reduction_head import choose_solver
from pipeline.training.cuts import cut_into_folds, fewest_groups


@dataclass(frozen=True)
class Prepared:
    """One fold behind the untuned steps: what candidates are fitted and scored on."""

    train: np.ndarray
    train_labels: np.ndarray
    held_out: np.ndarray
    held_out_labels: np.ndarray


@dataclass(frozen=True)
class Candidate:
    """One point of the grid.

    Attributes:
        settings: Of the classifier, and of steps before it.
        scores: One a fold; none where it is the only point, for nothing is to be chosen.
    """

    settings: dict[str, Any]
    scores: list[float]

    @property
    def mean(self) -> float | None:
        """Mean score over the folds."""
        return float(np.mean(self.scores)) if self.scores else None

    @property
    def sd(self) -> float | None:
        """Standard deviation over the folds."""
        return float(np.std(self.scores)) if self.scores else None


def best_of(candidates: list[Candidate]) -> Candidate:
    """Return the first of the candidates with the highest mean."""
    return max(candidates, key=lambda candidate: candidate.mean or 0.0)


def split_settings(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings of the steps before the classifier, such as `blocks__keep`, and the classifier's own."""
    before = {key: value for key, value in settings.items() if "__" in key}
    return before, {key: value for key, value in settings.items() if key not in before}


def fit_transform(head: Pipeline | None, values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Fit the steps before the classifier and return what they make of the training clips."""
    with _fewer_components():
        return _fit_transform(head, values, labels)


def _fit_transform(head: Pipeline | None, values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if head is None:
        return values
    choose_solver(head, *values.shape)
    return head.fit_transform(values, labels)


@contextmanager
def _fewer_components() -> Iterator[None]:
    """Let nobody be warned where PCA of a small corpus leaves fewer components than `select_k`, the most wanted.

    Warnings belong to the whole process, so this stands around threads and never in one.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="k=.* is greater than n_features", category=UserWarning)
        yield


def split_steps(estimator: Pipeline) -> tuple[Pipeline | None, Any]:
    """Return the steps before the classifier, None where there are none, and the classifier."""
    return (estimator[:-1] if len(estimator) > 1 else None), estimator[-1]


def search(
    estimator: Pipeline,
    values: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    system: SklearnSystem,
    seed: int,
    name: str,
) -> list[Candidate]:
    """Score every point of a system's grid; one that stands alone is not scored.

    Args:
        estimator: Unfitted; the grid tunes its last step by plain names, those before it by `step__setting`.
        values: Shape (clips, features): the clips trained on.
        labels: Of those clips.
        groups: Of copies, augmented ones included, or of speakers: none is held out while it is trained on.
        system: Its grid, number of folds and score.
        seed: Of the folds.
        name: The system's name.

    Returns:
        In the order of the grid; the best is the first of those with the highest mean.

    Raises:
        PipelineError: The grid, the score or the number of folds does not fit.
    """
    head, classifier = split_steps(estimator)
    grid = list(ParameterGrid(system.grid))
    _check_keys(grid, head, classifier, name)
    scorer = _scorer(system.scoring, name)
    if len(grid) == 1:
        return [Candidate(grid[0], [])]
    points = [split_settings(settings) for settings in grid]
    heads = [before for i, (before, _) in enumerate(points) if before not in [b for b, _ in points[:i]]]
    folds = _prepare(head, heads, values, labels, _cuts(labels, groups, system, seed, name), name)

    def score(task: tuple[dict[str, Any], Prepared]) -> float:
        settings, fold = task
        fitted = clone(classifier).set_params(**settings).fit(fold.train, fold.train_labels)
        return float(scorer(fitted, fold.held_out, fold.held_out_labels))

    tasks = [(own, fold) for before, own in points for fold in folds[heads.index(before)]]
    scores = list(
        parallel_map(score, tasks, description=f"{name} grid", backend="threads", batch_size=1, where="here")
    )
    n_folds = len(folds[0])
    starts = range(0, len(scores), n_folds)
    return [Candidate(point, scores[i : i + n_folds]) for point, i in zip(grid, starts, strict=True)]


def _check_keys(grid: list[dict[str, Any]], head: Pipeline | None, classifier: Any, name: str) -> None:
    """Raise where the grid names a setting that neither the classifier nor a step before it has."""
    own = set(classifier.get_params())
    before = {key for key in head.get_params() if "__" in key} if head is not None else set()
    for key in {key for settings in grid for key in settings}:
        known = before if "__" in key else own
        one_of(key, sorted(known), f"parameter of {type(classifier).__name__}", f"systems.{name}.grid")


def _cuts(
    labels: np.ndarray, groups: np.ndarray, system: SklearnSystem, seed: int, name: str
) -> list[tuple[np.ndarray, np.ndarray]]:
    failure = (
        f"systems.{name}.folds: a class has {{fewest}} training clips, fewer than the {{n_folds}} folds: "
        "lower folds or raise the study's curation.min_per_class"
    )
    n_folds = system.folds
    if system.folds_by == "speaker":  # of whom a corpus may have fewer
        n_folds = max(2, min(n_folds, fewest_groups(labels, groups)))
    return cut_into_folds(labels, groups, n_folds, seed, failure)


def _prepare(
    head: Pipeline | None,
    heads: Sequence[dict[str, Any]],
    values: np.ndarray,
    labels: np.ndarray,
    cuts: Sequence[tuple[np.ndarray, np.ndarray]],
    name: str,
) -> list[list[Prepared]]:
    """Return each fold behind the steps before the classifier, for each of their settings."""

    def prepare(task: tuple[dict[str, Any], tuple[np.ndarray, np.ndarray]]) -> Prepared:
        settings, (inner, outer) = task
        steps = clone(head).set_params(**settings) if head is not None else None
        train = _fit_transform(steps, values[inner], labels[inner])
        held_out = steps.transform(values[outer]) if steps is not None else values[outer]
        return Prepared(train, labels[inner], held_out, labels[outer])

    tasks = [(settings, cut) for settings in heads for cut in cuts]
    with _fewer_components():
        prepared = list(
            parallel_map(
                prepare, tasks, description=f"{name} folds", backend="threads", batch_size=1, where="here"
            )
        )
    return [prepared[start : start + len(cuts)] for start in range(0, len(prepared), len(cuts))]


def _scorer(scoring: str, name: str) -> Any:
    try:
        return get_scorer(scoring)
    except ValueError as error:
        raise PipelineError(f"systems.{name}.scoring: {error}") from error
