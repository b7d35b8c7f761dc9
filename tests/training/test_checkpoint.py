"""Checkpoints: when they are written, where, and that a file is whole or not there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.training.checkpoint import Checkpoint, checkpoint_folder, remove_checkpoints
from tests.training import toy


def test_a_state_comes_back(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "deep" / "run.pt")
    checkpoint.save(lambda: {"epoch": 3, "weights": {"w": torch.ones(2)}}, now=True)
    state = checkpoint.load()
    assert state["epoch"] == 3
    assert state["weights"]["w"].tolist() == [1, 1]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run.pt"]


def test_without_a_file_there_is_no_state(tmp_path: Path) -> None:
    assert Checkpoint(tmp_path / "run.pt").load() is None


@pytest.mark.parametrize(("seconds", "written"), [(0.0, True), (3600.0, False)])
def test_saving_waits_its_time(tmp_path: Path, seconds: float, written: bool) -> None:
    checkpoint = Checkpoint(tmp_path / "run.pt", seconds_between=seconds)
    checkpoint.save(dict, now=False)
    assert (tmp_path / "run.pt").exists() == written


def test_the_folder_changes_with_what_decides_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_CACHE", str(tmp_path))
    folder = checkpoint_folder("toy", toy.torch_system(), "data")
    assert folder == checkpoint_folder("toy", toy.torch_system(seeds=[1, 2, 3]), "data")
    assert folder != checkpoint_folder("toy", toy.torch_system(lr=0.1), "data")
    assert folder != checkpoint_folder("toy", toy.torch_system(), "other data")
    assert folder != checkpoint_folder("toy", toy.torch_system(model="mel_cnn"), "data")


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove_checkpoints(tmp_path / "nothing")


def test_random_weights_are_not_looked_for_and_published_ones_are_named_with_their_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_CACHE", str(tmp_path))
    monkeypatch.setenv("SER_WEIGHTS", str(tmp_path))
    assert (
        checkpoint_folder("toy", toy.torch_system(weights="random"), "key").parent
        == tmp_path / "checkpoints/toy"
    )
    with pytest.raises(
        PipelineError, match=r"systems\.toy\.weights: pretrained weights 'net\.pth': no such file"
    ):
        checkpoint_folder("toy", toy.torch_system(weights="net.pth"), "key")


def halve(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    """Change a byte of a weight: the file stays a zip archive of the same length."""
    ones = torch.ones(50).numpy().tobytes()
    assert content.count(ones) == 1
    return content.replace(ones, ones[:-1] + b"\0")


@pytest.mark.parametrize(
    "damage",
    [
        halve,
        flip,
        lambda content: b"",
        lambda content: bytes(len(content)),
        lambda content: b"<html>no network</html>",
        lambda content: b"\x80\x02N.",  # a pickle of None
    ],
    ids=["cut", "changed", "empty", "zeros", "a page", "nothing"],
)
def test_a_damaged_file_is_set_aside_and_the_run_begins_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "run.pt"
    Checkpoint(path).save(lambda: {"w": torch.ones(50)}, now=True)
    path.write_bytes(damage(path.read_bytes()))
    assert Checkpoint(path).load() is None
    assert f"{path} is damaged" in caplog.text
    assert [file.name for file in tmp_path.iterdir()] == ["run.pt.bad"]
    Checkpoint(path).save(lambda: {"w": torch.ones(50)}, now=True)
    state = Checkpoint(path).load()
    assert state is not None
    assert state["w"].sum() == 50


def test_what_a_kill_left_is_cleared_in_time(tmp_path: Path) -> None:
    left = tmp_path / "run.pt.4711.tmp"
    left.touch()
    os.utime(left, (0, 0))
    Checkpoint(tmp_path / "run.pt").save(dict, now=True)
    assert not left.exists()
