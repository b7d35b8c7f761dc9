"""A search's trials, and the best so far: of the completed ones, the more or the less, as the score wants."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from pipeline.core.tables import write_json
from pipeline.evaluation.model_figures import save_trials
from pipeline.evaluation.trials import TRIAL_COLUMNS, monitored, trial_table

STATES = ["diverged", "complete", "pruned", "complete", "complete"]
VALUES = [np.nan, 0.5, 0.9, 0.4, 0.7]


def write_search(models: Path, monitor: str) -> Path:
    models.mkdir(exist_ok=True)
    drawn = {"epochs": 3, "lr": 0.1}
    trials = pd.DataFrame({"number": range(5), "value": VALUES, "state": STATES} | drawn)
    trials.to_csv(models / "trials.csv", index=False)
    write_json(models / "run.json", {"settings": {"monitor": monitor}})
    return models


@pytest.mark.parametrize(
    ("monitor", "best"),
    [("val_uar", [np.nan, 0.5, 0.5, 0.5, 0.7]), ("val_loss", [np.nan, 0.5, 0.5, 0.4, 0.4])],
)
def test_the_best_so_far_is_a_completed_trial(tmp_path, monitor, best):
    table = trial_table(write_search(tmp_path, monitor))
    assert table.columns.tolist() == TRIAL_COLUMNS
    assert table["best"].tolist() == pytest.approx(best, nan_ok=True)
    assert monitored(tmp_path) == monitor


def test_without_a_search_there_are_no_rows(tmp_path):
    assert trial_table(tmp_path).columns.tolist() == TRIAL_COLUMNS
    assert trial_table(tmp_path).empty


def test_trials_that_ended_otherwise_look_otherwise(tmp_path):
    table = trial_table(write_search(tmp_path / "models", "val_uar"))
    save_trials(tmp_path / "some.png", table, "val_uar", "net")
    save_trials(tmp_path / "all.png", table.assign(state="complete"), "val_uar", "net")
    some, every = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("some", "all"))
    assert some.shape == every.shape
    assert (some != every).any()
