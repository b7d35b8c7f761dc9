"""`make tour`: five systems are trained, and what git keeps is as it was."""

from pathlib import Path

import pytest

from pipeline import tour as command
from pipeline.orchestration.progress import Progress
from pipeline.orchestration.schedule import Runner
from pipeline.orchestration.tour import SYSTEMS, farewell, take, unchanged
from tests.settings import shipped_values


def test_its_systems_are_shipped():
    shipped = shipped_values()["systems"]
    assert set(SYSTEMS) <= set(shipped)
    assert len({shipped[name]["model"] for name in SYSTEMS}) >= 4
    assert all(name in farewell() for name in SYSTEMS)


@pytest.fixture
def calls(tmp_path, monkeypatch) -> Path:
    """A stand-in for dvc that changes dvc.lock, and fails for a stage that `fails` names."""
    script = tmp_path / "dvc"
    script.write_text(
        '#!/bin/sh\nhere=$(dirname "$0")\necho "$*" >> "$here/calls"\n'
        "echo changed > dvc.lock; mkdir -p metrics/systems; echo changed > metrics/systems/new.json\n"
        'test -f fails && case "$*" in *$(cat fails)*) exit 3;; esac\nexit 0\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("SER_WARM", "off")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "dvc.lock").write_text("as it was")
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics/old.json").write_text("as it was")
    return tmp_path / "calls"


def kept(folder: Path) -> dict[str, str]:
    files = [folder / "dvc.lock", *sorted((folder / "metrics").rglob("*.json"))]
    return {path.name: path.read_text() for path in files}


AS_IT_WAS = {"dvc.lock": "as it was", "old.json": "as it was"}


def test_the_systems_are_trained_and_nothing_that_git_keeps_changes(calls, tmp_path):
    assert take(Runner(Progress(1, print), {}), 2) == 0
    lines = [line.removeprefix("--wait-for-lock repro ") for line in calls.read_text().splitlines()]
    trained = {name for line in lines for name in line.split() if name.startswith("train@")}
    assert trained == {f"train@{name}" for name in SYSTEMS}
    assert lines[-1] == "--single-item evaluate analyse report"
    assert kept(tmp_path) == AS_IT_WAS
    assert not (tmp_path / "plots").exists()


def test_after_a_failure_it_stops_and_puts_back_too(calls, tmp_path):
    (tmp_path / "fails").write_text("train@")
    assert take(Runner(Progress(1, print), {}), 2) == 3
    assert len(calls.read_text().splitlines()) == 2
    assert kept(tmp_path) == AS_IT_WAS


def test_what_was_not_there_is_not_there_afterwards(tmp_path):
    file, folder = tmp_path / "file", tmp_path / "folder"

    def fail() -> None:
        with unchanged([file, folder]):
            file.write_text("new")
            (folder / "in").mkdir(parents=True)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not file.exists()
    assert not folder.exists()


def test_the_command_says_what_to_look_at(calls, monkeypatch, capfd):
    monkeypatch.setattr("sys.argv", ["tour"])
    assert command.main() == 0
    assert "data/report/index.html" in capfd.readouterr().out
