"""Learning curves are means over the runs that reached an epoch."""

from pipeline.evaluation.history import mean_curves
from tests.evaluation.made_up import dimension_history, history

COLUMNS = ["epoch", "n_runs", "train_loss", "val_loss"]


def test_runs_that_stopped_early_leave_the_mean():
    runs = history(3, seeds=(0, 1))
    runs.loc[runs["seed"] == 1, "train_loss"] += 1
    curves = mean_curves(runs)
    assert curves["epoch"].tolist() == [1, 2, 3]
    assert curves["n_runs"].tolist() == [2, 2, 1]
    assert curves["train_loss"].tolist() == [2.5, 1.5, 2 / 3]


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
