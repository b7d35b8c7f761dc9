"""Training of networks from end to end: it learns, repeats, resumes, and sees the training split only."""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.training.checkpoint import Checkpoint
from pipeline.training.losses import concordance
from pipeline.training.network_files import load_network
from pipeline.training.outcome import Outcome
from pipeline.training.text import encode
from pipeline.training.torch_runner import TorchRunner
from tests.training import toy

SYSTEMS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "mel_cnn": (("images",), toy.CNN),
    "speech_bilstm_attention": (("frames",), {}),
    "text_bilstm_attention": (("transcripts",), toy.TEXT),
    "fusion_bilstm_attention": (("frames", "transcripts"), toy.FUSION),
}
every_system = pytest.mark.parametrize(("inputs", "settings"), SYSTEMS.values(), ids=SYSTEMS)
MLP = {"model": "mlp", "architecture": {"hidden": [16], "dropouts": [0.0], "batch_norm": False}, "lr": 0.03}
MSE = {**MLP, **toy.REGRESSION}
SEPARATE = {**MSE, "joint": False}
CCC = {**MSE, "loss": "ccc", "monitor": "val_ccc"}
DIMENSIONS = {"mse, separate": SEPARATE, "mse, joint": MSE, "ccc, joint": CCC}
every_regression = pytest.mark.parametrize("settings", DIMENSIONS.values(), ids=DIMENSIONS)


def train(folder: Path, inputs: tuple[str, ...], strange: bool = False, **settings: Any) -> Outcome:
    """Train one seed of a toy system; its files lie below a folder."""
    data = toy.study(*inputs, strange=strange)
    system = toy.torch_system(**settings)
    return TorchRunner(data, system, "toy", folder / "models", folder / "checkpoints").train(7, 0)


def weights(folder: Path) -> bytes:
    return (folder / "models" / "seed7_fold0.safetensors").read_bytes()


def loaded_probabilities(folder: Path, inputs: tuple[str, ...], outcome: Outcome) -> np.ndarray:
    """Load what was trained, on the CPU, and predict the test clips."""
    network, design = load_network(folder / "models", 7, 0)
    data, rows = toy.study(*inputs), outcome.rows["test"]
    given = {name: torch.from_numpy(values[rows]) for name, values in data.features.items()}
    if design.vocabulary:
        texts = [data.texts[row] for row in rows]
        given["tokens"] = torch.from_numpy(encode(texts, design.vocabulary, design.shapes["tokens"][0]))
    with torch.inference_mode():
        return network(**given).double().softmax(dim=1).numpy()


@every_system
def test_a_few_clips_are_learned_by_heart(tmp_path: Path, inputs: tuple[str, ...], settings: dict) -> None:
    data = toy.study(*inputs, n_clips=18)
    data.folds[0]["val"] = data.folds[0]["test"] = data.folds[0]["train"]
    system = toy.torch_system(**settings)
    outcome = TorchRunner(data, system, "toy", tmp_path, tmp_path).train(7, 0)
    predicted = outcome.probabilities["test"].argmax(axis=1)
    assert (predicted == data.targets[outcome.rows["test"]]).all()


@every_regression
def test_dimensions_are_learned_by_heart(tmp_path: Path, settings: dict) -> None:
    data = toy.study("vectors", n_clips=18)
    data.folds[0]["val"] = data.folds[0]["test"] = data.folds[0]["train"]
    system = toy.torch_system(**settings, epochs=60)
    outcome = TorchRunner(data, system, "toy", tmp_path, tmp_path).train(7, 0)
    predicted = torch.from_numpy(outcome.probabilities["test"])
    truth = torch.from_numpy(data.dimensions[outcome.rows["test"]])
    assert (concordance(predicted, truth) > 0.9).all()


@every_regression
def test_a_killed_regression_ends_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict
) -> None:
    undisturbed = train(tmp_path / "a", ("vectors",), **settings, epochs=3)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_stop_after(2))
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "b", ("vectors",), **settings, epochs=3)
    resumed = train(tmp_path / "b", ("vectors",), **settings, epochs=3)
    assert resumed.history == undisturbed.history
    assert files(tmp_path / "a") == files(tmp_path / "b")


def files(folder: Path) -> dict[str, bytes]:
    """Return all that was saved of a system's networks."""
    return {path.name: path.read_bytes() for path in (folder / "models").iterdir()}


def test_each_dimension_has_a_network_of_its_own(tmp_path: Path) -> None:
    outcome = train(tmp_path, ("vectors",), **SEPARATE, epochs=2)
    joint = train(tmp_path / "joint", ("vectors",), **MSE, epochs=2)
    names = [f"seed7_fold0_{target}" for target in toy.REGRESSION["targets"]]
    assert set(files(tmp_path)) == {f"{name}.{end}" for name in names for end in ("json", "safetensors")}
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == {
        f"{name}_cpu.pt" for name in names
    }
    assert [row["target"] for row in outcome.history] == ["arousal"] * 2 + ["valence"] * 2 + ["dominance"] * 2
    assert {row["target"] for row in joint.history} == {""}
    output = 16 + 1  # weights and bias
    assert outcome.facts["parameters"] == 3 * (joint.facts["parameters"] - 2 * output)


def test_a_network_of_one_dimension_is_the_one_trained_alone(tmp_path: Path) -> None:
    together = train(tmp_path / "a", ("vectors",), **SEPARATE, epochs=2)
    alone = train(tmp_path / "b", ("vectors",), **{**SEPARATE, "targets": ["valence"]}, epochs=2)
    name = "seed7_fold0_valence.safetensors"
    assert files(tmp_path / "a")[name] == files(tmp_path / "b")[name]
    assert (together.probabilities["test"][:, [1]] == alone.probabilities["test"]).all()


def test_a_loaded_network_knows_its_dimension_and_gives_the_same_values(tmp_path: Path) -> None:
    outcome = train(tmp_path, ("vectors",), **SEPARATE, epochs=2)
    network, design = load_network(tmp_path / "models", 7, 0, "dominance")
    assert design.targets == ["dominance"]
    vectors = torch.from_numpy(toy.study("vectors").features["features"][outcome.rows["test"]])
    with torch.inference_mode():
        values = network(features=vectors).double().numpy()
    np.testing.assert_allclose(values, outcome.probabilities["test"][:, [2]], rtol=1e-5)


@pytest.mark.parametrize("settings", [SEPARATE, CCC], ids=["one output", "three outputs"])
def test_cnn14_crops_clips_in_training_and_reads_them_whole_in_evaluation(
    tmp_path: Path, settings: dict
) -> None:
    clips = [np.random.default_rng(i).normal(size=(36 + i, 32)).astype(np.float32) for i in range(36)]
    data = replace(toy.study("frames"), features={"features": clips})
    network = {"conditioning": "none", "width": 1, "pooling": "max", "dropout": 0.2, "head_dropout": 0.5}
    system = toy.torch_system(
        **{**settings, "model": "cnn14", "architecture": {**network, "crop": 32}, "epochs": 1, "lr": 1e-4}
    )
    outcome = TorchRunner(data, system, "toy", tmp_path, tmp_path).train(7, 0)
    loaded, design = load_network(tmp_path, 7, 0, "" if system.joint else "arousal")
    assert design.n_outputs == (3 if system.joint else 1)
    with torch.inference_mode():
        alone = [loaded(features=torch.from_numpy(clips[row])[None]) for row in outcome.rows["test"]]
    expected = outcome.probabilities["test"][:, : design.n_outputs]
    np.testing.assert_allclose(torch.cat(alone).numpy(), expected, rtol=1e-4, atol=1e-5)


def test_a_class_that_training_lacks_is_an_output_of_focal_loss(tmp_path: Path) -> None:
    data = toy.study("frames")
    rows = data.folds[0]["train"]
    data.folds[0]["train"] = rows[data.targets[rows] != 2]
    settings = {"loss": "focal", "focal_gamma": 2.0, "class_weights": "inverse_frequency", "epochs": 2}
    outcome = TorchRunner(data, toy.torch_system(**settings), "toy", tmp_path, tmp_path).train(7, 0)
    assert outcome.probabilities["test"].shape == (6, 3)
    assert np.isfinite(outcome.probabilities["test"]).all()


def test_label_smoothing_acts_on_what_is_learned(tmp_path: Path) -> None:
    train(tmp_path / "a", ("frames",), epochs=1)
    train(tmp_path / "b", ("frames",), epochs=1, label_smoothing=0.3)
    assert weights(tmp_path / "a") != weights(tmp_path / "b")


def test_components_are_of_no_use_to_dimensions(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"toy.normalise: components .* targets are arousal, valence"):
        train(tmp_path, ("vectors",), **MSE, normalise={"features": {"kind": "components"}})


@every_system
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, inputs: tuple[str, ...], settings: dict) -> None:
    first = train(tmp_path / "a", inputs, **settings, epochs=2)
    second = train(tmp_path / "b", inputs, **settings, epochs=2)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    assert first.probabilities["test"].tobytes() == second.probabilities["test"].tobytes()


@every_system
def test_a_loaded_network_gives_the_same_probabilities(
    tmp_path: Path, inputs: tuple[str, ...], settings: dict
) -> None:
    outcome = train(tmp_path, inputs, **settings, epochs=2)
    again = loaded_probabilities(tmp_path, inputs, outcome)
    np.testing.assert_allclose(again, outcome.probabilities["test"], rtol=1e-5)


@every_system
def test_a_killed_run_ends_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inputs: tuple[str, ...], settings: dict
) -> None:
    augment = (
        {"augment": {"time_shift": 3, "time_mask": 4, "freq_mask": 4, "noise": 0.1}}
        if inputs == ("images",)
        else {}
    )
    recipe = {
        **settings,
        **augment,
        "epochs": 4,
        "scheduler": {"kind": "plateau", "factor": 0.5, "patience": 0},
    }
    undisturbed = train(tmp_path / "a", inputs, **recipe)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_stop_after(2))
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "b", inputs, **recipe)
    resumed = train(tmp_path / "b", inputs, **recipe)
    assert resumed.history == undisturbed.history
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def interrupt() -> None:
    raise KeyboardInterrupt


def save_and_stop_after(n_epochs: int, stop: Callable[[], None] = interrupt) -> Callable[..., None]:
    """Return a `Checkpoint.save` that saves each epoch and stops behind one of them."""
    original = Checkpoint.save

    def save(self: Checkpoint, state: Callable[[], dict], *, now: bool) -> None:
        original(self, state, now=True)
        if state()["progress"]["epoch"] == n_epochs:
            stop()

    return save


KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.training.checkpoint import Checkpoint
from tests.training.test_torch_runner import save_and_stop_after, train
Checkpoint.save = save_and_stop_after(2, stop=lambda: os.kill(os.getpid(), signal.SIGKILL))
train(Path(sys.argv[1]), ("frames",), epochs=4)
"""


def test_kill_minus_nine_costs_nothing_but_time(tmp_path: Path, root: Path) -> None:
    train(tmp_path / "a", ("frames",), epochs=4)
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path / "b"], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL
    train(tmp_path / "b", ("frames",), epochs=4)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_validation_and_test_clips_fit_nothing(tmp_path: Path) -> None:
    inputs, settings = SYSTEMS["fusion_bilstm_attention"]
    train(tmp_path / "a", inputs, **settings, epochs=1)
    train(tmp_path / "b", inputs, strange=True, **settings, epochs=1)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    assert (
        load_network(tmp_path / "a" / "models", 7, 0)[1] == load_network(tmp_path / "b" / "models", 7, 0)[1]
    )


def test_a_finished_run_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = train(tmp_path, ("frames",), epochs=2)
    monkeypatch.setattr("pipeline.training.loop.train_epoch", None)
    again = train(tmp_path, ("frames",), epochs=2)
    assert again.history == first.history
    np.testing.assert_array_equal(again.probabilities["test"], first.probabilities["test"])


@every_system
def test_bfloat16_trains_to_other_weights_of_the_same_kind(
    tmp_path: Path, inputs: tuple[str, ...], settings: dict
) -> None:
    full = train(tmp_path / "a", inputs, **settings, epochs=1)
    half = train(tmp_path / "b", inputs, **settings, epochs=1, precision="bf16")
    assert weights(tmp_path / "a") != weights(tmp_path / "b")
    np.testing.assert_allclose(half.probabilities["test"], full.probabilities["test"], atol=0.1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@every_system
def test_a_gpu_gives_the_same_bytes_each_time_and_a_cpu_loads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inputs: tuple[str, ...], settings: dict
) -> None:
    monkeypatch.setenv("SER_DEVICE", "cuda")
    outcome = train(tmp_path / "a", inputs, **settings, epochs=2)
    train(tmp_path / "b", inputs, **settings, epochs=2)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    on_cpu = loaded_probabilities(tmp_path / "a", inputs, outcome)
    np.testing.assert_allclose(on_cpu, outcome.probabilities["test"], atol=1e-3)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@every_system
def test_a_run_on_a_gpu_goes_on_from_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inputs: tuple[str, ...], settings: dict
) -> None:
    monkeypatch.setenv("SER_DEVICE", "cuda")
    train(tmp_path / "a", inputs, **settings, epochs=4)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_stop_after(2))
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "b", inputs, **settings, epochs=4)
    train(tmp_path / "b", inputs, **settings, epochs=4)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_training_on_the_validation_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="val chooses the best epoch"):
        train(tmp_path, ("frames",), train_on=["train", "val"])


def test_text_needs_its_settings(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="needs max_tokens and min_count"):
        train(tmp_path, ("transcripts",), **{**toy.TEXT, "max_tokens": None})


def test_a_fold_without_validation_clips_is_refused(tmp_path: Path) -> None:
    data = toy.study("frames")
    data.folds[0]["val"] = np.array([], dtype=np.int64)
    with pytest.raises(PipelineError, match="fold 0 has no clips in val"):
        TorchRunner(data, toy.torch_system(), "toy", tmp_path, tmp_path).train(7, 0)


def test_features_that_are_not_numbers_stop_the_training(tmp_path: Path) -> None:
    data = toy.study("frames")
    data.features["features"][:] = np.nan
    with pytest.raises(PipelineError, match="toy seed 7 fold 0: the loss of epoch 1 is nan"):
        TorchRunner(data, toy.torch_system(), "toy", tmp_path, tmp_path).train(7, 0)


def test_a_network_reads_components_of_the_training_clips(tmp_path: Path) -> None:
    reduction = {"kind": "components", "clip": 5.0, "pca_variance": 0.9, "select_k": 3}
    settings = {
        "model": "mlp",
        "architecture": {"hidden": [16], "dropouts": [0.0], "batch_norm": False},
        "normalise": {"features": reduction},
        "epochs": 1,
    }
    outcome = train(tmp_path / "a", ("vectors",), **settings)
    train(tmp_path / "b", ("vectors",), strange=True, **settings)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    again = loaded_probabilities(tmp_path / "a", ("vectors",), outcome)
    np.testing.assert_allclose(again, outcome.probabilities["test"], rtol=1e-5)
    network, _ = load_network(tmp_path / "a" / "models", 7, 0)
    assert network.model.hidden[0][0].in_features == 3


def test_scaling_of_an_input_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"normalise: unknown input 'secnd'; known: features"):
        train(tmp_path, ("frames",), normalise={"secnd": {"kind": "min_max"}})


def test_pretraining_sees_training_clips_only_and_changes_the_start(tmp_path: Path) -> None:
    settings = {**toy.CNN, "epochs": 1, "pretrain": {"epochs": 2, "lr": 0.01, "batch_size": 8}}
    train(tmp_path / "a", ("images",), **settings)
    train(tmp_path / "b", ("images",), strange=True, **settings)
    train(tmp_path / "c", ("images",), **{**settings, "pretrain": {}})
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    assert weights(tmp_path / "a") != weights(tmp_path / "c")


def test_a_models_penalty_holds_its_weights_down_and_stays_out_of_the_history(tmp_path: Path) -> None:
    crnn = {
        "model": "crnn",
        "architecture": {
            "channels": [4],
            "lstm": None,
            "bidirectional": False,
            "attention": None,
            "dense": 8,
            "dropout": 0.0,
            "l2": 0.0,
        },
        "epochs": 3,
    }
    free = train(tmp_path / "a", ("images",), **crnn)
    held = train(
        tmp_path / "b", ("images",), **{**crnn, "architecture": {**crnn["architecture"], "l2": 100.0}}
    )
    kernels = [
        load_network(tmp_path / name / "models", 7, 0)[0].model.blocks[0][0].weight.square().sum()
        for name in ("a", "b")
    ]
    assert kernels[1] < 0.9 * kernels[0]
    assert held.history[0]["train_loss"] < 2 * free.history[0]["train_loss"]
