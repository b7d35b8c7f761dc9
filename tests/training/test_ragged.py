"""Clips of different length: batches of them, and a network trained on them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.training.batches import Examples
from pipeline.training.data import StudyData
from pipeline.training.network_files import load_network
from pipeline.training.ragged import Ragged, ragged
from pipeline.training.torch_runner import TorchRunner
from tests.training import toy

CNN14 = {
    "model": "cnn14",
    "features": "frames",
    "normalise": {"features": {"kind": "none"}},
    "architecture": {
        "conditioning": "none",
        "width": 2,
        "pooling": "max",
        "dropout": 0.0,
        "head_dropout": 0.0,
        "crop": 32,
    },
}


@pytest.fixture
def clips() -> Ragged:
    """Clips of 2, 4 and 1 steps of two values."""
    values = np.arange(14, dtype=np.float32).reshape(7, 2)
    return ragged([values[:2], values[2:6], values[6:]])


def test_a_batch_is_padded_with_zeros_to_its_own_longest(clips: Ragged) -> None:
    batch, lengths = clips.take(torch.tensor([2, 0]))
    assert batch.tolist() == [[[12, 13], [0, 0]], [[0, 1], [2, 3]]]
    assert lengths.tolist() == [1, 2]


def test_examples_of_different_length_come_with_their_lengths(clips: Ragged) -> None:
    inputs, targets = Examples({"features": clips}, torch.tensor([5, 6, 7])).take(torch.tensor([1]))
    assert inputs.keys() == {"features", "lengths"}
    assert inputs["features"].shape == (1, 4, 2)
    assert targets.tolist() == [6]


def test_all_steps_of_some_clips_are_without_padding(clips: Ragged) -> None:
    assert clips.all_steps(torch.tensor([0, 2])).tolist() == [[0, 1], [2, 3], [12, 13]]


def study() -> StudyData:
    """A toy study whose clips have 20 to 55 frames of 32 bands."""
    data = toy.study("frames")
    generator = np.random.default_rng(1)
    bands = [
        generator.normal(target, 1, size=(20 + i, 32)).astype(np.float32)
        for i, target in enumerate(data.targets)
    ]
    return replace(data, features={"features": bands})


def test_a_network_learns_from_clips_of_different_length(tmp_path: Path) -> None:
    data = study()
    system = toy.torch_system(**CNN14, epochs=4)
    outcome = TorchRunner(data, system, "toy", tmp_path / "models", tmp_path / "checkpoints").train(7, 0)
    assert outcome.history[-1]["train_loss"] < outcome.history[0]["train_loss"]
    network, design = load_network(tmp_path / "models", 7, 0)
    assert design.shapes == {"features": [55, 32], "lengths": []}
    alone = [
        network(features=torch.from_numpy(data.features["features"][row][None]))
        for row in outcome.rows["test"]
    ]
    probabilities = torch.cat(alone).softmax(dim=1).detach().numpy()
    np.testing.assert_allclose(outcome.probabilities["test"], probabilities, rtol=1e-3, atol=1e-5)


def test_padding_is_no_part_of_the_statistics(tmp_path: Path) -> None:
    data = study()
    system = toy.torch_system(**{**CNN14, "normalise": {}, "epochs": 1})
    TorchRunner(data, system, "toy", tmp_path / "models", tmp_path / "checkpoints").train(7, 0)
    network, _ = load_network(tmp_path / "models", 7, 0)
    frames = np.concatenate([data.features["features"][row] for row in data.rows(0, ["train"])])
    np.testing.assert_allclose(
        network.normalisers["features"].mean, frames.mean(axis=0), rtol=1e-4, atol=1e-5
    )


def test_a_model_that_reads_one_length_only_says_so(tmp_path: Path) -> None:
    system = toy.torch_system(features="frames")
    with pytest.raises(PipelineError, match="'bilstm_attention' reads clips of one length"):
        TorchRunner(study(), system, "toy", tmp_path, tmp_path).train(7, 0)
