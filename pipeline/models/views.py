"""Several views of a clip, such as the clip at other speeds: rows of their own in training, a mean afterwards.

In training a view is one more row with the clip's label: augmentation, and like the clip itself it is there for
those who are trained on alone. Of a new clip the classifier is asked about each view, and what it says is averaged.
Speeds as augmentation: Ko et al. 2015, "Audio augmentation for speech recognition", DOI
10.21437/Interspeech.2015-711.
"""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import available_if

from pipeline.core.errors import PipelineError


def as_rows(values: np.ndarray, n_views: int, width: int | None = None) -> np.ndarray:
    """Return the views of clips as rows of their own, one clip's behind the other's.

    Args:
        values: Shape (clips, features): the views side by side.
        n_views: How many.
        width: Features that are views, the first of a clip; what is behind them belongs to each. None: all are.

    Returns:
        Shape (clips * views, features of a view).

    Raises:
        PipelineError: The features do not divide into so many views.
    """
    width = values.shape[1] if width is None else width
    if width % n_views:
        raise PipelineError(
            f"vectors of {width} features are not {n_views} views: set views of the system to as many as `speeds` "
            "of its feature set are"
        )
    rows = values[:, :width].reshape(len(values) * n_views, -1)
    return rows if width == values.shape[1] else np.hstack([rows, values[:, width:].repeat(n_views, axis=0)])


def _says(method: str) -> Any:
    return available_if(lambda views: hasattr(views.estimator, method))


class Views(ClassifierMixin, BaseEstimator):
    """A classifier of views that is asked about clips.

    Args:
        estimator: Pipeline that reads one view.
        n_views: Of a clip, side by side.
        width: See `as_rows`.
    """

    def __init__(self, estimator: Pipeline, n_views: int, width: int | None = None) -> None:
        self.estimator = estimator
        self.n_views = n_views
        self.width = width

    def fit(self, values: Any, labels: Any) -> Self:
        """Fit the pipeline on every view of the training clips.

        Args:
            values: Shape (clips, features).
            labels: Of the clips.
        """
        self.estimator.fit(self._rows(values), np.repeat(labels, self.n_views))
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self.estimator[-1], "classes_")

    @property
    def classes_(self) -> np.ndarray:
        """Of the pipeline, in the order of its outputs."""
        return self.estimator.classes_

    @property
    def n_features_in_(self) -> int:
        """Of a clip."""
        n_features = int(self.estimator.n_features_in_)
        if self.width is None:
            return n_features * self.n_views
        return self.width + n_features - self.width // self.n_views

    @_says("predict_proba")
    def predict_proba(self, values: Any) -> np.ndarray:
        """Return the mean of the views' probabilities, shape (clips, classes)."""
        return self._mean(self.estimator.predict_proba(self._rows(values)))

    @_says("decision_function")
    def decision_function(self, values: Any) -> np.ndarray:
        """Return the mean of the views' decision values, shape (clips, classes), or (clips,) of two classes."""
        return self._mean(self.estimator.decision_function(self._rows(values)))

    def _rows(self, values: Any) -> np.ndarray:
        return as_rows(np.asarray(values), self.n_views, self.width)

    def _mean(self, outputs: np.ndarray) -> np.ndarray:
        return outputs.reshape(-1, self.n_views, *outputs.shape[1:]).mean(axis=1)
