"""Views of a clip: rows of their own in training, the mean of what is said of them afterwards."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from pipeline.core.errors import PipelineError
from pipeline.models.views import Views, as_rows

GENERATOR = np.random.default_rng(0)
CLIPS = GENERATOR.normal(size=(24, 8))  # two views of three features, and two that belong to both
LABELS = np.array(["a", "b", "c"], dtype=object)[np.arange(24) % 3]


def test_each_view_is_a_row_and_what_is_behind_them_belongs_to_each() -> None:
    clips = np.array([[1, 2, 3, 4, 9], [5, 6, 7, 8, 0]])
    assert as_rows(clips, 2, 4).tolist() == [[1, 2, 9], [3, 4, 9], [5, 6, 0], [7, 8, 0]]
    assert as_rows(clips[:, :4], 2).tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert as_rows(clips, 1).tolist() == clips.tolist()


@pytest.mark.parametrize(
    ("classifier", "says", "labels"),
    [
        (LogisticRegression(), "predict_proba", LABELS),
        (SVC(), "decision_function", LABELS),
        (SVC(), "decision_function", np.where(LABELS == "c", "a", LABELS)),  # one value a clip, not a row
    ],
)
def test_what_is_said_of_a_clip_is_the_mean_over_its_views(
    classifier: Any, says: str, labels: np.ndarray
) -> None:
    views = Views(make_pipeline(StandardScaler(), classifier), 2, 6).fit(CLIPS, labels)
    rows = [np.hstack([CLIPS[:, start : start + 3], CLIPS[:, 6:]]) for start in (0, 3)]
    single = make_pipeline(StandardScaler(), classifier).fit(np.vstack(rows), np.tile(labels, 2))
    by_hand = np.mean([getattr(single, says)(each) for each in rows], axis=0)
    whole = Pipeline([("views", views)])
    np.testing.assert_allclose(getattr(whole, says)(CLIPS), by_hand, atol=1e-3 * np.abs(by_hand).max())
    assert whole.n_features_in_ == 8
    assert list(whole.classes_) == sorted({*labels})
    assert hasattr(whole, "predict_proba") == (says == "predict_proba")


def test_features_that_do_not_divide_are_refused() -> None:
    with pytest.raises(PipelineError, match="vectors of 8 features are not 3 views: set views"):
        as_rows(CLIPS, 3)
