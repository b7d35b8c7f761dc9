"""The frozen part of a network is computed once, and that changes nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.core.errors import PipelineError
from pipeline.models.speech_transformer import split_frozen
from pipeline.pretrained.torchaudio_cpu import prepare
from pipeline.training import frozen, frozen_cache
from pipeline.training.batches import Examples
from pipeline.training.data import StudyData
from pipeline.training.network_files import load_network
from pipeline.training.outcome import Outcome
from pipeline.training.torch_runner import TorchRunner
from tests.models.cases import SMALL_SIZES, architecture_of
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

SGD = {
    "optimizer": "sgd",
    "momentum": 0.9,
}  # Adam would blow the rounding of small gradients up to whole steps


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what the frozen part gives apart for each test; return where."""
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "rows" / "frozen"


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
    once = train(tmp_path / "a", **SGD)
    monkeypatch.setattr(frozen, "MOST", 0)
    each_time = train(tmp_path / "b", **SGD)
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
    outcome = train(tmp_path, weights="mobilenet.pth")
    assert outcome.facts["published_weights"]["name"] == "mobilenet.pth"
    network, _ = load_network(tmp_path / "models", 7, 0)
    assert torch.equal(network.model.backbone.features[0][0].weight, state["features.0.0.weight"])
    assert not torch.equal(network.model.backbone.features[16][0].weight, state["features.16.0.weight"])


def test_a_family_without_published_weights_says_so(tmp_path: Path) -> None:
    with pytest.raises(
        PipelineError, match=r"weights is 'a\.pth', but model 'mel_cnn' reads no published weights"
    ):
        train(tmp_path, **{**toy.CNN, "weights": "a.pth"})


WAV2VEC2: dict[str, Any] = {
    "model": "speech_transformer",
    "features": "waves",
    "normalise": {"features": {"kind": "none"}},
    "epochs": 3,
    "lr": 0.003,
    "optimizer": "adamw",
    "architecture": {
        **architecture_of("annamalai_wav2vec2"),
        "mask_time_prob": 0.0,
        "sizes": SMALL_SIZES,
        "head_size": 16,
        "train_layers": 1,
        "dropout": 0.0,
    },
}
TRAINED: dict[str, dict[str, Any]] = {
    "head alone": {"train_layers": 0},
    "last layer": {"train_layers": 1},
    "all but convolutions": {"train_layers": None, "train_convolutions": False, "projection_dropout": 0.0},
}


def waves(alike: bool = False) -> StudyData:
    """Return a toy study of tones, 16 bits, a class a pitch; of 300 to 820 samples, or 600 each."""
    data = toy.study("frames")
    generator = np.random.default_rng(1)
    clips = []
    for i, target in enumerate(data.targets):
        n = 600 if alike else 300 + 40 * (i * 5 % 14)
        tone = np.sin(2 * np.pi * (0.02 + 0.06 * target) * np.arange(n))
        clips.append((3000 * (tone + 0.1 * generator.normal(size=n))).round().astype(np.int16))
    return replace(data, features={"features": np.stack(clips) if alike else clips})


def train_waves(folder: Path, data: StudyData, seed: int = 7, **changes: Any) -> Outcome:
    architecture = {**WAV2VEC2["architecture"], **changes.pop("architecture", {})}
    system = toy.torch_system(**{**WAV2VEC2, **changes, "architecture": architecture})
    return TorchRunner(data, system, "toy", folder / "models", folder / "checkpoints").train(seed, 0)


@pytest.fixture
def n_samples(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the clips whose samples a convolution saw in each call."""
    seen: list[int] = []
    forward = nn.Conv1d.forward

    def counting(self: nn.Conv1d, x: torch.Tensor) -> torch.Tensor:
        if self.in_channels == 1:
            seen.append(len(x))
        return forward(self, x)

    monkeypatch.setattr(nn.Conv1d, "forward", counting)
    return seen


FROZEN: dict[str, dict[str, Any]] = {
    "vectors": {"architecture": {"train_layers": 0}},
    "frames": {"architecture": {"train_layers": 1}},
    "bfloat16": {"architecture": {"train_layers": 1}, "precision": "bf16"},
}


@pytest.mark.parametrize("changes", FROZEN.values(), ids=FROZEN)
def test_a_second_training_runs_no_encoder_and_ends_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_samples: list[int], changes: dict[str, Any]
) -> None:
    monkeypatch.setattr(frozen, "MOST", 64)
    first = train_waves(tmp_path / "a", waves(), **changes)
    assert sum(n_samples) == 36
    n_samples.clear()
    second = train_waves(tmp_path / "b", waves(), **changes)
    assert n_samples == []
    assert second.history == first.history
    assert second.probabilities["test"].tobytes() == first.probabilities["test"].tobytes()
    files = [sorted((tmp_path / name / "models").rglob("*.safetensors")) for name in "ab"]
    assert [file.read_bytes() for file in files[0]] == [file.read_bytes() for file in files[1]] != []
    train_waves(tmp_path / "c", waves(), **changes | {"lr": 0.001, "epochs": 1})
    assert n_samples == []


def test_pictures_are_read_too(tmp_path: Path, n_passes: list[int]) -> None:
    first = train(tmp_path / "a")
    n_passes.clear()
    second = train(tmp_path / "b")
    assert n_passes == []
    np.testing.assert_array_equal(second.probabilities["test"], first.probabilities["test"])


HEAD_ALONE: dict[str, Any] = {"architecture": {"train_layers": 0}, "batch_size": 12}


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 8},  # other random weights
        {"batch_size": 18},
        {"architecture": {"train_layers": 0, "pooling": "max"}},
        {"precision": "bf16"},
    ],
    ids=["weights", "batches", "settings", "precision"],
)
def test_what_is_computed_otherwise_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_samples: list[int], changes: dict[str, Any]
) -> None:
    monkeypatch.setattr(frozen, "MOST", 64)
    train_waves(tmp_path / "a", waves(), **HEAD_ALONE, epochs=1)
    n_samples.clear()
    train_waves(tmp_path / "b", waves(), **{**HEAD_ALONE, "epochs": 1, **changes})
    assert sum(n_samples) == 36


def test_a_changed_clip_costs_its_batch_and_a_changed_code_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_samples: list[int]
) -> None:
    monkeypatch.setattr(frozen, "MOST", 64)
    data = waves()
    train_waves(tmp_path / "a", data, **HEAD_ALONE, epochs=1)
    data.features["features"][3][0] += 1
    n_samples.clear()
    train_waves(tmp_path / "b", data, **HEAD_ALONE, epochs=1)
    assert n_samples == [12]
    monkeypatch.setattr(frozen_cache, "code_digest", lambda model: "another")
    train_waves(tmp_path / "c", data, **HEAD_ALONE, epochs=1)
    assert n_samples == [12] * 4


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize("architecture", TRAINED.values(), ids=TRAINED)
def test_clips_of_any_length_pass_the_frozen_part_once_and_that_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    n_samples: list[int],
    architecture: dict[str, Any],
    alike: bool,
) -> None:
    data = waves(alike)
    monkeypatch.setattr(
        frozen, "MOST", 64
    )  # narrow networks with short strides give much more than they take
    # All in one batch: vectors have no lengths, so their batches would be others.
    once = train_waves(tmp_path / "a", data, **SGD, batch_size=36, architecture=architecture)
    assert sum(n_samples) == 36
    monkeypatch.setattr(frozen, "MOST", 0)
    each_time = train_waves(tmp_path / "b", data, **SGD, batch_size=36, architecture=architecture)
    assert sum(n_samples) == 36 + 36 + 3 * (24 + 6) + 6 + 6  # 36 to see how much it would be
    np.testing.assert_allclose(once.probabilities["test"], each_time.probabilities["test"], atol=1e-3)
    assert once.facts == each_time.facts


def test_of_frozen_layers_in_training_mode_nothing_is_kept(tmp_path: Path) -> None:
    noisy = {"train_layers": 0, "frozen_mode": "training", "mask_time_prob": 0.3, "dropout": 0.3}
    first, again = (train_waves(tmp_path / name, waves(), architecture=noisy) for name in ("a", "b"))
    assert not [*(tmp_path / "cache").rglob("frozen/*")]
    assert np.array_equal(first.probabilities["test"], again.probabilities["test"])
    still = {**noisy, "frozen_mode": "evaluation", "mask_time_prob": 0.0}
    other = train_waves(tmp_path / "c", waves(), architecture=still)
    assert [*(tmp_path / "cache").rglob("frozen/*")]
    assert not np.array_equal(first.probabilities["test"], other.probabilities["test"])


def test_what_the_frozen_part_gives_for_a_clip_has_no_padding(tmp_path: Path) -> None:
    runner = TorchRunner(
        waves(), toy.torch_system(**WAV2VEC2), "toy", tmp_path / "models", tmp_path / "checkpoints"
    )
    runner.train(7, 0)
    network, _ = load_network(tmp_path / "models", 7, 0)
    clips = runner.features["features"]
    rows = torch.tensor([4, 0, 9])
    examples = Examples({"features": clips}, torch.arange(36))
    tail, kept = frozen.pass_frozen(
        network, "speech_transformer", examples, rows, toy.torch_system(**WAV2VEC2)
    )
    frames = kept.inputs["features"]
    expected = ((clips.lengths - 10) // 8 + 1 - 6) // 4 + 1
    assert frames.lengths[rows].tolist() == expected[rows].tolist()
    assert len(frames.steps) == int(expected[rows].sum())
    alone, _ = clips.take(rows[:1])
    trunk, _ = split_frozen(network.model)
    torch.testing.assert_close(frames.take(rows[:1])[0], trunk(alone)[0], rtol=1e-4, atol=1e-5)
    assert tail(**kept.take(rows)[0]).shape == (3, 3)


@pytest.mark.parametrize("alike", [True, False])
def test_a_network_learns_tones_and_is_the_same_once_it_is_loaded(tmp_path: Path, alike: bool) -> None:
    data = waves(alike)
    data.folds[0]["val"] = data.folds[0]["test"] = data.folds[0]["train"]
    outcome = train_waves(tmp_path, data, epochs=15, architecture={"train_layers": None})
    rows = outcome.rows["test"]
    assert (outcome.probabilities["test"].argmax(axis=1) == data.targets[rows]).all()
    network, design = load_network(tmp_path / "models", 7, 0)
    assert design.dtypes["features"] == "int16"
    alone = [network(features=torch.from_numpy(data.features["features"][row][None])) for row in rows]
    probabilities = torch.cat(alone).softmax(dim=1).detach().numpy()
    np.testing.assert_allclose(outcome.probabilities["test"], probabilities, rtol=1e-3, atol=1e-5)
