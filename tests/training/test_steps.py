"""Steps of the optimiser: of several batches, by a schedule of steps, of compiled and of checkpointed networks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.check import checkpointer
from pipeline.training.batches import Examples
from pipeline.training.checkpoint import Checkpoint
from pipeline.training.loop import Task, TrainingRun, train_epoch
from pipeline.training.outcome import Outcome
from pipeline.training.torch_runner import TorchRunner
from tests.training import toy
from tests.training.test_torch_runner import save_and_stop_after

LINEAR = {"kind": "linear", "steps": 6, "warmup": 2}
LOSSES: dict[str, dict[str, Any]] = {
    "mean": {},
    "weighted": {"class_weights": "inverse_frequency", "label_smoothing": 0.1},
    "focal": {"loss": "focal", "focal_gamma": 2.0, "class_weights": "inverse_frequency"},
    "mse": toy.REGRESSION,
}


def train(folder: Path, inputs: str = "frames", **settings: Any) -> Outcome:
    """Train a network without dropout on 23 clips of uneven classes."""
    data = toy.study(inputs)
    data.folds[0]["train"] = data.folds[0]["train"][:-1]
    recipe = {
        "architecture": {**toy.BILSTM, "dropout": 0.0},
        "optimizer": "sgd",
        "momentum": 0.9,
        "epochs": 2,
    }
    system = toy.torch_system(**{**recipe, **settings})
    return TorchRunner(data, system, "toy", folder / "models", folder / "checkpoints").train(7, 0)


def weights(folder: Path) -> dict[str, np.ndarray]:
    return load_file(folder / "models" / "seed7_fold0.safetensors")


def furthest(ours: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> float:
    """Return the largest difference of two networks' weights."""
    return max(float(np.abs(ours[name] - others[name]).max()) for name in others)


@pytest.mark.parametrize("settings", LOSSES.values(), ids=LOSSES)
def test_accumulated_batches_make_the_step_of_a_large_one(tmp_path: Path, settings: dict) -> None:
    # 23 clips: steps of 12 and 11, and of 3 + 3 + 3 + 3 and 3 + 3 + 3 + 2.
    large = train(tmp_path / "large", **settings, batch_size=12)
    small = train(tmp_path / "small", **settings, batch_size=3, accumulate=4)
    assert furthest(weights(tmp_path / "small"), weights(tmp_path / "large")) < 1e-5
    last = [outcome.history[-1]["val_loss"] for outcome in (small, large)]
    assert last[0] == pytest.approx(last[1], rel=1e-4)


class HeldDown(nn.Module):
    """A layer with a penalty as large as its loss."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(2, 1)

    def forward(self, features: Tensor) -> Tensor:
        return self.layer(features)

    def penalty(self) -> Tensor:
        return self.layer.weight.square().sum()


def after_an_epoch(**settings: Any) -> Tensor:
    """Return the kernel of such a layer after an epoch over 23 clips."""
    system = toy.torch_system(**toy.REGRESSION, optimizer="sgd", clip_norm=None, **settings)
    features = torch.arange(46.0).reshape(23, 2) / 46
    run = TrainingRun(HeldDown(), system, seed=0)
    rows = torch.arange(23)
    train_epoch(run, Task(Examples({"features": features}, features[:, :1]), rows, rows, nn.MSELoss()))
    return run.network.layer.weight.detach()


def test_a_penalty_counts_once_a_step() -> None:
    torch.testing.assert_close(after_an_epoch(batch_size=3, accumulate=4), after_an_epoch(batch_size=12))


def test_the_rate_falls_by_steps_not_epochs(tmp_path: Path) -> None:
    history = train(tmp_path, batch_size=8, epochs=3, lr=0.8, scheduler=LINEAR).history
    # Three steps an epoch: 0, 1/2, 1; 3/4, 1/2, 1/4; 0: the history has the rate that comes next.
    assert [row["lr"] for row in history] == pytest.approx([0.6, 0.0, 0.0])
    assert history[1]["val_loss"] == history[2]["val_loss"]


def test_a_schedule_counts_steps_not_batches(tmp_path: Path) -> None:
    history = train(tmp_path, batch_size=4, accumulate=2, epochs=1, lr=0.8, scheduler=LINEAR).history
    assert history[0]["lr"] == pytest.approx(0.6)


@pytest.mark.parametrize("settings", [{}, {"bias_correction": False}], ids=["corrected", "not corrected"])
def test_a_stopped_run_goes_on_with_its_schedule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict
) -> None:
    recipe = {
        **settings,
        "optimizer": "adamw",
        "momentum": 0.0,
        "batch_size": 4,
        "accumulate": 2,
        "epochs": 3,
    }
    recipe |= {"lr": 0.01, "scheduler": {**LINEAR, "steps": 20}}
    undisturbed = train(tmp_path / "a", **recipe)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_stop_after(1))
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "b", **recipe)
    resumed = train(tmp_path / "b", **recipe)
    assert resumed.history == undisturbed.history
    assert furthest(weights(tmp_path / "b"), weights(tmp_path / "a")) == 0


def test_what_a_run_took_is_recorded(tmp_path: Path) -> None:
    record = train(tmp_path, epochs=1).record
    assert record.keys() == {"seconds", "epochs", "processes", "precision", "peak_memory_mb"}
    assert (record["processes"], record["precision"]) == (1, "float32")
    assert 50 < record["peak_memory_mb"] < 100_000


def test_checkpointing_is_refused_by_a_family_without_it() -> None:
    with pytest.raises(
        PipelineError, match="checkpointing is true, but model 'mlp' keeps all its activations"
    ):
        checkpointer("mlp")


@pytest.mark.slow
def test_a_compiled_network_has_the_same_names_and_nearly_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, compile_ = [], nn.Module.compile

    def watched(self: nn.Module, *arguments: Any, **options: Any) -> None:
        compiled.append(type(self).__name__)
        compile_(self, *arguments, **options)

    monkeypatch.setattr(nn.Module, "compile", watched)
    settings = {"model": "mlp", "architecture": {"hidden": [8], "dropouts": [0.0], "batch_norm": True}}
    train(tmp_path / "a", "vectors", **settings)
    train(tmp_path / "b", "vectors", **settings, compile=True)
    assert weights(tmp_path / "a").keys() == weights(tmp_path / "b").keys()
    assert furthest(weights(tmp_path / "a"), weights(tmp_path / "b")) < 1e-5
    assert compiled == ["Network"]
