"""Every family here learns a few clips by heart through the trainers, and is the same once it is loaded."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.training.estimator_files import load_estimator
from pipeline.training.network_files import load_network
from pipeline.training.sklearn_runner import SklearnRunner, class_probabilities
from pipeline.training.torch_runner import TorchRunner
from tests.models.cases import CNN_BLSTM_ATTENTION, CNN_MFCC
from tests.training import toy

MFCC = {**CNN_MFCC, "channels": [8, 8], "hidden": [8]}
CRNN = {**CNN_BLSTM_ATTENTION, "channels": [8, 8], "lstm": 8, "attention": 8, "dense": 16, "dropout": 0.1}
NETWORKS: dict[str, tuple[tuple[str, ...], str, dict[str, Any]]] = {
    "mlp": (("vectors",), "mlp", {"hidden": [16, 16], "dropouts": [0.2, 0.2], "batch_norm": True}),
    "ffnn": (("vectors",), "mlp", {"hidden": [32], "dropouts": [0.2], "batch_norm": False}),
    "cnn_mlp": (
        ("images", "vectors"),
        "cnn_mlp",
        {"channels": [4, 4], "scalar_hidden": [16, 8], "hidden": [16, 16], "dropout": 0.1},
    ),
    "cnn_mfcc": (("frames",), "mfcc_cnn", MFCC),
    "cnn_mfcc2": (
        ("frames",),
        "mfcc_cnn",
        {**MFCC, "batch_norm": True, "pool": True, "average": True, "activation": "silu"},
    ),
    "cnn_mfcc_delta": (("frames",), "mfcc_cnn", {**MFCC, "planes": 3, "average": True}),
    "cnn": (("images",), "crnn", {**CRNN, "lstm": None, "attention": None}),
    "lstm": (("images",), "crnn", {**CRNN, "channels": [], "attention": None, "bidirectional": False}),
    "cnn_blstm_attention": (("images",), "crnn", CRNN),
}
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


@pytest.mark.parametrize(("inputs", "model", "architecture"), NETWORKS.values(), ids=NETWORKS)
def test_a_network_learns_a_few_clips_by_heart(
    tmp_path: Path, inputs: tuple[str, ...], model: str, architecture: dict
) -> None:
    data = toy.study(*inputs, n_clips=18, apart=4.0)
    data.folds[0]["val"] = data.folds[0]["test"] = data.folds[0]["train"]
    system = toy.torch_system(model=model, architecture=architecture, epochs=30)
    outcome = TorchRunner(data, system, "toy", tmp_path, tmp_path).train(7, 0)
    rows = outcome.rows["test"]
    assert (outcome.probabilities["test"].argmax(axis=1) == data.targets[rows]).all()
    network, _ = load_network(tmp_path, 7, 0)
    given = {name: torch.from_numpy(values[rows]) for name, values in data.features.items()}
    with torch.inference_mode():
        again = network(**given).double().softmax(dim=1).numpy()
    np.testing.assert_allclose(again, outcome.probabilities["test"], atol=1e-5)


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
