"""Estimators learn a few clips by heart through the trainer, and are the same once they are loaded."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.training.estimator_files import load_estimator
from pipeline.training.sklearn_runner import SklearnRunner, class_probabilities
from tests.training import toy

SMALL_HEAD = {"clip": 5.0, "pca_variance": 0.95, "select_k": 5}
ESTIMATORS: dict[str, dict[str, Any]] = {
    "knn": {
        "model": "knn",
        "architecture": SMALL_HEAD,
        "grid": {
            "n_neighbors": [1, 3],
            "weights": ["uniform", "distance"],
            "metric": ["euclidean", "manhattan"],
        },
    },
    "random_forest": {
        "model": "random_forest",
        "architecture": {"head": SMALL_HEAD},
        "grid": {"n_estimators": [10], "max_features": ["sqrt", "log2"]},
    },
}


@pytest.mark.parametrize("settings", ESTIMATORS.values(), ids=ESTIMATORS)
def test_an_estimator_learns_a_few_clips_by_heart(tmp_path: Path, settings: dict) -> None:
    data = toy.study("vectors", n_clips=72, apart=4.0)
    data.folds[0]["test"] = data.folds[0]["train"]
    learner = SklearnRunner(data, toy.sklearn_system(**settings), "toy", tmp_path)
    outcome = learner.train(7, 0)
    rows = outcome.rows["test"]
    assert (outcome.probabilities["test"].argmax(axis=1) == data.targets[rows]).all()
    estimator, about = load_estimator(tmp_path, 7, 0)
    again = class_probabilities(estimator, learner.features[rows], about["classes"])
    np.testing.assert_array_equal(again, outcome.probabilities["test"])
