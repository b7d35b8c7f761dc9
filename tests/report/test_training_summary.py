"""A training in few numbers: by hand, by network, and of systems without epochs."""

import pandas as pd
import pytest

from pipeline.core.paths import history_path, trained_dir
from pipeline.core.tables import write_csv, write_json
from pipeline.report.training_summary import (
    CURVES,
    epoch_curves,
    epoch_rows,
    summarise_runs,
    training_summary,
)

NAMES = ("seed", "fold", "target", "epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy")
HISTORY = [
    (0, 0, None, 1, 2.0, 0.25, 1.5, 0.5),
    (0, 0, None, 2, 1.0, 0.5, 1.0, 0.75),
    (0, 0, None, 3, 0.5, 0.75, 1.25, 0.625),
    (1, 0, None, 1, 4.0, 0.125, 2.5, 0.25),
]
BEST = {(0, 0): 2, (1, 0): 1}


def rows(history: list[tuple]) -> list[dict]:
    return [dict(zip(NAMES, values, strict=True)) for values in history]


def test_means_over_runs_of_the_kept_epoch_and_of_the_last():
    assert summarise_runs(rows(HISTORY), BEST) == {
        "epochs": 2.0,
        "best_epoch": 1.5,
        "train_loss": 2.5,
        "train_accuracy": 0.3125,
        "val_loss": 1.75,
        "val_accuracy": 0.5,
        "train_final_loss": 2.25,
        "train_final_accuracy": 0.4375,
        "val_final_loss": 1.875,
        "val_final_accuracy": 0.4375,
    }


def test_each_network_has_its_own_best_epoch():
    history = [
        (0, 0, name, epoch, 0.0, None, value, None) for name, epoch, value in (("a", 1, 4.0), ("a", 2, 3.0))
    ]
    history += [(0, 0, "b", 1, 0.0, None, 1.0, None), (0, 0, "b", 2, 0.0, None, 2.0, None)]
    table = pd.DataFrame(history, columns=NAMES).astype({"train_accuracy": float, "val_accuracy": float})
    summary = summarise_runs(table.to_dict("records"), {(0, 0): {"a": 2, "b": 1}})
    assert (summary["best_epoch"], summary["val_loss"], summary["val_final_loss"]) == (1.5, 2.0, 2.5)
    assert "train_accuracy" not in summary


def test_a_training_that_keeps_no_epoch_has_its_last():
    summary = summarise_runs(rows(HISTORY), {})
    assert summary["epochs"] == 2
    assert not {"best_epoch", "val_loss"} & summary.keys()


@pytest.fixture
def trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(history: list[tuple]) -> None:
        write_csv(history_path("net"), pd.DataFrame(history, columns=NAMES), "%.6g")
        models = [{"seed": seed, "fold": fold, "best_epoch": epoch} for (seed, fold), epoch in BEST.items()]
        write_json(trained_dir("net") / "model.json", {"models": models})

    return write


def test_it_is_read_from_what_training_left(trained):
    trained(HISTORY)
    assert training_summary("net") == summarise_runs(rows(HISTORY), BEST)
    kept, last = epoch_rows("net")
    assert (kept["name"], kept["epoch"], kept["val_accuracy"]) == ("weights kept", 1.5, 0.5)
    assert (last["name"], last["epoch"], last["train_loss"]) == ("last", 2.0, 2.25)
    assert epoch_curves([kept, last]) == {
        "train_loss": "training loss",
        "val_loss": "validation loss",
        "train_accuracy": "training accuracy",
        "val_accuracy": "validation accuracy",
    }


def test_a_system_without_epochs_has_none(trained):
    trained([])
    assert training_summary("net") == {}
    assert epoch_rows("net") == []
    assert epoch_curves([]) == {}


def test_what_curves_are_called():
    row = dict.fromkeys(CURVES, 0.5)
    assert list(epoch_curves([row]).values())[-3:] == [
        "validation macro F1",
        "validation weighted F1",
        "validation mean CCC",
    ]
