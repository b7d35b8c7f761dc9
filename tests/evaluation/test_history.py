"""Learning curves are means over the runs that reached an epoch."""

from pipeline.evaluation.history import CURVE_COLUMNS, mean_curves
from tests.evaluation.made_up import history


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
    assert list(curves.columns) == CURVE_COLUMNS
