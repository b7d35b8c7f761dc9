"""Runs and folds: pooled scores and means over folds, by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from pipeline.evaluation.agreement import concordance
from pipeline.evaluation.folds import fold_metrics, fold_table, run_table
from tests.evaluation.made_up import CLASSES, dimension_predictions, predictions, random_predictions

LABELS = ["angry", "happy", "angry", "angry"]


def two_folds(found: list[str], *, seed: int = 0, split_seed: int = 42) -> pd.DataFrame:
    """Predictions of the same four clips, two a fold."""
    table = predictions(LABELS, found, seed=seed)
    return table.assign(fold=[0, 0, 1, 1], split_seed=split_seed)


def test_folds_are_scored_by_themselves():
    table = fold_table(two_folds(["angry", "angry", "angry", "sad"]), CLASSES, [])
    assert table.columns.tolist() == ["split_seed", "seed", "fold", "n_test", "accuracy", "uar", "macro_f1"]
    # The second fold has angry clips alone, of which it finds one of two
    assert table["uar"].tolist() == [0.5, 0.5]
    assert table["macro_f1"].tolist() == pytest.approx([(2 / 3 + 0) / 2, 2 / 3])


def test_means_over_folds_then_over_runs():
    right = two_folds(LABELS)
    half = two_folds(["angry", "angry", "angry", "angry"], seed=1)  # UARs of 0.5 and 1
    found = fold_metrics(pd.concat([right, half]), CLASSES, [])
    assert found["n_folds"] == 2
    assert found["uar_fold_mean"] == pytest.approx((1 + 0.75) / 2)
    assert found["uar_fold_mean_sd"] == pytest.approx(0.25 / 2**0.5)
    assert found["uar_fold_sd"] == pytest.approx((0 + 0.5 / 2**0.5) / 2)


def test_folds_agree_with_scikit_learn():
    table = random_predictions(90, accuracy=0.6).assign(fold=np.repeat([0, 1, 2], 30))
    expected = [
        balanced_accuracy_score(part["label"], part["predicted"]) for _, part in table.groupby("fold")
    ]
    assert fold_table(table, CLASSES, [])["uar"].tolist() == pytest.approx(expected)
    assert fold_metrics(table, CLASSES, [])["uar_fold_sd"] == pytest.approx(np.std(expected, ddof=1))


def test_one_fold_has_no_mean_over_folds():
    table = pd.concat(
        [predictions(LABELS, LABELS), predictions(LABELS, LABELS).assign(split_seed=43, fold=1)]
    )
    assert fold_metrics(table, CLASSES, []) == {"n_folds": 1}


def test_dimensions_of_a_fold_without_two_values_do_not_count():
    values = {"arousal": [1, 2, 3, 3, 3, 3]}
    table = dimension_predictions(values, {"arousal": [1, 3, 2, 1, 2, 3]}).assign(fold=[0, 0, 0, 1, 1, 1])
    expected = concordance(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]))
    found = fold_metrics(table, [], ["arousal"])
    assert found["ccc_fold_mean"] == found["ccc_arousal_fold_mean"] == pytest.approx(expected)
    assert found["ccc_fold_sd"] is None
    assert fold_table(table, [], ["arousal"])["mse_arousal"].tolist() == pytest.approx([2 / 3, 5 / 3])


def test_constant_predictions_of_a_fold_count_as_zero():
    values = {"arousal": [1, 2, 3, 1, 2, 3]}
    table = dimension_predictions(values, {"arousal": [1, 2, 3, 2, 2, 2]}).assign(fold=[0, 0, 0, 1, 1, 1])
    assert fold_metrics(table, [], ["arousal"])["ccc_fold_mean"] == pytest.approx(0.5)


def test_runs_pool_their_folds():
    table = run_table(two_folds(["angry", "angry", "angry", "sad"]), CLASSES, [])
    assert table[["split_seed", "seed", "n_test"]].values.tolist() == [[42, 0, 4]]
    assert table["uar"].tolist() == [pytest.approx((2 / 3 + 0) / 2)]


def test_runs_are_in_the_order_of_splits_and_seeds():
    right, wrong = two_folds(LABELS, seed=2), two_folds(["sad"] * 4, seed=1, split_seed=43)
    table = run_table(pd.concat([wrong, right]), CLASSES, [])
    assert table[["split_seed", "seed", "accuracy"]].values.tolist() == [[42, 2, 1], [43, 1, 0]]


def test_no_clips_give_no_rows():
    nothing = predictions(LABELS, LABELS)[:0]
    assert run_table(nothing, CLASSES, []).columns.tolist() == ["split_seed", "seed", "n_test"]
    assert fold_table(nothing, CLASSES, []).empty
