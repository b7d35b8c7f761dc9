"""The stage `analyse` on made-up systems: every file, what is left out, and the same bytes each time."""

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.config.cross_corpora import system_of
from pipeline.config.plans import AnalysePlan, AuditedSplit, write_plan
from pipeline.core.paths import (
    analysis_dir,
    evaluated_dir,
    index_path,
    predictions_path,
    split_path,
    transcripts_path,
)
from pipeline.core.schemas import INDEX, SPLIT, TRANSCRIPTS, predictions_schema
from pipeline.core.tables import write_json, write_table
from pipeline.evaluation.regression import target_order
from pipeline.evaluation.summary import summarise
from pipeline.stages import analyse
from tests.evaluation import made_up
from tests.evaluation.trained import MODEL
from tests.stages.test_explore import complete

ABOUT = {"study": "study", "protocol": "stratified 70/15/15", "synthetic": True}
CLIPS = made_up.random_predictions(200, accuracy=1.0)["utterance_id"]
SYSTEMS = {
    "net": "study",
    "rival": "study",
    "fewer": "study",
    "left_out": "absent",
    "ratings": "study",
    "guesses": "study",
}
BASELINES = {"net": ["rival", "fewer", "left_out"], "ratings": ["guesses"], "left_out": ["net"]}
AUDIT = {"net": {"as published": "net", "absent": "left_out", "by speaker": "rival"}}


def plan(
    systems: dict[str, str] = SYSTEMS,
    baselines: dict[str, list[str]] = BASELINES,
    audit: dict[str, dict[str, str]] = AUDIT,
    code: str = "1",
    cross_corpora: dict[str, bool] | None = None,
) -> None:
    """Say what is held against what."""
    audited = {system for cases in audit.values() for system in cases.values()}
    splits = {name: AuditedSplit(variant="main", train_on=["train"]) for name in sorted(audited)}
    write_plan(
        AnalysePlan(
            code=code,
            systems=systems,
            ways=dict.fromkeys(systems, "stratified"),
            baselines=baselines,
            pairs={},
            audit=audit,
            splits=splits,
            importances={},
            cross_corpora=cross_corpora or {},
        ),
        "analyse",
    )


def write_system(system: str, predictions: pd.DataFrame) -> None:
    """Write what training and evaluation leave of a system."""
    schema = predictions_schema(made_up.CLASSES, target_order(predictions) or ["emotion"])
    write_table(predictions_path(system), predictions, schema)
    scores = {"status": "skipped"} if predictions.empty else {"status": "trained"}
    if len(predictions):
        scores = summarise(predictions, ABOUT, MODEL)
    write_json(evaluated_dir(system) / "scores.json", scores)


def write_inputs() -> None:
    """Write what the stages above leave: predictions, scores, an index, a split, transcripts and the plan."""
    plan()
    net = made_up.random_predictions(200, accuracy=0.5, seed=1)
    write_system("net", net)
    write_system("rival", made_up.random_predictions(200, accuracy=0.9, seed=2))
    write_system("fewer", net[:150])
    write_system("left_out", net[:0])
    write_system("ratings", made_up.random_dimensions(60, noise=0.3))
    write_system("guesses", made_up.random_dimensions(60, noise=3.0, seed=1))
    index = pd.DataFrame({"utterance_id": CLIPS, "path": CLIPS.str[-4:] + ".wav"})
    write_table(index_path("made_up"), complete(index, INDEX), INDEX)
    said = pd.DataFrame({"utterance_id": CLIPS[::2], "text": "Say the word."})
    write_table(transcripts_path(), complete(said, TRANSCRIPTS), TRANSCRIPTS)
    split = pd.DataFrame({"utterance_id": CLIPS, "group": CLIPS, "audio_hash": CLIPS, "speaker": "made_up/0"})
    split = split.assign(split=np.where(split.index < 100, "train", "test"), fold=0, split_seed=42)
    split.loc[150:159, "audio_hash"] = CLIPS[0]
    write_table(split_path("study", "main"), complete(split, SPLIT), SPLIT)


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """The folder data/analysis after one run."""
    folder = tmp_path_factory.mktemp("analyse")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_inputs()
        analyse.main()
    return folder / analysis_dir()


def test_the_matrix_is_of_the_trained_systems_of_its_corpora(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_inputs()
    names = [system_of("within", "made_up"), system_of("on", "made_up")]
    write_system(names[0], made_up.random_predictions(200, accuracy=0.5, seed=1))
    write_system(names[1], made_up.random_predictions(200, accuracy=0.5)[:0])
    plan(dict.fromkeys(names, "study"), {}, {}, cross_corpora={"made_up": True, "other": False})
    analyse.main()
    table = pd.read_csv(analysis_dir() / "cross_corpora.csv")
    assert table[["train", "test", "system"]].to_numpy().tolist() == [["made_up", "made_up", names[0]]]
    scores = json.loads((evaluated_dir(names[0]) / "scores.json").read_text())
    assert table.loc[0, ["uar", "low", "high"]].tolist() == pytest.approx(
        [scores[name] for name in ("uar", "uar_low", "uar_high")], abs=1e-5
    )
    assert (analysis_dir() / "cross_corpora.png").exists()


def test_every_file_is_written_and_none_of_a_skipped_system(written):
    assert sorted(path.relative_to(written).as_posix() for path in written.rglob("*.*")) == [
        "audit.csv",
        "audit.json",
        "change/net/rival.csv",
        "change/net/rival.png",
        "change/recall.csv",
        "change/scores.csv",
        "failures/fewer.csv",
        "failures/guesses.csv",
        "failures/net.csv",
        "failures/ratings.csv",
        "failures/rival.csv",
        "listed.csv",
        "significance.csv",
        "unsure/fewer.csv",
        "unsure/net.csv",
        "unsure/rival.csv",
    ]


def test_pairs_of_the_same_clips_are_compared(written):
    table = pd.read_csv(written / "significance.csv")
    assert table[["system", "other", "against", "score"]].values.tolist() == [
        ["net", "rival", "both", "uar"],
        ["ratings", "guesses", "baseline", "ccc"],
        ["guesses", "ratings", "best", "ccc"],
    ]
    assert table["p_bootstrap"].between(0, 0.001, inclusive="neither").all()
    assert table["p_mcnemar"].isna().tolist() == [False, True, True]


def test_values_are_those_of_the_leaderboard(written):
    first = pd.read_csv(written / "significance.csv").iloc[0]
    scores = json.loads((written.parents[1] / evaluated_dir("net") / "scores.json").read_text())
    assert first["value"] == pytest.approx(scores["uar"], abs=1e-5)


def test_changes_of_scores_and_recall(written):
    scores = pd.read_csv(written / "change" / "scores.csv")
    assert set(zip(scores["system"], scores["baseline"], strict=True)) == {
        ("net", "rival"),
        ("ratings", "guesses"),
    }
    uar = scores[scores["score"] == "uar"].iloc[0]
    assert uar["percent"] == pytest.approx(100 * (uar["value"] / uar["value_baseline"] - 1), rel=1e-4)
    assert pd.read_csv(written / "change" / "recall.csv")["class"].tolist() == made_up.CLASSES


def test_the_audit_has_numbers_and_words(written):
    audit = json.loads((written / "audit.json").read_text())["net"]
    assert [case["system"] for case in audit["cases"]] == ["net", "rival"]
    assert [case["n_exact"] for case in audit["cases"]] == [10, 10]
    assert [case["n_same_speaker"] for case in audit["cases"]] == [100, 100]
    assert audit["text"].startswith("absent: no clips of it in this profile.")
    assert "synthetic" in audit["text"]
    assert pd.read_csv(written / "audit.csv")["case"].tolist() == ["as published", "by speaker"]


def test_failures_have_audio_and_what_was_said_where_it_is_known(written):
    table = pd.read_csv(written / "failures" / "net.csv")
    listed = pd.read_csv(written / "listed.csv").set_index(["system", "list"])
    assert len(table) == listed.loc[("net", "failures"), "n_listed"] == 50
    assert listed.loc[("net", "failures"), "n"] + listed.loc[("net", "unsure"), "n"] == 200
    assert (table["path"] == table["utterance_id"].str[-4:] + ".wav").all()
    even = table["utterance_id"].str[-1].astype(int) % 2 == 0
    assert table.loc[even, "transcript"].eq("Say the word.").all()
    assert table.loc[~even, "transcript"].isna().all()
    assert listed.loc[("ratings", "failures"), ["n_test", "n", "n_listed"]].tolist() == [60, 120, 50]


def test_a_second_run_writes_the_same_bytes_and_says_what_it_did(written, monkeypatch, caplog):
    monkeypatch.chdir(written.parents[1])
    before = {path: path.read_bytes() for path in sorted(written.rglob("*.*"))}
    with caplog.at_level(logging.INFO):
        analyse.main()
    assert {path: path.read_bytes() for path in sorted(written.rglob("*.*"))} == before
    assert "analyse: 5 of 6 systems in 3 groups, 3 pairs compared, 2 changes, 1 audits" in caplog.text
    assert "analyse: net is not held against fewer, which was tested on other clips" in caplog.text


def test_a_change_is_drawn_again_where_its_systems_or_the_code_have_changed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drawn = []

    def draw(path: Path, *_: object) -> None:
        drawn.append(path.name)
        path.write_bytes(b"drawing %d" % len(drawn))

    monkeypatch.setattr("pipeline.evaluation.change_figure.save_change", draw)
    figure = analysis_dir() / "change" / "net" / "rival.png"
    write_inputs()
    for code, changed in (("1", False), ("1", False), ("1", True), ("2", False)):
        plan(code=code)
        if changed:
            write_system("rival", made_up.random_predictions(200, accuracy=0.8, seed=3))
        if figure.exists():
            figure.unlink()  # DVC removes what a stage wrote before it runs again
        analyse.main()
    assert drawn == [figure.name] * 3
    assert figure.read_bytes() == b"drawing 3"


def test_nothing_trained_leaves_headers_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan({"left_out": "absent"}, {}, {})
    write_system("left_out", made_up.random_predictions(20, accuracy=0.5)[:0])
    write_table(transcripts_path(), complete(pd.DataFrame({"text": []}), TRANSCRIPTS), TRANSCRIPTS)
    analyse.main()
    assert (analysis_dir() / "significance.csv").read_text().startswith("study,group,system,other,against,")
    assert (analysis_dir() / "listed.csv").read_text() == "system,list,n_test,n,n_listed\n"
    assert (analysis_dir() / "audit.json").read_text() == "{}\n"


def test_a_system_that_is_not_evaluated_yet_is_left_out(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    write_inputs()
    shutil.rmtree(evaluated_dir("rival"))
    with caplog.at_level(logging.INFO):
        analyse.main()
    assert "analyse: 4 of 6 systems in 3 groups, 2 pairs compared, 1 changes, 1 audits" in caplog.text
    assert not (analysis_dir() / "failures" / "rival.csv").exists()
    audit = json.loads((analysis_dir() / "audit.json").read_text())["net"]
    assert [case["system"] for case in audit["cases"]] == ["net"]
