"""The frozen part of a network is computed once, and that changes nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.core.errors import PipelineError
from pipeline.core.torchaudio_cpu import prepare
from pipeline.training import frozen
from pipeline.training.network_files import load_network
from pipeline.training.outcome import Outcome
from pipeline.training.torch_runner import TorchRunner
from tests.training import toy

MOBILENET: dict[str, Any] = {
    "model": "imagenet_cnn",
    "features": "images",
    "normalise": {"features": {"kind": "none"}},
    "epochs": 2,
    "architecture": {
        "network": "mobilenetv3_large",
        "unfreeze": 3,
        "head": [8],
        "head_batch_norm": True,
        "head_l2": 0.01,
        "dropout": 0.0,
        "input_size": 32,
        "width": 0.25,
    },
}


def train(folder: Path, **changes: Any) -> Outcome:
    system = toy.torch_system(**{**MOBILENET, **changes})
    return TorchRunner(toy.study("images"), system, "toy", folder / "models", folder / "checkpoints").train(
        7, 0
    )


@pytest.fixture
def n_passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the clips that the first convolution saw in each call."""
    seen: list[int] = []
    forward = nn.Conv2d.forward

    def counting(self: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        if self.in_channels == 3:
            seen.append(len(x))
        return forward(self, x)

    monkeypatch.setattr(nn.Conv2d, "forward", counting)
    return seen


def test_each_clip_passes_the_frozen_part_once(tmp_path: Path, n_passes: list[int]) -> None:
    train(tmp_path)
    assert sum(n_passes) == 36


def test_passing_it_once_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = train(tmp_path / "a")
    monkeypatch.setattr(frozen, "MOST", 0)
    each_time = train(tmp_path / "b")
    np.testing.assert_allclose(once.probabilities["test"], each_time.probabilities["test"], rtol=1e-3)
    assert once.facts == each_time.facts
    assert once.history[-1]["train_loss"] == pytest.approx(each_time.history[-1]["train_loss"], rel=1e-3)


def test_what_is_saved_is_the_whole_network(tmp_path: Path) -> None:
    outcome = train(tmp_path)
    network, _ = load_network(tmp_path / "models", 7, 0)
    images = torch.from_numpy(toy.study("images").features["features"][outcome.rows["test"]])
    probabilities = network(features=images).softmax(dim=1).detach().numpy()
    np.testing.assert_allclose(outcome.probabilities["test"], probabilities, rtol=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"augment": {"time_shift": 1, "time_mask": 0, "freq_mask": 0, "noise": 0.1}},
        {"architecture": {**MOBILENET["architecture"], "unfreeze": None}},
    ],
    ids=["augmented", "nothing frozen"],
)
def test_what_changes_is_computed_each_time(tmp_path: Path, n_passes: list[int], changes: dict) -> None:
    train(tmp_path, **changes)
    assert (
        sum(n_passes) == 2 * (24 + 6) + 6 + 6
    )  # two epochs of training and validation, then both predictions


def test_published_weights_are_where_training_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare()
    from torchvision.models import mobilenet_v3_large

    torch.manual_seed(3)
    state = mobilenet_v3_large(width_mult=0.25).state_dict()
    torch.save(state, tmp_path / "mobilenet.pth")
    monkeypatch.setenv("SER_WEIGHTS", str(tmp_path))
    train(tmp_path, weights="mobilenet.pth")
    network, _ = load_network(tmp_path / "models", 7, 0)
    assert torch.equal(network.model.backbone.features[0][0].weight, state["features.0.0.weight"])
    assert not torch.equal(network.model.backbone.features[16][0].weight, state["features.16.0.weight"])


def test_a_family_without_published_weights_says_so(tmp_path: Path) -> None:
    with pytest.raises(
        PipelineError, match=r"weights is 'a\.pth', but model 'mel_cnn' reads no published weights"
    ):
        train(tmp_path, **{**toy.CNN, "weights": "a.pth"})
