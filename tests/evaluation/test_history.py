"""Learning curves are means over the runs that reached an epoch."""

import numpy as np
import pytest

from pipeline.evaluation.history import mean_curves, spread_curves
from tests.evaluation.made_up import dimension_history, history

COLUMNS = ["epoch", "n_runs", "train_loss", "val_loss"]


def test_runs_that_stopped_early_leave_the_mean():
    runs = history(3, seeds=(0, 1))
    runs.loc[runs["seed"] == 1, "train_loss"] += 1
    curves = mean_curves(runs)
    assert curves["epoch"].tolist() == [1, 2, 3]
    assert curves["n_runs"].tolist() == [2, 2, 1]
    assert curves["train_loss"].tolist() == [2.5, 1.5, 2 / 3]


def test_the_spread_is_that_of_the_runs():
    runs = history(3, seeds=(0, 1))
    runs.loc[runs["seed"] == 1, "train_loss"] += 1
    curves = spread_curves(runs)
    assert list(curves.columns[:4]) == ["epoch", "n_runs", "train_loss", "train_loss_sd"]
    assert curves["train_loss"].tolist() == mean_curves(runs)["train_loss"].tolist()
    assert curves["train_loss_sd"].tolist()[:2] == pytest.approx([0.5**0.5] * 2)
    assert np.isnan(curves["train_loss_sd"].iloc[2])  # of one run that is left


def test_no_epochs_give_no_rows():
    curves = mean_curves(history(1)[:0])
    assert curves.empty
    assert list(curves.columns) == [*COLUMNS, "val_accuracy", "val_uar"]


def test_networks_of_single_targets_are_runs_of_their_own():
    runs = dimension_history(2)
    runs.loc[runs["target"] == "valence", "val_ccc"] += 0.5
    curves = mean_curves(runs)
    assert list(curves.columns) == [*COLUMNS, "val_ccc"]
    assert curves["n_runs"].tolist() == [2, 2]
    assert curves["val_ccc"].round(9).tolist() == [0.15, 0.25]
