"""Grid search by stratified folds.

The steps before the classifier are not tuned, so they are fitted once a fold and not once a candidate: with
PCA over 6,373 functionals they are nearly all of the time. Folds, and then candidates, run in threads
(scikit-learn releases the GIL in what takes long here); how many does not change a score.
"""

import warnings
from collections.abc import Iterator
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
from pipeline.training.cuts import cut_into_folds


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
        settings: Of the classifier.
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
        estimator: Unfitted; its last step is what the grid tunes.
        values: Shape (clips, features): the clips trained on.
        labels: Of those clips.
        groups: Of copies, augmented ones included: none is held out while another is trained on.
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
    for key in {key for settings in grid for key in settings}:
        one_of(
            key, classifier.get_params(), f"parameter of {type(classifier).__name__}", f"systems.{name}.grid"
        )
    scorer = _scorer(system.scoring, name)
    if len(grid) == 1:
        return [Candidate(grid[0], [])]
    folds = _prepare(head, values, labels, groups, system.folds, seed, name)

    def score(task: tuple[dict[str, Any], Prepared]) -> float:
        settings, fold = task
        fitted = clone(classifier).set_params(**settings).fit(fold.train, fold.train_labels)
        return float(scorer(fitted, fold.held_out, fold.held_out_labels))

    tasks = [(settings, fold) for settings in grid for fold in folds]
    scores = list(
        parallel_map(score, tasks, description=f"{name} grid", backend="threads", batch_size=1, where="here")
    )
    starts = range(0, len(scores), len(folds))
    return [Candidate(point, scores[i : i + len(folds)]) for point, i in zip(grid, starts, strict=True)]


def _prepare(
    head: Pipeline | None,
    values: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    n_folds: int,
    seed: int,
    name: str,
) -> list[Prepared]:
    failure = (
        f"systems.{name}.folds: a class has {{fewest}} training clips, fewer than the {{n_folds}} folds: "
        "lower folds or raise the study's curation.min_per_class"
    )
    cuts = cut_into_folds(labels, groups, n_folds, seed, failure)

    def prepare(cut: tuple[np.ndarray, np.ndarray]) -> Prepared:
        inner, outer = cut
        steps = clone(head) if head is not None else None
        train = _fit_transform(steps, values[inner], labels[inner])
        held_out = steps.transform(values[outer]) if steps is not None else values[outer]
        return Prepared(train, labels[inner], held_out, labels[outer])

    with _fewer_components():
        return list(
            parallel_map(
                prepare, cuts, description=f"{name} folds", backend="threads", batch_size=1, where="here"
            )
        )


def _scorer(scoring: str, name: str) -> Any:
    try:
        return get_scorer(scoring)
    except ValueError as error:
        raise PipelineError(f"systems.{name}.scoring: {error}") from error
