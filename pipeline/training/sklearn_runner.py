"""Trains a system's scikit-learn pipelines: a grid search, then a fit of the best on all training clips."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from pipeline.config.systems import SklearnSystem
from pipeline.core.errors import PipelineError
from pipeline.models.build import build_estimator
from pipeline.models.row_span import turned_back
from pipeline.models.views import Views, as_rows
from pipeline.training.by_speaker import STEP, speaker_scores
from pipeline.training.cuts import fewest_groups
from pipeline.training.data import StudyData
from pipeline.training.estimator_files import save_estimator
from pipeline.training.grid_search import (
    Candidate,
    best_of,
    fit_transform,
    search,
    split_settings,
    split_steps,
)
from pipeline.training.outcome import Outcome, rows_to_predict


class SklearnRunner:
    """Trains pipelines on a study's vectors.

    Args:
        data: The study; its features have the shape (clips, features), and a second feature set stands beside them.
        system: The system's settings, resolved for the profile.
        name: The system's name.
        models: Folder of the trained models.
    """

    def __init__(self, data: StudyData, system: SklearnSystem, name: str, models: Path) -> None:
        self.data, self.system, self.name, self.models = data, system, name, models
        self.features = side_by_side(data, name)
        self.width = np.shape(data.features["features"])[1]  # of the first of two feature sets
        check_views(data, system, name)
        self.labels = data.clips["label"].to_numpy(dtype=object)
        self._scores = None
        if system.standardise_by == "speaker":
            is_copy = (data.clips["example_id"] != data.clips["utterance_id"]).to_numpy()
            self._scores = speaker_scores(self.features, data.clips["speaker"], is_copy)

    # One BLAS thread: candidates are what runs in parallel, the result does not depend on the number of cores, and
    # on a busy machine threads that spin while they wait make an SVD tens of times as slow.
    @threadpool_limits.wrap(limits=1, user_api="blas")
    def train(self, seed: int, fold: int) -> Outcome:
        """Tune, fit and save the pipeline of one seed and fold; predict its clips."""
        started = time.perf_counter()
        train_rows = self.data.rows(fold, list(self.system.train_on))
        features, scaler = self._standardised(train_rows)
        values = as_rows(features[train_rows], self.system.views, self.width)
        labels = self.labels[train_rows].repeat(self.system.views)
        estimator = self._build(seed)
        groups = self._held_out_together(train_rows).repeat(self.system.views)
        candidates = search(estimator, values, labels, groups, self.system, seed, self.name)
        best = best_of(candidates)
        head, classifier = split_steps(estimator)
        before, own = split_settings(best.settings)
        if head is not None:
            head.set_params(**before)
        classifier.set_params(**own).fit(fit_transform(head, values, labels), labels)
        fitted = turned_back(
            Pipeline([*(head.steps if head is not None else []), ("classifier", classifier)])
        )
        if self.system.views > 1:
            fitted = Pipeline([("views", Views(fitted, self.system.views, self.width))])
        facts = {"parameters": None, "n_train": len(train_rows)}
        about = {**facts, **self._describe(head, classifier, candidates, best)}
        save_estimator(self.models, seed, fold, Pipeline([*scaler, *fitted.steps]), about)
        rows = rows_to_predict(self.data, fold, self.system)
        probabilities = {split: self._probabilities(fitted, features[index]) for split, index in rows.items()}
        record = {"seconds": time.perf_counter() - started, "candidates": len(candidates)}
        return Outcome(seed, fold, rows, probabilities, facts, [], record)

    def _build(self, seed: int) -> Pipeline:
        """Build the untuned pipeline; of two feature sets side by side, views and blocks are of the first."""
        estimator = build_estimator(self.system.model, self.system.architecture, seed)
        if "blocks" in estimator.named_steps:
            estimator.set_params(blocks__width=self.width // self.system.views)
        return estimator

    def _standardised(self, train_rows: np.ndarray) -> tuple[np.ndarray, list[tuple[str, Any]]]:
        """Return what is learnt from, shape (clips, features), and the step that makes it of features, if any."""
        if self._scores is None:
            return self.features, []
        fallback = self._scores.fallback(train_rows)
        return self._scores.scores(fallback), [(STEP, fallback.as_step())]

    def _held_out_together(self, rows: np.ndarray) -> np.ndarray:
        """Return what the folds of the search do not divide: copies, or speakers where each class has several."""
        clips = self.data.clips.iloc[rows]
        if self.system.folds_by == "speaker" and clips["speaker"].notna().all():
            speakers = clips["speaker"].to_numpy()
            if fewest_groups(self.labels[rows], speakers) > 1:
                return speakers
        return clips["group"].to_numpy()

    def _describe(
        self, head: Pipeline | None, classifier: Any, candidates: list[Candidate], best: Candidate
    ) -> dict[str, Any]:
        """Return what the JSON file beside the pipeline tells of it."""
        about = {
            "model": self.system.model,
            "classes": self.data.classes,
            "feature_set": self.system.features,
            "best": best.settings,
            "best_score": best.mean,
            "n_features": int(classifier.n_features_in_),
            "grid": [{**c.settings, self.system.scoring: c.mean, "sd": c.sd} for c in candidates],
        }
        names = self.data.feature_names.get("features")
        if names and head is None and hasattr(classifier, "feature_importances_"):  # components have no names
            own = names[: self.width // self.system.views]
            about["feature_importances"] = dict(
                zip(own, classifier.feature_importances_.tolist(), strict=True)
            )
        return about

    def _probabilities(self, estimator: Pipeline, values: np.ndarray) -> np.ndarray:
        if not len(values):
            return np.empty((0, len(self.data.classes)))
        return class_probabilities(estimator, values, self.data.classes)


def side_by_side(data: StudyData, name: str) -> np.ndarray:
    """Return the vectors of all clips, those of a second feature set behind the first's, shape (clips, features).

    Raises:
        PipelineError: Some are no vectors.
    """
    slots = list(data.features.values())
    vectors = [values for values in slots if isinstance(values, np.ndarray) and values.ndim == 2]
    if not vectors or len(vectors) < len(slots) or data.texts is not None:
        shapes = {slot: values[0].shape for slot, values in data.features.items()}
        raise PipelineError(f"systems.{name}: scikit-learn reads feature sets of vectors, but got {shapes}")
    return vectors[0] if len(vectors) == 1 else np.hstack(vectors)


def check_views(data: StudyData, system: SklearnSystem, name: str) -> None:
    """Raise a `PipelineError` where the named features of a clip are not so many views that hold the same.

    Names of another view end in what tells it apart: `block_3.mean.17@1.08`.
    """
    names = data.feature_names.get("features")
    if not names:
        return
    bare = [value.partition("@")[0] for value in names]
    n_views = len(bare) // len({*bare})
    if n_views != system.views:
        raise PipelineError(
            f"systems.{name}.views is {system.views}, but {system.features} has {n_views} of a clip: set views to "
            "as many as `speeds` of the feature set are"
        )


def class_probabilities(estimator: Pipeline, values: np.ndarray, classes: list[str]) -> np.ndarray:
    """Return a probability a class of the study, shape (clips, classes); 0 for one that training lacked.

    A support vector machine has no probabilities: they are the softmax of its decision values, good for
    ranking (AUC, the class that wins) but not calibrated. Platt scaling would cost five more fits of the
    machine.

    Args:
        estimator: Fitted.
        values: Shape (clips, features).
        classes: In the order wanted.
    """
    if hasattr(estimator, "predict_proba"):
        known = estimator.predict_proba(values)
    else:
        decisions = estimator.decision_function(values)
        both = np.stack([-decisions, decisions], axis=1) / 2 if decisions.ndim == 1 else decisions
        known = softmax(both, axis=1)
    probabilities = np.zeros((len(values), len(classes)))
    probabilities[:, [classes.index(name) for name in estimator.classes_]] = known
    return probabilities
