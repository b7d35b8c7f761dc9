"""`make real`: the steps from a clone to an export, in a folder of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import real as command
from pipeline.config.add_corpus import add_corpus
from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError
from pipeline.orchestration.real import leaderboard, train_and_export

ROOT = Path(__file__).parents[2]
OWN = ("params.yaml", "dvc.yaml", "dvc.lock")


def _plan(folder: Path) -> None:
    """Write what the stage `plan` writes of the study's systems."""
    params = load_params(folder / "params.yaml")
    systems = {name: {"system": params.systems[name].model_dump()} for name in params.new_speakers}
    (folder / "data/plan/train_group").mkdir(parents=True, exist_ok=True)
    (folder / "data/plan/train_group/new_speakers.json").write_text(json.dumps({"systems": systems}), "utf-8")


class Calls:
    """Stands in for subprocess.call: notes what is run, and where; what `fails` names ends with status 3."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = []
        self.folders: set[Path] = set()
        self.environments: list[dict[str, str]] = []
        self.fails = "nothing"

    def __call__(self, line, cwd, env):
        assert line[:2] == [sys.executable, "-m"]
        self.lines.append(line[2:])
        self.folders.add(cwd)
        self.environments.append(env)
        if line[2:] == ["pipeline.stage", "plan"]:
            _plan(cwd)
        return 3 if self.fails in line else 0

    @property
    def stages(self) -> list[str]:
        return [" ".join(line[1:]) for line in self.lines if line[0] == "pipeline.stage"]


@pytest.fixture
def calls(monkeypatch) -> Calls:
    found = Calls()
    monkeypatch.setattr(subprocess, "call", found)
    monkeypatch.delenv("SER_CACHE", raising=False)
    return found


@pytest.fixture
def project(tmp_path) -> Path:
    """A clone without data."""
    root = tmp_path / "project"
    root.mkdir()
    for name in OWN:
        (root / name).write_bytes((ROOT / name).read_bytes())
    for name in ("pipeline", "results"):
        (root / name).symlink_to(ROOT / name)
    return root


def test_the_stages_run_in_their_order_and_then_the_export(calls, project):
    export = train_and_export(project, "ravdess")
    system = "new_speakers_ravdess_encoder_speeds"
    assert export == project / "data/real/export"
    assert calls.stages == [
        *("code", "plan", "index ravdess", "deduplicate", "filter", "split", "clips"),
        *("features whisper_base_speeds", "store whisper_base_speeds"),
        *(f"train {system}", "evaluate"),
    ]
    assert calls.lines[-1] == ["pipeline.export", system, str(export), "--everyone"]


def test_every_stage_sees_the_cut_down_parameters_and_the_shared_cache(calls, project):
    train_and_export(project, "tess")
    (folder,) = calls.folders
    params = load_params(folder / "params.yaml")
    assert params.active_corpora() == ["tess"]
    assert [name for name in params.studies if params.study_corpora(name)] == ["new_speakers_tess"]
    assert params.active.weights == "published"
    assert (folder / "pipeline").resolve() == ROOT / "pipeline"
    assert {env["SER_CACHE"] for env in calls.environments} == {str(project / "data/cache")}
    assert {env["PYTHONPATH"] for env in calls.environments} == {str(project)}


def test_a_cache_that_is_named_is_taken(calls, project, monkeypatch):
    monkeypatch.setenv("SER_CACHE", "/somewhere")
    train_and_export(project, "ravdess")
    assert {env["SER_CACHE"] for env in calls.environments} == {"/somewhere"}


def test_the_projects_own_files_stay_as_they_are(calls, project):
    before = {name: (project / name).read_bytes() for name in OWN}
    train_and_export(project, "ravdess")
    train_and_export(project, "ravdess")  # a second time, onto what lies there
    assert {name: (project / name).read_bytes() for name in OWN} == before
    assert sorted(os.listdir(project)) == sorted([*OWN, "data", "pipeline", "results"])
    assert os.listdir(project / "data") == ["real"]


def test_an_older_export_makes_room_once_all_stages_have_run(calls, project):
    old = project / "data/real/export/older"
    old.mkdir(parents=True)
    calls.fails = "evaluate"
    with pytest.raises(PipelineError):
        train_and_export(project, "ravdess")
    assert old.exists()
    calls.fails = "nothing"
    train_and_export(project, "ravdess")
    assert not old.exists()


def test_a_step_that_fails_ends_it(calls, project):
    calls.fails = "deduplicate"
    with pytest.raises(PipelineError, match=r"`deduplicate` ended with status 3.*run it again"):
        train_and_export(project, "ravdess")
    assert calls.stages[-1] == "deduplicate"


def test_the_leaderboard_trains_all_systems_and_exports_none(calls, project):
    assert leaderboard(project, "savee") == project / "data/real/savee/data/report"  # which has no profile
    assert calls.stages[-4:] == ["train_group new_speakers", "evaluate", "analyse", "report"]
    params = load_params(project / "data/real/savee/params.yaml")
    read = {
        getattr(params.systems[name], slot) for name in params.new_speakers for slot in ("features", "second")
    }
    made = {line.removeprefix("features ") for line in calls.stages if line.startswith("features ")}
    assert made == read - {"none"}
    assert len(made) > 3
    assert {line[0] for line in calls.lines} == {"pipeline.stage"}


def test_a_leaderboard_of_your_own_corpus_has_the_systems_that_its_profile_names(calls, project):
    entry = {"source": "table", "path": "own.csv", "labels": {"a": "a", "b": "b"}}
    add_corpus("own", entry, project / "params.yaml")
    leaderboard(project, "own")
    params = load_params(project / "data/real/own/params.yaml")
    assert params.new_speakers == [f"new_speakers_own_{name}" for name in params.profiles["own"].systems]
    assert calls.stages == [
        *("code", "plan", "index own", "deduplicate", "filter", "split", "clips", "explore", "transcribe"),
        *(
            f"{stage} {name}_functionals"
            for stage in ("features", "store")
            for name in ("compare", "egemaps")
        ),
        *("train_group new_speakers", "evaluate", "analyse", "report"),
    ]


def test_elsewhere_it_says_where_to_run(calls, tmp_path, monkeypatch, capsys):
    for name in ("pipeline", "results", "dvc.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["pipeline.real"])
    assert command.main() == 2
    assert "params.yaml is not there" in capsys.readouterr().err
    assert calls.lines == []


def test_the_application_is_started_with_the_export(monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(command, "train_and_export", lambda root, corpus: tmp_path / corpus)
    monkeypatch.setattr(command.subprocess, "call", lambda line: started.append(line[2:]) or 0)
    monkeypatch.setattr(sys, "argv", ["pipeline.real", "--corpus", "tess", "--port", "9"])
    assert command.main() == 0
    assert started == [["pipeline.app", "--system", str(tmp_path / "tess"), "--port", "9"]]
    monkeypatch.setattr(sys, "argv", ["pipeline.real", "--no-app"])
    assert command.main() == 0
    assert len(started) == 1
