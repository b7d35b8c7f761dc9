"""The rotation onto the span of the training rows: linear models say the same, new rows included."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from pipeline.models.row_span import RowSpan, turned_back
from pipeline.models.svm import Settings, build
from pipeline.training.estimator_files import load_estimator, save_estimator


def draw(n_rows: int, n_features: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(3, 2, (n_rows, n_features)).astype(np.float32)


LABELS = np.array(["a", "b", "c"], dtype=object)[np.arange(30) % 3]


@pytest.mark.parametrize(
    "model",
    [SVC(kernel="linear", tol=1e-10), LogisticRegression(tol=1e-10, max_iter=10_000)],
    ids=["svm", "logistic regression"],
)
def test_decision_values_are_those_without_it(model: SVC | LogisticRegression) -> None:
    values, new = draw(30, 200).astype(np.float64), draw(50, 200, seed=1).astype(np.float64)
    plain = make_pipeline(StandardScaler(), model).fit(values, LABELS).decision_function(new)
    rotated = make_pipeline(StandardScaler(), RowSpan(), model).fit(values, LABELS).decision_function(new)
    np.testing.assert_allclose(rotated, plain, rtol=0, atol=1e-6 * np.abs(plain).max())


def test_lengths_and_products_of_training_rows_stay() -> None:
    values = draw(30, 200)
    rotated = RowSpan().fit_transform(values)
    assert rotated.shape == (30, 30)
    wide = values.astype(np.float64)
    np.testing.assert_allclose(rotated @ rotated.T, wide @ wide.T, rtol=1e-10)


def test_rows_that_repeat_one_another_are_no_obstacle() -> None:
    values = np.concatenate([draw(10, 200)] * 3)
    basis = RowSpan().fit(values).basis_
    np.testing.assert_allclose(basis.T @ basis, np.eye(30), atol=1e-12)


@pytest.mark.parametrize("n_features", [30, 5])
def test_rows_stay_where_there_are_as_many_of_them_as_features(n_features: int) -> None:
    values = draw(30, n_features)
    np.testing.assert_array_equal(RowSpan().fit_transform(values), values)


def test_a_saved_machine_says_the_same(tmp_path: Path) -> None:
    settings = Settings(clip=5.0, pca_variance=None, select_k="all", rotate=True)
    fitted = build(settings, seed=0).set_params(classifier__kernel="linear").fit(draw(30, 200), LABELS)
    save_estimator(tmp_path, 7, 0, fitted, {})
    loaded, _ = load_estimator(tmp_path, 7, 0)
    new = draw(50, 200, seed=1)
    np.testing.assert_array_equal(loaded.decision_function(new), fitted.decision_function(new))


@pytest.mark.parametrize("n_features", [200, 10])
def test_a_logistic_regression_takes_the_rotation_into_its_weights(n_features: int) -> None:
    values, new = draw(30, n_features), draw(50, n_features, seed=1)
    fitted = make_pipeline(StandardScaler(), RowSpan(), LogisticRegression()).fit(values, LABELS)
    expected = fitted.predict_proba(new)
    alone = turned_back(fitted)
    assert [type(step) for _, step in alone.steps] == [StandardScaler, LogisticRegression]
    assert alone[-1].coef_.shape == (3, n_features)
    np.testing.assert_allclose(alone.predict_proba(new), expected, atol=1e-6)


def test_other_pipelines_stay_as_they_are() -> None:
    machine = make_pipeline(RowSpan(), SVC(kernel="linear")).fit(draw(30, 40), LABELS)
    plain = make_pipeline(StandardScaler(), LogisticRegression()).fit(draw(30, 40), LABELS)
    assert turned_back(machine) is machine
    assert turned_back(plain) is plain
