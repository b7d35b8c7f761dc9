"""The stage that trains the template's systems: what changed, and nothing else."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.config.plans import NewSpeakersPlan, SystemPlan, write_plan
from pipeline.config.systems import SklearnSystem
from pipeline.core import paths
from pipeline.core.schemas import SPLIT
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.stages.new_speakers import main
from pipeline.training import planned
from pipeline.training.estimator_files import load_estimator
from tests.stages.test_train import CORPUS, STUDY, write_features, write_split
from tests.training import toy

BOTH: dict[str, dict[str, object]] = {"new_speakers_toy_a": {}, "new_speakers_toy_b": {}}


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the shard and the split table that the toy systems read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    write_split(toy.study("vectors"))
    write_features("vectors")
    for name in ("vectors", "none"):
        write_json(paths.store_path(name, STUDY, "main"), {"digest": name})


def plan(**changes: object) -> SystemPlan:
    """Plan a logistic regression on the toy study's vectors."""
    settings = {
        "study": STUDY,
        "variant": "main",
        "model": "logistic",
        "features": "vectors",
        "second": "none",
        "architecture": {"clip": None, "pca_variance": None, "select_k": "all"},
        "trainer": "sklearn",
        "seeds": [1],
        "train_on": ["train", "val"],
        "folds": 2,
        "folds_by": "speaker",
        "scoring": "balanced_accuracy",
        "grid": {"C": [0.1]},
        **changes,
    }
    return SystemPlan(code="x", classes=toy.CLASSES, corpora=[CORPUS], system=SklearnSystem(**settings))


def run(**systems: dict[str, object]) -> list[str]:
    """Plan and run the stage; return which systems it trained."""
    plans = {name: plan(**changes) for name, changes in systems.items()}
    write_plan(NewSpeakersPlan(code="y", systems=plans), "new_speakers")
    before = {name: _written(name) for name in systems}
    main()
    return [name for name in systems if _written(name) != before[name]]


def _written(name: str) -> int | None:
    path = paths.predictions_path(name)
    return path.stat().st_mtime_ns if path.exists() else None


def test_only_what_changed_is_trained() -> None:
    assert run(**BOTH) == [*BOTH]
    assert run(**BOTH) == []
    assert run(new_speakers_toy_a={}, new_speakers_toy_b={"grid": {"C": [0.2]}}) == ["new_speakers_toy_b"]
    shutil.rmtree(paths.trained_dir("new_speakers_toy_a"))
    assert run(new_speakers_toy_a={}, new_speakers_toy_b={"grid": {"C": [0.2]}}) == ["new_speakers_toy_a"]


def test_what_a_kill_cut_short_is_trained_again() -> None:
    run(**BOTH)
    (paths.trained_dir("new_speakers_toy_a") / "run.json").unlink()
    assert run(**BOTH) == ["new_speakers_toy_a"]


def test_another_split_trains_all_again() -> None:
    run(**BOTH)
    table = read_table(paths.split_path(STUDY, "main"))
    table.loc[table["split"] == "val", "split"] = "unused"
    write_table(paths.split_path(STUDY, "main"), table, SPLIT)
    assert run(**BOTH) == [*BOTH]


def test_what_is_no_longer_planned_is_removed() -> None:
    run(**BOTH)
    assert run(new_speakers_toy_b={}) == []
    assert [path.name for path in paths.new_speakers_dir().iterdir()] == ["new_speakers_toy_b"]


def test_why_a_split_could_not_be_made_is_written_down() -> None:
    write_table(paths.split_path(STUDY, "main"), read_table(paths.split_path(STUDY, "main")).iloc[:0], SPLIT)
    reason = paths.split_reason_path(STUDY, "main")
    reason.write_text("nobody says a second sentence\n", "utf-8")
    run(new_speakers_toy_a={})
    about = read_json(paths.trained_dir("new_speakers_toy_a") / "model.json")
    assert (about["status"], about["reason"]) == ("skipped", "nobody says a second sentence")


def test_a_network_without_anybody_to_validate_on_is_skipped() -> None:
    table = read_table(paths.split_path(STUDY, "main"))
    assert planned.why_skipped(toy.torch_system(**toy.CNN), table) is None
    table["split"] = np.where(table["split"] == "val", "train", table["split"])
    assert "nobody to validate on" in str(planned.why_skipped(toy.torch_system(**toy.CNN), table))
    assert planned.why_skipped(plan().system, table) is None


def test_standard_scores_by_speaker_are_what_the_saved_pipeline_starts_with() -> None:
    run(new_speakers_toy_a={"standardise_by": "speaker"})
    estimator, _ = load_estimator(paths.trained_dir("new_speakers_toy_a"), 1, 0)
    assert list(estimator.named_steps) == ["speaker", "scale", "classifier"]


@pytest.mark.parametrize("folds_by", ["speaker", "copies"])
def test_the_best_blocks_are_chosen_and_kept(folds_by: str) -> None:
    architecture = {"n_blocks": 2, "clip": None, "pca_variance": None, "select_k": "all"}
    grid = {"blocks__keep": [[0], [1], [0, 1]], "C": [0.1, 1.0]}
    run(new_speakers_toy_a={"architecture": architecture, "grid": grid, "folds_by": folds_by})
    about = read_json(paths.trained_dir("new_speakers_toy_a") / "seed1_fold0.json")
    assert len(about["grid"]) == 6
    best = max(about["grid"], key=lambda point: point["balanced_accuracy"])
    assert {key: best[key] for key in ("blocks__keep", "C")} == about["best"]
