"""The evaluate stage: its files, and the same bytes each time."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline.core.paths import history_path, metrics_path, model_dir, plots_dir, predictions_path
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
    write_json(model_dir(system) / "model.json", {"pretrained": False, "parameters": 1204, "n_train": 70})


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


def test_metrics_begin_with_what_was_evaluated(workplace):
    evaluate.main("net")
    metrics = json.loads(metrics_path("net").read_text())
    assert list(metrics.items())[:11] == [
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
    first = metrics_path("net").read_bytes()
    write_json(model_dir("net") / "run.json", {"seconds": 12.5})
    evaluate.main("net")
    assert metrics_path("net").read_bytes() == first
    assert first.endswith(b"\n")


def test_a_skipped_system_says_so_and_has_no_scores(workplace):
    evaluate.main("left_out")
    assert json.loads(metrics_path("left_out").read_text()) == {
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
    metrics = json.loads(metrics_path("ratings").read_text())
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
    metrics = json.loads(metrics_path("left_out").read_text())
    assert (metrics["status"], metrics["targets"]) == ("skipped", "arousal,valence")
