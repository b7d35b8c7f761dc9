"""Which stages run side by side."""

import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.jobs import SHARED, batches_of_systems, main, stages_to_run, train_side_by_side

STAGES = [
    "code",
    "index@a",
    "store_x@y",
    "train@n",
    "train@m",
    "train@o",
    "combine@e",
    *(f"evaluate@{system}" for system in "nmo"),
    "represent@m",
    "report",
]


def test_what_systems_share_is_all_that_comes_before_them():
    """Of the real dvc.yaml: no training depends on what is not behind the shared stages."""
    stages = YAML(typ="safe").load(Path("dvc.yaml").read_text())["stages"]
    bodies = {name: stage.get("do", stage) for name, stage in stages.items()}
    made_by = {out.partition("$")[0].rstrip("/"): name for name, body in bodies.items() for out in outs(body)}
    shared = [name for name in stages if any(fnmatch(name, pattern) for pattern in SHARED)]
    assert {"store_mfcc", "explore"} <= set(shared)
    read = {dep.partition("$")[0].rstrip("/") for dep in bodies["train"]["deps"]}
    makers = {made_by[path] for path in read if path in made_by}
    assert makers <= {*shared, "plan", "code", "split"}


def outs(body):
    return [out if isinstance(out, str) else next(iter(out)) for out in body.get("outs", [])]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1, [["train@n", "evaluate@n"], ["train@m", "evaluate@m", "represent@m"], ["train@o", "evaluate@o"]]),
        (2, [["train@n", "evaluate@n", "train@m", "evaluate@m", "represent@m"], ["train@o", "evaluate@o"]]),
    ],
)
def test_systems_are_cut_into_batches(size, expected):
    assert batches_of_systems(STAGES, STAGES, size) == expected


def test_a_system_that_has_not_changed_is_left_out():
    changed = ["represent@m", "evaluate@n", "report", "combine@e"]
    assert batches_of_systems(STAGES, changed, 1) == [
        ["train@n", "evaluate@n"],
        ["train@m", "evaluate@m", "represent@m"],
    ]


@pytest.fixture
def dvc(tmp_path, monkeypatch):
    """A stand-in for dvc that writes its arguments and threads down, and fails for a stage of that name."""
    script = tmp_path / "dvc"
    script.write_text(
        '#!/bin/sh\necho "$SER_THREADS: $*" >> "$(dirname "$0")/calls"\n'
        'case "$*" in *failing*) exit 3;; esac\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path / "calls"


def test_each_batch_runs_once_with_its_share_of_the_cores(dvc, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.delenv("SER_THREADS", raising=False)
    assert train_side_by_side([["train@a"], ["train@b"], ["train@c"]], 2)
    calls = sorted(dvc.read_text().splitlines())
    assert calls == [f"4: --wait-for-lock repro --single-item train@{name}" for name in "abc"]


def test_after_a_failure_no_further_batch_is_begun(dvc):
    assert not train_side_by_side([["train@failing"], ["train@b"], ["train@c"]], 1)
    assert len(dvc.read_text().splitlines()) == 1


def test_one_job_is_dvc_repro(dvc):
    assert main(1) == 0
    assert dvc.read_text().splitlines()[0].endswith(": --wait-for-lock repro")


PIPELINE = """
stages:
  code: {cmd: echo code > code, outs: [code]}
  train:
    foreach: [a, b]
    do: {cmd: "echo ${item} > ${item}_model", deps: [code], outs: ["${item}_model"]}
  evaluate:
    foreach: [a, b]
    do:
      cmd: "cp ${item}_model ${item}_scores"
      deps: ["${item}_model"]
      outs: ["${item}_scores"]
  combine: {cmd: cat a_scores b_scores > e_scores, deps: [a_scores, b_scores], outs: [e_scores]}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of two systems and an ensemble, run once and committed: what lies in `cloned` is a clone of it."""
    first, cloned = tmp_path / "first", tmp_path / "cloned"
    first.mkdir()
    monkeypatch.chdir(first)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    (first / "dvc.yaml").write_text(PIPELINE)
    monkeypatch.setattr("pipeline.jobs.SHARED", ["code"])
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["dvc", "init", "-q"], check=True)
    assert main(2) == 0
    subprocess.run(["git", "add", "-A"], check=True)
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    subprocess.run(["git", *identity, "commit", "-qm", "run"], check=True)
    subprocess.run(["git", "clone", "-q", first, cloned], check=True)
    monkeypatch.chdir(cloned)
    return cloned


def test_a_fresh_clone_with_a_lock_file_and_no_data_is_rebuilt(project):
    assert set(stages_to_run()) >= {"train@a", "train@b", "evaluate@a", "combine"}
    assert main(2) == 0
    assert (project / "e_scores").read_text() == "a\nb\n"
    assert stages_to_run() == []
    (project / "b_model").unlink()
    assert stages_to_run() == ["train@b", "evaluate@b"]


def test_where_dvc_cannot_read_its_stages_it_speaks_for_itself(tmp_path, monkeypatch, capfd):
    script = tmp_path / "dvc"
    script.write_text('#!/bin/sh\ncase "$*" in *status*) echo "ERROR: no dvc.yaml" >&2; exit 7;; esac\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert main(2) == 7
    assert capfd.readouterr().err == "ERROR: no dvc.yaml\n"
