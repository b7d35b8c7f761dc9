"""k nearest neighbours: votes, and the steps that it shares with the support vector machine."""

from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from pipeline.models import knn, svm

HEAD = {"clip": 5.0, "pca_variance": 0.95, "select_k": 5}


@pytest.fixture
def clips() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    labels = np.repeat(["angry", "happy", "sad"], 20)
    return (generator.normal(size=(60, 30)) + 2 * (labels == "sad")[:, None]).astype(np.float32), labels


def fitted(family: Any, clips: tuple[np.ndarray, np.ndarray]) -> Pipeline:
    return family.build(family.Settings(**HEAD), seed=0).fit(*clips)


def test_neighbours_and_vectors_are_sought_among_the_same_components(
    clips: tuple[np.ndarray, np.ndarray],
) -> None:
    ours, theirs = fitted(knn, clips)[:-1], fitted(svm, clips)[:-1]
    np.testing.assert_array_equal(ours.transform(clips[0]), theirs.transform(clips[0]))


def test_a_class_is_as_probable_as_its_share_of_the_nearest(clips: tuple[np.ndarray, np.ndarray]) -> None:
    values, labels = clips
    estimator = fitted(knn, clips).set_params(classifier__n_neighbors=7)
    components = estimator[:-1].transform(values)
    distances = np.linalg.norm(components - components[3], axis=1)
    nearest = labels[np.argsort(distances)[:7]]
    shares = [(nearest == name).mean() for name in ("angry", "happy", "sad")]
    np.testing.assert_allclose(estimator.predict_proba(values[3:4])[0], shares)
