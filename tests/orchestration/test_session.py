"""The warm process of a run, from its start to its end, and what DVC says has changed."""

import os
import subprocess
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.orchestration import session
from pipeline.orchestration.session import changed_stages, warm_process

STARTS = 'echo $$ > "$(dirname "$0")/pid"; touch "$3"; exec sleep 60'  # $3 is the socket


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Return a function that has a shell script stand in for a command."""

    def write(name: str, body: str) -> Path:
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
        return script

    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("SER_WARM", raising=False)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    return write


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("error", [None, KeyError])
def test_the_process_is_there_for_the_run_and_ends_with_it(stand_in, tmp_path, error):
    stand_in("python", STARTS)
    try:
        with warm_process() as environment:
            assert Path(environment["SER_WARM"]).exists()
            assert is_running(int((tmp_path / "pid").read_text()))
            if error:
                raise error
    except KeyError:
        pass
    assert not is_running(int((tmp_path / "pid").read_text()))
    assert not Path(environment["SER_WARM"]).exists()


def test_off_does_without(stand_in, monkeypatch):
    monkeypatch.setenv("SER_WARM", "off")  # and there is no such Python
    with warm_process() as environment:
        assert environment == {"SER_WARM": ""}


def test_one_that_does_not_start_is_an_error_that_says_how_to_do_without(stand_in):
    stand_in("python", "exit 1")
    with pytest.raises(PipelineError, match="SER_WARM=off does without"), warm_process():
        pass


def test_one_that_takes_too_long_is_ended(stand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "WARM_SECONDS", 1)
    stand_in("python", STARTS.replace('touch "$3"; ', ""))
    with pytest.raises(PipelineError, match="did not start"), warm_process():
        pass
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_changed_stages_are_those_that_status_names(stand_in):
    stand_in(
        "dvc", """[ "$*" = "--wait-for-lock status --json report" ] && echo '{"plan": [], "report": []}'"""
    )
    assert changed_stages("report") == ["plan", "report"]


def test_where_dvc_fails_so_does_the_question(stand_in):
    stand_in("dvc", "exit 7")
    with pytest.raises(subprocess.CalledProcessError):
        changed_stages()
