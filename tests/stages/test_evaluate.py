"""The evaluate stage: its files, and the same bytes each time."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline.core.paths import (
    evaluated_dir,
    history_path,
    metrics_path,
    plots_dir,
    predictions_path,
    trained_dir,
)
from pipeline.core.schemas import predictions_schema
from pipeline.core.tables import write_json, write_table
from pipeline.evaluation.regression import target_order
from pipeline.stages import evaluate, plan
from tests.evaluation import made_up


def write_training(system: str, predictions: pd.DataFrame, history: pd.DataFrame) -> None:
    """Write what the train stage leaves of a system."""
    schema = predictions_schema(made_up.CLASSES, target_order(predictions) or ["emotion"])
    write_table(predictions_path(system), predictions, schema)
    history_path(system).parent.mkdir(parents=True, exist_ok=True)
    history.to_csv(history_path(system), index=False)
    write_json(trained_dir(system) / "model.json", {"pretrained": False, "parameters": 1204, "n_train": 70})


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    plan.write_evaluations(made_up.params())
    write_training("net", made_up.random_predictions(60, accuracy=0.7), made_up.history(3))
    write_training("left_out", made_up.random_predictions(60, accuracy=0.7)[:0], made_up.history(1)[:0])
    write_training("ratings", ratings(), made_up.dimension_history(3))
    return tmp_path


def ratings() -> pd.DataFrame:
    """Predictions of dimensions, on the corpus and on another one."""
    own = made_up.random_dimensions(60)
    return pd.concat([own, made_up.elsewhere(made_up.random_dimensions(20, seed=1))])


def scores_of(system: str) -> dict:
    return json.loads((evaluated_dir(system) / "scores.json").read_text())


def test_scores_begin_with_what_was_evaluated(workplace):
    evaluate.main("net")
    assert list(scores_of("net").items())[:11] == [
        ("status", "trained"),
        ("profile", "open"),
        ("synthetic", False),
        ("study", "study"),
        ("corpora", "made_up"),
        ("protocol", "stratified 70/15/15, deduplicated"),
        ("targets", "emotion"),
        ("pretrained", False),
        ("parameters", 1204),
        ("n_train", 70),
        ("n_test", 60),
    ]
    assert (plots_dir("net") / "figures" / "confusion.png").exists()


def test_metrics_are_the_same_bytes_each_time(workplace):
    evaluate.main("net")
    files = [metrics_path("net"), evaluated_dir("net") / "scores.json"]
    first = [path.read_bytes() for path in files]
    write_json(trained_dir("net") / "run.json", {"seconds": 12.5})
    evaluate.main("net")
    assert [path.read_bytes() for path in files] == first
    assert first[0].endswith(b"\n")


def test_metrics_are_a_few_of_the_scores(workplace):
    evaluate.main("net")
    metrics, scores = json.loads(metrics_path("net").read_text()), scores_of("net")
    assert list(metrics) == ["accuracy", "uar", "macro_f1", "low", "high", "n_test", "pretrained"]
    assert metrics["accuracy"] == round(scores["accuracy"], 4)
    assert metrics["low"] == round(scores["accuracy_low"], 4)


def test_a_skipped_system_says_so_and_has_no_scores(workplace):
    evaluate.main("left_out")
    assert json.loads(metrics_path("left_out").read_text()) == {"n_test": 0}
    assert scores_of("left_out") == {
        "status": "skipped",
        "profile": "open",
        "synthetic": False,
        "study": "absent",
        "corpora": "",
        "protocol": "stratified 70/15/15, deduplicated",
        "targets": "emotion",
    }
    assert (plots_dir("left_out") / "confusion.csv").read_text() == "actual,predicted\n"


def test_a_system_of_dimensions_has_its_own_scores_and_figures(workplace, caplog):
    caplog.set_level("INFO")
    evaluate.main("ratings")
    metrics = scores_of("ratings")
    assert metrics["targets"] == "arousal,valence"
    assert (metrics["n_test"], metrics["cross_n_test"], metrics["cross_corpora"]) == (60, 20, "other")
    assert {"ccc", "ccc_arousal", "pcc_valence", "mse_valence", "cross_pcc_arousal"} <= metrics.keys()
    assert "accuracy" not in metrics
    assert (plots_dir("ratings") / "figures" / "residuals.png").exists()
    assert (plots_dir("ratings") / "confusion.csv").read_text() == "actual,predicted\n"
    assert "evaluate ratings: 60 test clips, 1 seed(s), ccc 0." in caplog.text


def test_a_skipped_system_of_dimensions_says_what_it_would_predict(workplace):
    write_training("left_out", ratings()[:0], made_up.dimension_history(1)[:0])
    evaluate.main("left_out")
    metrics = scores_of("left_out")
    assert (metrics["status"], metrics["targets"]) == ("skipped", "arousal,valence")
