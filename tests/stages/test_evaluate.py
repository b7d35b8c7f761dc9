"""The evaluate stage: every system that is trained by its plan, no other one, and the same bytes each time."""

import os

import pandas as pd
import pytest

from pipeline.config.plans import EvaluatedSystem, EvaluatePlan, write_plan
from pipeline.core.paths import (
    METRICS,
    evaluated_dir,
    figures_dir,
    known_speakers_path,
    plots_dir,
    trained_dir,
)
from pipeline.core.tables import read_json, write_json
from pipeline.evaluation.system import scores_path
from pipeline.orchestration.moved import read_metrics
from pipeline.planning.planners import evaluated_split
from pipeline.splits.describe import describe_system
from pipeline.stages import evaluate
from pipeline.stages.evaluate import OUTPUTS
from tests.evaluation import made_up
from tests.evaluation.trained import PLAN, write_training


def plan(**plans: str) -> None:
    """Write the plan of evaluating made-up systems, each with the digest of the plan it has to be trained by."""
    params = made_up.params()
    systems = {
        name: EvaluatedSystem(
            about=describe_system(params, name), plan=digest, split=evaluated_split(params, name)
        )
        for name, digest in plans.items()
    }
    write_plan(EvaluatePlan(code="1", systems=systems), "evaluate")


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """A folder with the plan, and what training leaves of three systems."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_WORKERS", "1")
    monkeypatch.delenv("SER_REFRESH", raising=False)
    write_training("net", made_up.random_predictions(60, accuracy=0.7), made_up.history(3))
    write_training("left_out", made_up.random_predictions(60, accuracy=0.7)[:0], made_up.history(1)[:0])
    write_training("ratings", ratings(), made_up.dimension_history(3))
    return tmp_path


def ratings() -> pd.DataFrame:
    """Predictions of dimensions, on the corpus and on another one."""
    own = made_up.random_dimensions(60)
    return pd.concat([own, made_up.elsewhere(made_up.random_dimensions(20, seed=1))])


def run(**plans: str) -> None:
    """Evaluate, by default one system."""
    plan(**(plans or {"net": PLAN}))
    evaluate.main()


def metrics() -> dict[str, dict]:
    """Return the short metrics of all systems, which lie in a file a study."""
    return read_metrics(METRICS / "systems")


def outputs() -> dict:
    return {path: path.read_bytes() for folder in OUTPUTS for path in folder.rglob("*.*")}


def test_every_system_has_its_scores_figures_tables_and_metrics(caplog):
    caplog.set_level("INFO")
    run(net=PLAN, left_out=PLAN, ratings=PLAN)
    for system in ("net", "left_out", "ratings"):
        assert scores_path(system).exists()
        assert system in metrics()
        assert (plots_dir(system) / "learning.csv").exists()
    assert caplog.messages == ["evaluate: 3 of 3 systems, 1 of them without clips in this profile"]


def test_scores_begin_with_what_was_evaluated():
    run()
    assert list(read_json(scores_path("net")).items())[:12] == [
        ("status", "trained"),
        ("profile", "open"),
        ("synthetic", False),
        ("study", "study"),
        ("corpora", "made_up"),
        ("protocol", "stratified 70/15/15, deduplicated"),
        ("targets", "emotion"),
        ("pretrained", False),
        ("random_weights", False),
        ("parameters", 1204),
        ("n_train", 70),
        ("n_test", 60),
    ]
    assert (figures_dir("net") / "confusion.png").exists()


def test_the_files_are_the_same_bytes_each_time_computed_or_cached(tmp_path, monkeypatch):
    run()
    first = outputs()
    write_json(trained_dir("net") / "run.json", {"seconds": 12.5})
    run()
    assert outputs() == first
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "another"))
    run()
    assert outputs() == first
    assert len(first) > 15


@pytest.mark.parametrize("name", ["evaluated/scores.json", "plots/learning.csv", "files.json"])
def test_a_damaged_entry_of_the_cache_is_set_aside_and_computed_anew(tmp_path, caplog, name):
    run()
    first = outputs()
    (entry,) = (tmp_path / "cache/evaluations/net").iterdir()
    for content in (b"", b"{", b"garbage", None):
        if content is None:
            (entry / name).unlink()
        else:
            (entry / name).write_bytes(content)
        caplog.clear()
        run()
        assert outputs() == first
        assert f"{entry} is damaged" in caplog.text
    caplog.clear()
    run()
    assert outputs() == first
    assert "damaged" not in caplog.text


def test_what_a_killed_evaluation_left_is_cleared_in_time(tmp_path):
    left = tmp_path / "cache/evaluations/net/.half.tmp"
    (left / "entry").mkdir(parents=True)
    os.utime(left, (0, 0))
    run()
    assert [path.name for path in left.parent.iterdir() if path.name.startswith(".")] == []


def test_a_system_of_an_older_plan_is_left_out_and_said(caplog):
    run(net=PLAN, ratings=PLAN)
    caplog.clear()
    run(net="digest of a newer plan", ratings=PLAN)
    assert not evaluated_dir("net").exists()
    assert list(metrics()) == ["ratings"]
    assert not plots_dir("net").exists()
    assert scores_path("ratings").exists()
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning == "evaluate: 1 systems are not trained with these settings yet, such as net"


def test_a_system_that_is_not_trained_yet_is_left_out_and_said(caplog):
    run(net=PLAN, forest=PLAN)
    assert scores_path("net").exists()
    assert not evaluated_dir("forest").exists()
    assert "1 systems are not trained with these settings yet, such as forest" in caplog.text


def test_nothing_stays_of_a_system_that_is_not_evaluated_any_more():
    run(net=PLAN, left_out=PLAN)
    run(net=PLAN)
    assert sorted(path.name for path in evaluated_dir("net").parent.iterdir()) == [
        "known_speakers.json",
        "net",
    ]
    assert list(metrics()) == ["net"]
    assert [path.name for path in plots_dir("net").parent.iterdir()] == ["net"]


def test_where_nothing_is_trained_the_folders_hold_no_system(caplog):
    run(forest=PLAN)
    assert [[*folder.iterdir()] for folder in OUTPUTS] == [[known_speakers_path()], [], []]
    assert read_json(known_speakers_path()) == []
    assert "such as forest" in caplog.text


def test_a_skipped_system_says_so_and_has_no_scores():
    run(left_out=PLAN)
    assert metrics()["left_out"] == {"status": "skipped"}
    assert read_json(scores_path("left_out")) == {
        "status": "skipped",
        "reason": "nobody is left to test",
        "profile": "open",
        "synthetic": False,
        "study": "absent",
        "corpora": "",
        "protocol": "stratified 70/15/15, deduplicated",
        "targets": "emotion",
    }
    assert (plots_dir("left_out") / "confusion.csv").read_text() == "actual,predicted\n"


def test_a_system_of_dimensions_has_its_own_scores_and_figures():
    run(ratings=PLAN)
    scores = read_json(scores_path("ratings"))
    assert scores["targets"] == "arousal,valence"
    assert (scores["n_test"], scores["cross_n_test"], scores["cross_corpora"]) == (60, 20, "other")
    assert {"ccc", "ccc_arousal", "pcc_valence", "mse_valence", "cross_pcc_arousal"} <= scores.keys()
    assert "accuracy" not in scores
    assert metrics()["ratings"] == {"ccc": round(scores["ccc"], 4), "status": "trained"}
    assert (figures_dir("ratings") / "residuals.png").exists()
    assert (plots_dir("ratings") / "confusion.csv").read_text() == "actual,predicted\n"


def test_a_skipped_system_of_dimensions_says_what_it_would_predict():
    write_training("left_out", ratings()[:0], made_up.dimension_history(1)[:0])
    run(left_out=PLAN)
    scores = read_json(scores_path("left_out"))
    assert (scores["status"], scores["targets"]) == ("skipped", "arousal,valence")
