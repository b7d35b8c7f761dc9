"""`make repro`: several stages side by side, and what it says at the end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import repro
from pipeline.orchestration.schedule import Phase
from pipeline.orchestration.session import changed_stages

PIPELINE = """
stages:
  code: {cmd: echo code > code, outs: [code]}
  store:
    foreach: [x]
    do: {cmd: "echo ${item} > ${item}_store", deps: [code], outs: ["${item}_store"]}
  train:
    foreach: [a, b]
    do: {cmd: "echo ${item} > ${item}_model", deps: [x_store], outs: ["${item}_model"]}
  represent:
    foreach: [a, b]
    do: {cmd: "echo layers ${item} > ${item}_layers", deps: ["${item}_model"], outs: ["${item}_layers"]}
  evaluate:
    cmd: mkdir -p metrics/systems; echo '{"a":{"uar":0.5},"b":{"uar":0.4}}' > metrics/systems/study.json
    deps: [a_model, b_model]
    metrics: [metrics/systems: {cache: false}]
"""


@pytest.fixture
def main(monkeypatch):
    """The command line, without a warm process: the stages here are no Python."""
    monkeypatch.setenv("SER_WARM", "off")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")

    def run(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["repro", *arguments])
        return repro.main()

    return run


@pytest.fixture
def project(tmp_path, monkeypatch, main) -> Path:
    """A project of two systems, run once and committed: what is returned is a clone of it, without its data."""
    first, cloned = tmp_path / "first", tmp_path / "cloned"
    first.mkdir()
    monkeypatch.chdir(first)
    (first / "dvc.yaml").write_text(PIPELINE)
    monkeypatch.setattr(repro, "SHARED", ("code",))
    monkeypatch.setattr(repro, "PHASES", (Phase(("store",), 2), Phase(("train", "represent"), 1)))
    for command in ("git init -q", "dvc init -q", "dvc repro -q", "git add -A"):
        subprocess.run(command.split(), check=True)
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    subprocess.run(["git", *identity, "commit", "-qm", "run"], check=True)
    subprocess.run(["git", "clone", "-q", first, cloned], check=True)
    monkeypatch.chdir(cloned)
    return cloned


def test_a_fresh_clone_is_rebuilt_and_then_what_has_changed(project, main, capfd):
    assert main("2") == 0
    out = capfd.readouterr().out
    begun = [line.partition("] ")[2] for line in out.splitlines() if line.startswith("[")]
    assert sorted(begun) == ["code", "represent@a", "represent@b", "store@x", "train@a", "train@b"]
    assert "The metrics of all 2 systems are what they were." in out
    assert "\n6 stages in " in out
    assert [hint for hint in ("git add", "dvc config", "dvc push") if hint in out] == []
    assert main("2") == 0
    assert capfd.readouterr().out == "Nothing has changed.\n"
    (project / "b_model").unlink()
    assert set(changed_stages()) == {"train@b", "represent@b", "evaluate"}


@pytest.fixture
def dvc(tmp_path, monkeypatch, main):
    """Return a function that makes a stand-in for dvc of what it does for `status` and for all else."""

    def write(status: str, repro: str) -> Path:
        script = tmp_path / "dvc"
        script.write_text(
            f'#!/bin/sh\necho "$SER_THREADS: $*" >> "$(dirname "$0")/calls"\n'
            f'case "$*" in *status*) {status};; *) {repro};; esac\n'
        )
        script.chmod(0o755)
        return tmp_path / "calls"

    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("SER_THREADS", raising=False)
    monkeypatch.setattr("pipeline.orchestration.schedule.cpu_count", lambda: 8)
    monkeypatch.chdir(tmp_path)
    return write


CHANGED = f"echo '{json.dumps({name: [] for name in ('features@f', 'train@n', 'report')})}'"


def test_what_is_shared_comes_first_and_all_else_last_with_the_threads_of_one_job(dvc, main):
    calls = dvc(CHANGED, "true")
    assert main("2") == 0
    assert calls.read_text().splitlines() == [
        ": --wait-for-lock status --json",
        ": --wait-for-lock repro split clips transcribe explore",
        ": --wait-for-lock status --json",
        "4: --wait-for-lock repro --single-item --glob [efs]*@f",
        "4: --wait-for-lock repro --single-item --glob [anrt]*@n",
        "4: --wait-for-lock repro",
    ]


def test_a_missing_file_of_predictions_is_named_where_dvc_ends(dvc, main, tmp_path, capsys):
    plans = tmp_path / "data/plan/external"
    plans.mkdir(parents=True)
    for name in ("here", "gone"):
        (plans / f"{name}.json").write_text(json.dumps({"external": {"file": f"{name}.csv"}}))
    (tmp_path / "here.csv").touch()
    dvc(f"echo '{json.dumps({'external@gone': []})}'", "exit 1")
    assert main("1") == 1
    said = capsys.readouterr().err
    assert "error: params.yaml: external.gone.file: gone.csv is not there: put it back" in said
    assert "external.here" not in said


@pytest.mark.parametrize(
    ("stages", "n_planned", "few"),
    [
        (["train@n", "report"], 100, True),
        (["plan"], 100, False),
        (["plan"], 20, True),
        (["plan"], 0, False),
        (["features@f"], 100, False),
        ([f"train@{n}" for n in range(40)], 100, False),
    ],
)
def test_few_stages_are_one_dvc_repro_with_the_threads_of_one_job(
    dvc, main, tmp_path, stages, n_planned, few
):
    for number in range(n_planned):
        (tmp_path / "data/plan").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"data/plan/{number}.json").touch()
    calls = dvc(f"echo '{json.dumps({name: [] for name in stages})}'", "true")
    assert main("2") == 0
    assert (calls.read_text().splitlines()[1:] == ["4: --wait-for-lock repro"]) == few


def test_one_job_is_dvc_repro(dvc, main):
    calls = dvc(CHANGED, "true")
    assert main("1") == 0
    assert calls.read_text().splitlines()[1:] == ["8: --wait-for-lock repro"]


def test_after_a_failure_of_what_is_shared_nothing_is_begun(dvc, main, capfd):
    calls = dvc(CHANGED, "exit 3")
    assert main("2") == 3
    assert len(calls.read_text().splitlines()) == 2
    assert "a stage failed (see above)" in capfd.readouterr().err


def test_after_a_failed_system_nothing_that_comes_last_is_begun(dvc, main, capfd):
    calls = dvc(CHANGED, 'case "$*" in *@n*) exit 3;; esac')
    assert main("2") == 1
    assert calls.read_text().splitlines()[-1] == "4: --wait-for-lock repro --single-item --glob [anrt]*@n"
    assert "a stage failed (see above)" in capfd.readouterr().err


def test_where_dvc_cannot_read_its_stages_it_speaks_for_itself(dvc, main, capfd):
    dvc('echo "ERROR: no dvc.yaml" >&2; exit 7', "true")
    assert main("2") == 7
    assert capfd.readouterr().err == "ERROR: no dvc.yaml\n"


def test_an_interrupt_ends_it_without_a_traceback(main, monkeypatch, capfd):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(repro, "rebuild", interrupt)
    assert main("2") == 130
    assert capfd.readouterr().err == ""


def test_outside_the_environment_it_says_how_to_enter(tmp_path, monkeypatch, main, capfd):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main("2") == 2
    assert "activate the environment" in capfd.readouterr().err


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_what_is_no_number_of_jobs_is_a_usage_error(main, capfd, jobs):
    with pytest.raises(SystemExit) as ended:
        main(jobs)
    assert ended.value.code == 2
    assert "expected 1 or more" in capfd.readouterr().err or jobs == "-1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no warm process there")
def test_a_warm_process_that_does_not_start_is_one_line(dvc, main, monkeypatch, tmp_path, capfd):
    dvc(CHANGED, "true")
    (tmp_path / "python").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.delenv("SER_WARM")
    assert main("2") == 2
    assert capfd.readouterr().err.startswith(
        "error: the process that keeps the libraries imported did not start"
    )
