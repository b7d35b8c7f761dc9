"""The evaluate stage: its files, and the same bytes each time."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline.core.paths import history_path, metrics_path, model_dir, plots_dir, predictions_path
from pipeline.core.schemas import predictions_schema
from pipeline.core.tables import write_json, write_table
from pipeline.stages import evaluate
from tests.evaluation import made_up


def write_training(system: str, predictions: pd.DataFrame, history: pd.DataFrame) -> None:
    """Write what the train stage leaves of a system."""
    write_table(predictions_path(system), predictions, predictions_schema(made_up.CLASSES))
    history_path(system).parent.mkdir(parents=True, exist_ok=True)
    history.to_csv(history_path(system), index=False)
    write_json(model_dir(system) / "model.json", {"pretrained": False, "parameters": 1204, "n_train": 70})


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluate, "load_params", made_up.params)
    write_training("net", made_up.random_predictions(60, accuracy=0.7), made_up.history(3))
    write_training("left_out", made_up.random_predictions(60, accuracy=0.7)[:0], made_up.history(1)[:0])
    return tmp_path


def test_metrics_begin_with_what_was_evaluated(workplace):
    evaluate.main("net")
    metrics = json.loads(metrics_path("net").read_text())
    assert list(metrics.items())[:10] == [
        ("status", "trained"),
        ("profile", "open"),
        ("synthetic", False),
        ("study", "study"),
        ("corpora", "made_up"),
        ("protocol", "stratified 70/15/15, deduplicated"),
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
    }
    assert (plots_dir("left_out") / "confusion.csv").read_text() == "actual,predicted\n"
