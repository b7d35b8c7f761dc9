"""Which stages run side by side."""

import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.repro import FEATURE_SET, SHARED, SYSTEM, batches, main, run_side_by_side, stages_to_run

STAGES = [
    "code",
    "index@a",
    "features_x@y",
    "store_x@y",
    "features_x@z",
    "store_x@z",
    "store_transcripts",
    "train@n",
    "train@m",
    "train@o",
    "combine@e",
    *(f"evaluate@{system}" for system in "nmo"),
    "evaluate_ensemble@e",
    "represent@m",
    "report",
]


def test_what_runs_side_by_side_needs_nothing_that_comes_after_it():
    """Of the real dvc.yaml: feature sets need what is shared and their own, systems those and their own."""
    stages = YAML(typ="safe").load(Path("dvc.yaml").read_text())["stages"]
    bodies = {name: stage.get("do", stage) for name, stage in stages.items()}
    makers = {}  # of a path, up to the item: several kinds of stages write below one folder
    for name, body in bodies.items():
        for out in outs(body):
            makers.setdefault(stem(out), set()).add(name)
    needs = {
        name: [makers[stem(dep)] for dep in body["deps"] if stem(dep) in makers]
        for name, body in bodies.items()
    }
    shared = {name for name in stages if any(fnmatch(f"{name}@", pattern) for pattern in SHARED)}
    shared |= set(stages) & set(SHARED)
    for _ in stages:
        shared |= {name for kind in shared for one_of in needs[kind] if len(one_of) == 1 for name in one_of}
    feature_sets = {name for name in stages if any(fnmatch(name, kind) for kind in FEATURE_SET)}
    assert {"store_mfcc", "features_mfcc", "store_transcripts"} <= feature_sets
    for kinds in (feature_sets, set(SYSTEM)):
        for name in kinds:
            assert all(one_of & (shared | feature_sets | kinds) for one_of in needs[name]), name


def stem(path):
    return path.partition("$")[0].rstrip("/")


def outs(body):
    listed = [*body.get("outs", []), *body.get("metrics", [])]
    return [out if isinstance(out, str) else next(iter(out)) for out in listed]


@pytest.mark.parametrize(
    ("size", "expected"), [(1, [["*@n"], ["*@m"], ["*@o"]]), (2, [["*@n", "*@m"], ["*@o"]])]
)
def test_systems_are_cut_into_batches(size, expected):
    assert batches(STAGES, STAGES, SYSTEM, size) == expected


def test_so_are_feature_sets():
    assert batches(STAGES, STAGES, FEATURE_SET, 1) == [["*@y"], ["*@z"], ["store_transcripts"]]


def test_a_system_that_has_not_changed_is_left_out():
    assert batches(STAGES, ["represent@m", "evaluate@n", "report", "combine@e"], SYSTEM, 1) == [
        ["*@n"],
        ["*@m"],
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
    monkeypatch.setattr("pipeline.repro.cpu_count", lambda: 8)
    monkeypatch.delenv("SER_THREADS", raising=False)
    assert run_side_by_side([["*@a"], ["*@b"], ["*@c"]], 2)
    calls = sorted(dvc.read_text().splitlines())
    assert calls == [f"4: --wait-for-lock repro --single-item --glob *@{name}" for name in "abc"]


def test_after_a_failure_no_further_batch_is_begun(dvc):
    assert not run_side_by_side([["*@failing"], ["*@b"], ["*@c"]], 1)
    assert len(dvc.read_text().splitlines()) == 1


def test_one_job_is_dvc_repro(dvc):
    assert main(1) == 0
    assert dvc.read_text().splitlines()[0].endswith(": --wait-for-lock repro")


PIPELINE = """
stages:
  code: {cmd: echo code > code, outs: [code]}
  store_x:
    foreach: [x]
    do: {cmd: "cp code ${item}_store", deps: [code], outs: ["${item}_store"]}
  train:
    foreach: [a, b]
    do: {cmd: "echo ${item} > ${item}_model", deps: [x_store], outs: ["${item}_model"]}
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
    monkeypatch.setattr("pipeline.repro.SHARED", ["code"])
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["dvc", "init", "-q"], check=True)
    subprocess.run(["dvc", "repro", "-q"], check=True)
    subprocess.run(["git", "add", "-A"], check=True)
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    subprocess.run(["git", *identity, "commit", "-qm", "run"], check=True)
    subprocess.run(["git", "clone", "-q", first, cloned], check=True)
    monkeypatch.chdir(cloned)
    return cloned


def test_a_fresh_clone_with_a_lock_file_and_no_data_is_rebuilt(project):
    assert set(stages_to_run()) >= {"store_x@x", "train@a", "train@b", "evaluate@a", "combine"}
    assert main(2) == 0
    assert (project / "e_scores").read_text() == "a\nb\n"
    assert stages_to_run() == []
    (project / "b_model").unlink()
    assert stages_to_run() == ["train@b", "evaluate@b"]


def test_the_stages_that_come_last_have_the_same_threads(dvc, monkeypatch):
    monkeypatch.setattr("pipeline.repro.cpu_count", lambda: 8)
    monkeypatch.delenv("SER_THREADS", raising=False)
    monkeypatch.setattr("pipeline.repro.list_stages", lambda: STAGES)
    monkeypatch.setattr("pipeline.repro.stages_to_run", lambda: ["train@n"])
    assert main(2) == 0
    assert dvc.read_text().splitlines()[1:] == [
        "4: --wait-for-lock repro --single-item --glob *@n",
        "4: --wait-for-lock repro",
    ]


def test_outside_the_environment_it_says_how_to_enter(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(2) == 1
    assert "activate the environment" in capfd.readouterr().err


def test_where_dvc_cannot_read_its_stages_it_speaks_for_itself(tmp_path, monkeypatch, capfd):
    script = tmp_path / "dvc"
    script.write_text('#!/bin/sh\ncase "$*" in *status*) echo "ERROR: no dvc.yaml" >&2; exit 7;; esac\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert main(2) == 7
    assert capfd.readouterr().err == "ERROR: no dvc.yaml\n"
