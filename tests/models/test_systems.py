"""Every kind of system in params.yaml, made small: it learns, is loaded, is resumed, and what is frozen stays."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.config.systems import TorchSystem
from pipeline.training.checkpoint import Checkpoint
from pipeline.training.loop import TrainingRun
from pipeline.training.losses import concordance
from pipeline.training.outcome import Outcome
from pipeline.training.torch_runner import TorchRunner, networks_of
from tests.models.cases import gradient_arrived
from tests.models.small_systems import SEED, SMALL_SYSTEMS, clips_for, loaded_outputs, with_weights
from tests.training.test_torch_runner import files, save_and_stop_after

every_system = pytest.mark.parametrize("system", SMALL_SYSTEMS.values(), ids=SMALL_SYSTEMS)


class Lesson:
    """Ends a training once every tensor had a gradient and the clips are known by heart; to be called after epochs.

    How many epochs that takes differs between CPUs: where batch normalisation sees four clips at a time, the
    rounding of a sum decides how the training goes on.
    """

    def __init__(self) -> None:
        self.touched: set[str] = set()
        self.trainable: set[str] = set()
        self.frozen: set[str] = set()

    def __call__(self, run: TrainingRun) -> None:
        for name, parameter in run.network.named_parameters():
            (self.trainable if parameter.requires_grad else self.frozen).add(name)
            if gradient_arrived(name, parameter):
                self.touched.add(name)
        if run.best_epoch == run.epoch and self.touched == self.trainable and known_by_heart(run.history[-1]):
            run.settings = run.settings.model_copy(update={"epochs": run.epoch})


def known_by_heart(scores: dict[str, float]) -> bool:
    """Tell from an epoch's scores whether every class is right, or the dimensions are nearly so."""
    return scores["val_ccc"] > 0.8 if "val_ccc" in scores else scores["val_accuracy"] == 1


def train(folder: Path, system: TorchSystem, on_epoch: Lesson | None = None) -> Outcome:
    """Train a small system on its dozen clips; its files lie below a folder."""
    runner = TorchRunner(
        clips_for(system), system, "toy", folder / "models", folder / "checkpoints", on_epoch=on_epoch
    )
    return runner.train(SEED, 0)


@every_system
def test_it_learns_a_few_clips_by_heart_and_is_the_same_once_loaded(
    tmp_path: Path, system: TorchSystem
) -> None:
    system = with_weights(system, tmp_path)
    lesson = Lesson()
    outcome = train(tmp_path, system, lesson)
    data, rows, predicted = clips_for(system), outcome.rows["test"], outcome.probabilities["test"]
    if system.regression:
        agreement = concordance(torch.from_numpy(predicted), torch.from_numpy(data.dimensions[rows]))
        assert agreement.mean() > 0.75
    else:
        np.testing.assert_array_equal(predicted.argmax(axis=1), data.targets[rows])
    assert lesson.touched == lesson.trainable
    assert not lesson.touched & lesson.frozen

    # A clip at a time, so without the padding that its neighbours gave it.
    outputs = np.concatenate(
        [loaded_outputs(tmp_path / "models", data, rows, name) for name in networks_of(system)], axis=1
    )
    if not system.regression:
        outputs = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(outputs, predicted, rtol=1e-4, atol=1e-4)


@pytest.mark.slow  # each family is stopped in the tests of the runner
@every_system
def test_a_run_that_was_stopped_ends_with_the_same_files(
    tmp_path: Path, system: TorchSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = with_weights(shortened(system), tmp_path)
    train(tmp_path / "a", system)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_stop_after(1))
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "b", system)
    train(tmp_path / "b", system)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def shortened(system: TorchSystem) -> TorchSystem:
    """Return a system of two epochs, and of one for each layer that is pretrained."""
    pretrain = system.pretrain and {**system.pretrain, "epochs": 1}
    return system.model_copy(update={"epochs": 2, "pretrain": pretrain})
