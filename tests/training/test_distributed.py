"""Two processes on one machine train to the weights of one."""

import multiprocessing
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch import nn

from pipeline.core.errors import PipelineError
from pipeline.training import distributed
from pipeline.training.checkpoint import Checkpoint
from pipeline.training.torch_runner import TorchRunner
from tests.training import toy
from tests.training.test_torch_runner import save_and_stop_after

CONTEXT = multiprocessing.get_context(
    "forkserver"
)  # processes without this one's threads, and torch imported once
CONTEXT.set_forkserver_preload(["tests.training.test_distributed", "torch._dynamo"])
SECONDS = 120.0
pytestmark = pytest.mark.xdist_group("distributed")  # one fork server
RECIPE: dict[str, Any] = {
    "optimizer": "sgd",  # Adam would blow the rounding of gradients near zero up to whole steps
    "momentum": 0.9,
    "epochs": 2,
    "batch_size": 5,  # unequal parts of 24 clips: 3 and 2, at the end 2 and 2
    "class_weights": "inverse_frequency",
}
CNN = {"model": "mel_cnn", "features": "images"}
CRNN = {
    "channels": [4],
    "lstm": 4,
    "bidirectional": True,
    "attention": 4,
    "dense": 8,
    "dropout": 0.0,
    "l2": 0.1,
}
SYSTEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "bilstm": ("frames", {"architecture": {**toy.BILSTM, "dropout": 0.0}}),
    "batch_norm": ("images", {**CNN, "architecture": {**toy.CNN["architecture"], "dropout": 0.0}}),
    "penalty": ("images", {**CNN, "model": "crnn", "architecture": CRNN}),
    "accumulate": ("frames", {"architecture": {**toy.BILSTM, "dropout": 0.0}, "accumulate": 3}),
    "ccc": (
        "frames",
        {
            "architecture": {**toy.BILSTM, "dropout": 0.0},
            "class_weights": "none",
            **toy.REGRESSION,
            "loss": "ccc",
        },
    ),
    "parts_of_nothing": ("frames", {"architecture": {**toy.BILSTM, "dropout": 0.0}, "batch_size": 1}),
}


FAST = ("batch_norm", "ccc")


def train(folder: Path, inputs: str, settings: dict[str, Any]) -> None:
    """Train a system of uneven classes; its files lie below a folder, those of what it predicts too."""
    data = toy.study(inputs)
    data.folds[0]["train"] = data.folds[0]["train"][:-1]
    system = toy.torch_system(**{**RECIPE, **settings})
    outcome = TorchRunner(data, system, "toy", folder / "models", folder / "checkpoints").train(7, 0)
    np.save(folder / f"predicted{distributed.rank()}.npy", outcome.probabilities["test"])
    losses = [[row["train_loss"], row["val_loss"]] for row in outcome.history]
    np.save(folder / f"losses{distributed.rank()}.npy", losses)


def train_and_stop(folder: Path, inputs: str, settings: dict[str, Any]) -> None:
    """Train one epoch and end."""
    Checkpoint.save = save_and_stop_after(1, stop=lambda: os._exit(0))  # type: ignore[method-assign]
    train(folder, inputs, settings)


def in_two(function: Callable[..., None], folder: Path, *arguments: Any) -> list[int]:
    """Run a function in two processes, as torchrun would; return their exit codes."""
    folder.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    processes = [
        CONTEXT.Process(target=_as_rank, args=(rank, port, function, folder, *arguments)) for rank in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(SECONDS)
        process.kill()
        process.join()
    return [process.exitcode for process in processes]


def _as_rank(rank: int, port: int, function: Callable[..., None], *arguments: Any) -> None:
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "SER_DEVICE": "cpu"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": "lo"}
    torch.set_num_threads(1)
    function(*arguments)
    distributed.leave()


def read(folder: Path) -> dict[str, np.ndarray]:
    """Return the weights that were saved, what was predicted and the losses."""
    weights = load_file(folder / "models" / "seed7_fold0.safetensors")
    return {**weights, **{name: np.load(folder / f"{name}0.npy") for name in ("predicted", "losses")}}


def assert_close(ours: dict[str, np.ndarray], expected: dict[str, np.ndarray], atol: float = 1e-5) -> None:
    assert ours.keys() == expected.keys()
    differences = {name: float(np.abs(ours[name] - expected[name]).max()) for name in expected}
    assert {name: value for name, value in differences.items() if value > atol} == {}


@pytest.mark.parametrize(
    ("inputs", "settings"),
    [
        pytest.param(*system, id=name, marks=[] if name in FAST else pytest.mark.slow)
        for name, system in SYSTEMS.items()
    ],
)
def test_two_processes_train_to_the_weights_of_one(tmp_path: Path, inputs: str, settings: dict) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    train(one, inputs, settings)
    assert in_two(train, two, inputs, settings) == [0, 0]
    assert_close(read(two), read(one))
    np.testing.assert_array_equal(np.load(two / "losses1.npy"), np.load(two / "losses0.npy"))
    np.testing.assert_array_equal(np.load(two / "predicted1.npy"), np.load(two / "predicted0.npy"))


def test_a_run_of_two_that_was_stopped_ends_with_the_same_weights(tmp_path: Path) -> None:
    settings = {"architecture": toy.BILSTM}  # with dropout, which each process draws for itself
    undisturbed, stopped = tmp_path / "a", tmp_path / "b"
    assert in_two(train, undisturbed, "frames", settings) == [0, 0]
    in_two(train_and_stop, stopped, "frames", settings)
    assert [path.name for path in stopped.glob("*/*")] == ["seed7_fold0_cpu.pt"]
    assert in_two(train, stopped, "frames", settings) == [0, 0]
    assert_close(read(stopped), read(undisturbed), atol=0)


def as_ranks(monkeypatch: pytest.MonkeyPatch, n: int, ask: Callable[[], Any]) -> list[Any]:
    """Return what each of several processes is told, one after the other in this one."""
    monkeypatch.setattr(distributed, "size", lambda: n)
    told = []
    for rank in range(n):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        told.append(ask())
    return told


def test_each_process_draws_its_own_dropout_in_each_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(epoch: int) -> float:
        distributed.seed_epoch(7, epoch)
        return float(torch.rand(()))

    first, again = (as_ranks(monkeypatch, 2, lambda: (draw(0), draw(1))) for _ in range(2))
    assert len({number for pair in first for number in pair}) == 4
    assert again == first


@pytest.mark.parametrize(
    ("n_rows", "parts"),
    [(0, [[], [], []]), (2, [[0], [1], []]), (6, [[0, 1], [2, 3], [4, 5]]), (7, [[0, 1, 2], [3, 4], [5, 6]])],
)
def test_parts_follow_each_other_and_are_even(
    monkeypatch: pytest.MonkeyPatch, n_rows: int, parts: list[list[int]]
) -> None:
    rows = list(range(n_rows))
    assert as_ranks(monkeypatch, 3, lambda: rows[distributed.own_part(n_rows)]) == parts


def test_batch_normalisation_over_fewer_clips_than_processes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distributed, "size", lambda: 4)
    with pytest.raises(
        PipelineError, match="18 training clips in batches of 8 leave a batch of 2, too few for 4"
    ):
        distributed.share(nn.Sequential(nn.BatchNorm1d(3)), 18, 8)


@pytest.mark.parametrize("named", ["0", "-2", "two", "1.5"])
def test_a_count_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("SER_PROCESSES", named)
    with pytest.raises(
        PipelineError, match=f"SER_PROCESSES is '{named}'; expected a count of 1 or more, or gpu"
    ):
        distributed.processes_to_start()


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("SER_DEVICE", raising=False)
    monkeypatch.setenv("SER_PROCESSES", "gpu")
    assert distributed.processes_to_start() == 2
    monkeypatch.setenv("SER_PROCESSES", "3")
    with pytest.raises(PipelineError, match=r"SER_PROCESSES is 3, but torch finds 2 GPU\(s\)"):
        distributed.processes_to_start()
    monkeypatch.setenv("SER_DEVICE", "cpu")
    assert distributed.processes_to_start() == 3


def test_one_process_a_gpu_needs_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setenv("SER_PROCESSES", "gpu")
    with pytest.raises(PipelineError, match="SER_PROCESSES is gpu, but torch finds no GPU"):
        distributed.processes_to_start()


def test_a_process_that_was_started_starts_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_PROCESSES", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert distributed.processes_to_start() == 1


def test_one_gpu_for_several_processes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    with pytest.raises(
        PipelineError, match="SER_DEVICE is 'cuda:1', one GPU, but SER_PROCESSES asks for one"
    ):
        distributed.join("cuda:1")


@pytest.mark.slow
def test_a_process_that_fails_ends_all_with_its_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PipelineError, match=r"training in 2 processes failed \(status 1\)"):
        distributed.start_processes("tests.training.failing_process", ["of this one"], 2)
    assert "RuntimeError: the fault of this one" in capfd.readouterr().err
