"""The stage `external`: a file of predictions becomes what a trained system leaves, and is scored like one."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from pipeline.config.external import External
from pipeline.config.plans import EvaluatedSplit, EvaluatedSystem, EvaluatePlan, ExternalPlan, write_plan
from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.schemas import SPLIT
from pipeline.core.tables import read_json, read_table, write_csv, write_json, write_table
from pipeline.splits.table import count_splits, split_utterances
from pipeline.stages import evaluate
from pipeline.stages.external import main
from pipeline.training.outcome import HISTORY_COLUMNS
from tests.splits.splitting import settings, study

CLASSES = ["angry", "happy", "sad"]
ABOUT = {
    "profile": "open",
    "synthetic": False,
    "study": "toy",
    "corpora": "ravdess,tess",
    "protocol": "stratified 70/15/15, deduplicated",
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the split of a study, and a plan of predictions from elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_WORKERS", "1")
    table = split_utterances(study(1), settings())
    write_split(table.assign(arousal=table["utterance_id"].astype(int) / 100, valence=1.0))
    plan()
    return tmp_path


def write_split(table: pd.DataFrame) -> None:
    write_table(paths.split_path("toy", "main"), table, SPLIT)


def plan(classes: Sequence[str] = CLASSES, *, protocol: str = "stratified", **changes: Any) -> ExternalPlan:
    """Write, and return, what the stage `plan` writes of an entry of `external`, under a protocol."""
    entry = {"file": "theirs.parquet", "study": "toy", "variant": "main", "parameters": 12, **changes}
    planned = ExternalPlan(code="1", classes=[*classes], external=External(**entry))
    write_plan(planned, "external", "theirs")
    split = EvaluatedSplit(
        study="toy",
        variant="main",
        train_on=["train"],
        protocol=protocol,
        new_speakers=protocol != "stratified",
    )
    evaluated = EvaluatedSystem(about=ABOUT, plan=planned.digest, split=split)
    write_plan(EvaluatePlan(code="1", systems={"theirs": evaluated}), "evaluate")
    return planned


def held_out() -> pd.DataFrame:
    """Return the test clips of the split."""
    table = read_table(paths.split_path("toy", "main"))
    return table[table["split"] == "test"].reset_index(drop=True)


def theirs() -> pd.DataFrame:
    """Return predictions of which two thirds are right, as somebody else might write them."""
    clips = held_out()
    right = pd.Index(CLASSES).get_indexer(clips["label"])
    chosen = np.where(np.arange(len(clips)) % 3 == 0, (right + 1) % 3, right)
    p = np.full((len(clips), 3), 0.125)
    p[np.arange(len(clips)), chosen] = 0.75
    return clips[["utterance_id"]].assign(**{f"p_{name}": p[:, i] for i, name in enumerate(CLASSES)})


def imported() -> pd.DataFrame:
    main("theirs")
    return read_table(paths.predictions_path("theirs"))


def test_it_leaves_what_training_leaves(workspace: Path) -> None:
    theirs().assign(note="x").to_parquet("theirs.parquet")
    table = imported()
    assert table["utterance_id"].tolist() == sorted(held_out()["utterance_id"])
    assert pd.read_csv(paths.history_path("theirs")).columns.tolist() == HISTORY_COLUMNS
    assert read_json(paths.trained_dir("theirs") / "model.json") == {
        "pretrained": False,
        "random_weights": False,
        "parameters": 12,
        "n_train": None,
        "n_left_out": 0,
        "plan": plan().digest,
        "models": [{"seed": 0, "fold": 0}],
    }
    record = read_json(paths.trained_dir("theirs") / "run.json")
    assert record["status"] == "external"
    assert record["sha256"] == hashlib.sha256(Path("theirs.parquet").read_bytes()).hexdigest()
    assert record["ignored_columns"] == ["note"]
    assert record["settings"]["file"] == "theirs.parquet"


def test_it_is_evaluated_like_a_system(workspace: Path) -> None:
    theirs().to_parquet("theirs.parquet")
    table = imported()
    evaluate.main()
    scores = read_json(paths.evaluated_dir("theirs") / "scores.json")
    n_clips = len(held_out())
    assert scores["status"] == "trained"
    assert (scores["n_test"], scores["n_train"], scores["parameters"]) == (n_clips, None, 12)
    assert scores["accuracy"] == pytest.approx(accuracy_score(table["label"], table["predicted"]))
    assert scores["accuracy"] == pytest.approx((n_clips - np.ceil(n_clips / 3)) / n_clips)
    assert (paths.figures_dir("theirs") / "confusion.png").exists()


def test_classes_alone_are_evaluated_without_what_needs_probabilities(workspace: Path) -> None:
    held_out()[["utterance_id"]].assign(predicted="sad").to_parquet("theirs.parquet")
    imported()
    evaluate.main()
    scores = read_json(paths.evaluated_dir("theirs") / "scores.json")
    assert scores["accuracy"] == pytest.approx((held_out()["label"] == "sad").mean())
    assert (scores["auc"], scores["ece"]) == (None, None)


def test_dimensions_are_evaluated(workspace: Path) -> None:
    clips = held_out()
    clips[["utterance_id"]].assign(y_arousal=clips["arousal"] + 1).to_parquet("theirs.parquet")
    plan(targets=["arousal"])
    imported()
    evaluate.main()
    scores = read_json(paths.evaluated_dir("theirs") / "scores.json")
    assert scores["targets"] == "arousal"
    assert scores["mse_arousal"] == pytest.approx(1.0, abs=1e-5)
    assert scores["pcc_arousal"] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_csv_file_says_the_same_as_a_parquet_file(workspace: Path, encoding: str) -> None:
    theirs().to_parquet("theirs.parquet")
    imported()
    first = paths.predictions_path("theirs").read_bytes()
    theirs().to_csv("theirs.csv", index=False, encoding=encoding)
    plan(file="theirs.csv")
    imported()
    assert paths.predictions_path("theirs").read_bytes() == first


def test_clips_are_found_that_are_the_index_of_a_frame(workspace: Path) -> None:
    theirs().set_index("utterance_id").to_parquet("theirs.parquet")
    assert len(imported()) == len(held_out())


def test_a_class_named_none_is_a_name_in_a_csv_file(workspace: Path) -> None:
    table = read_table(paths.split_path("toy", "main"))
    write_split(table.assign(label=table["label"].replace("sad", "None")))
    plan(["angry", "happy", "None"], file="theirs.csv")
    held_out()[["utterance_id"]].assign(predicted="None").to_csv("theirs.csv", index=False)
    assert set(imported()["predicted"]) == {"None"}


def test_a_study_without_clips_is_skipped_and_its_file_not_looked_at(workspace: Path) -> None:
    write_split(read_table(paths.split_path("toy", "main"))[:0])
    assert imported().empty
    assert read_json(paths.trained_dir("theirs") / "model.json") == {
        "status": "skipped",
        "reason": "its study has no clips in this profile",
        "plan": plan().digest,
    }
    evaluate.main()
    assert read_json(paths.evaluated_dir("theirs") / "scores.json")["status"] == "skipped"


@pytest.mark.parametrize(("protocol", "warned"), [("stratified", False), ("speaker_independent", True)])
def test_speakers_who_are_trained_on_are_said(
    workspace: Path, caplog: pytest.LogCaptureFixture, protocol: str, warned: bool
) -> None:
    write_csv(paths.split_counts_path("toy", "main"), count_splits(split_utterances(study(1), settings())))
    plan(protocol=protocol)
    theirs().to_parquet("theirs.parquet")
    main("theirs")
    evaluate.main()
    assert ("1 systems of toy/main, such as theirs: " in caplog.text) == warned


def test_an_error_names_the_entry_the_file_and_the_split(workspace: Path) -> None:
    theirs()[1:].to_parquet("theirs.parquet")
    expected = (
        r"external\.theirs: theirs\.parquet, held against data/splits/toy/main\.parquet: 1 of .* missing"
    )
    with pytest.raises(PipelineError, match=expected):
        main("theirs")
    assert not paths.predictions_path("theirs").exists()


def test_a_name_that_is_not_planned_is_refused(workspace: Path) -> None:
    with pytest.raises(
        PipelineError, match=r"external/others\.json is not there: 'others' is not in params\.yaml"
    ):
        main("others")


def test_a_plan_of_another_version_is_refused(workspace: Path) -> None:
    write_json(paths.plan_path("external", "theirs"), {"code": "1", "external": plan().external.model_dump()})
    with pytest.raises(PipelineError, match=r"external/theirs\.json: classes: missing: `dvc repro plan`"):
        main("theirs")
