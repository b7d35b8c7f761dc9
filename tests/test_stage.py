"""The module that dvc.yaml runs each stage by: the first thing that runs, whatever Python it is."""

import subprocess
import sys

import pytest

from pipeline.stage import main


def test_a_python_without_the_libraries_is_told_what_to_do(root):
    """As `.venv/bin/dvc repro` starts it where another Python comes first: `-S` leaves out what is installed."""
    command = [sys.executable, "-S", "-m", "pipeline.stage", "code"]
    done = subprocess.run(command, cwd=root, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "has no numpy, pandas, pydantic, torch: activate the environment" in done.stderr


def test_a_library_of_a_stage_is_named(monkeypatch, capsys):
    monkeypatch.delenv("SER_WARM", raising=False)
    monkeypatch.setattr("pipeline.stage.NEEDED", ("json", "no_such_library"))
    assert main(["code"]) == 2
    assert "has no no_such_library:" in capsys.readouterr().err


def test_an_unknown_stage_is_a_usage_error_that_lists_all(monkeypatch, capsys):
    monkeypatch.delenv("SER_WARM", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["no_stage"])
    assert ended.value.code == 2
    assert "train" in capsys.readouterr().err
