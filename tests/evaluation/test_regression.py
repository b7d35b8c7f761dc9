"""Scores of dimensions against hand counts and an independent computation."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

from pipeline.core.errors import PipelineError
from pipeline.evaluation.agreement import concordance, correlation
from pipeline.evaluation.regression import (
    describe_targets,
    per_target_table,
    residual_line,
    score_targets,
    target_notes,
    target_order,
    target_scores_by_run,
)
from tests.evaluation.made_up import dimension_predictions, predictions, random_dimensions

PER_TARGET_COLUMNS = ["target", "n_test", "ccc", "pcc", "mse", "slope", "intercept"]
TARGETS = ["arousal", "valence"]


def dimensions(truth, predicted, **options):
    return dimension_predictions({"arousal": truth}, {"arousal": predicted}, **options)


def lin(truth, predicted):
    """CCC by its other form: PCC times the bias correction of Lin 1989."""
    x, y = np.asarray(truth, dtype=float), np.asarray(predicted, dtype=float)
    scale, shift = x.std() / y.std(), (x.mean() - y.mean()) / np.sqrt(x.std() * y.std())
    return pearsonr(x, y).statistic * 2 / (scale + 1 / scale + shift**2)


def test_concordance_by_hand():
    # Means 2 and 3, both variances 2/3, covariance 2/3: 2 * 2/3 / (2/3 + 2/3 + 1)
    assert concordance(np.array([1.0, 2, 3]), np.array([2.0, 3, 4])) == pytest.approx(4 / 7)


@pytest.mark.parametrize("seed", range(3))
def test_concordance_and_correlation_as_computed_otherwise(seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 6, size=50).astype(float)  # many ties
    predicted = 0.5 * truth + rng.normal(1, 0.5, size=50)
    assert concordance(truth, predicted) == pytest.approx(lin(truth, predicted))
    assert correlation(truth, predicted) == pytest.approx(np.corrcoef(truth, predicted)[0, 1])


@pytest.mark.parametrize(("factor", "offset"), [(2.0, 0.0), (1.0, 3.0), (0.3, -1.0)])
def test_another_scale_changes_concordance_and_not_correlation(factor, offset):
    truth = np.array([1.0, 2, 4, 5, 3])
    moved = factor * truth + offset
    assert correlation(truth, moved) == pytest.approx(1)
    assert concordance(truth, moved) < 0.95


def test_concordance_has_no_direction():
    truth, predicted = np.array([1.0, 2, 4, 5]), np.array([2.0, 1, 4, 3])
    assert concordance(truth, predicted) == pytest.approx(concordance(predicted, truth))
    assert concordance(truth, truth) == pytest.approx(1)
    assert concordance(truth, 6 - truth) == pytest.approx(-1)


@pytest.mark.parametrize(
    ("truth", "predicted"),
    [([1, 2, 3], [2, 2, 2]), ([2, 2, 2], [1, 2, 3]), ([2, 2], [2, 2]), ([1], [3]), ([], [])],
    ids=str,
)
def test_constant_values_score_zero(truth, predicted):
    values = np.array(truth, dtype=float), np.array(predicted, dtype=float)
    assert concordance(*values) == 0
    assert correlation(*values) == 0


def test_scores_of_two_targets():
    truth = {"arousal": [1, 2, 3], "valence": [1, 3, 5]}
    table = dimension_predictions(truth, {"arousal": [2, 3, 4], "valence": [1, 3, 5]})
    assert score_targets(table, TARGETS) == pytest.approx(
        {
            "ccc": (4 / 7 + 1) / 2,
            "ccc_arousal": 4 / 7,
            "pcc_arousal": 1,
            "mse_arousal": 1,
            "ccc_valence": 1,
            "pcc_valence": 1,
            "mse_valence": 0,
        }
    )


def test_clips_without_a_value_do_not_count_and_are_noted():
    table = dimensions([1, 2, np.nan, 3], [2, 3, 9, 4])
    assert score_targets(table, ["arousal"])["ccc"] == pytest.approx(4 / 7)
    assert target_notes(table, ["arousal"]) == [
        "1 test clips have no value of arousal and do not count for it"
    ]


def test_a_run_is_scored_on_its_folds_together():
    table = dimensions([1, 2, 3, 4], [1, 2, 3, 5]).assign(fold=[0, 0, 1, 1])
    other = dimensions([1, 2, 3, 4], [4, 3, 2, 1], seed=1)
    by_run = target_scores_by_run(pd.concat([table, other]), ["arousal"])
    assert by_run["ccc"].tolist() == pytest.approx([lin([1, 2, 3, 4], [1, 2, 3, 5]), -1])


def test_constant_predictions_are_noted():
    right, constant = dimensions([1, 2, 3], [1, 2, 3]), dimensions([1, 2, 3], [2, 2, 2], seed=1)
    assert target_notes(right, ["arousal"]) == []
    assert target_notes(constant, ["arousal"]) == [
        "predictions of arousal are constant: CCC and PCC are 0 there"
    ]
    assert target_notes(pd.concat([right, constant]), ["arousal"]) == [
        "predictions of arousal are constant in 1 of 2 runs: CCC and PCC are 0 there"
    ]


def test_a_constant_truth_is_noted():
    (note,) = target_notes(dimensions([2, 2], [1, 3]), ["arousal"])
    assert note == "all test clips have the same value of arousal: its CCC and PCC are 0"


def test_the_line_through_the_residuals():
    # Half of the way from the mean of 3: the residual rises by 0.5 a unit
    truth = np.array([1.0, 2, 3, 4, 5])
    assert residual_line(truth, 3 + (truth - 3) / 2) == pytest.approx((0.5, -1.5))
    assert residual_line(truth, truth) == pytest.approx((0, 0))
    assert np.isnan(residual_line(np.array([2.0, 2]), truth[:2])).all()


def test_a_row_a_target():
    table = per_target_table(random_dimensions(40), TARGETS)
    assert table.columns.tolist() == PER_TARGET_COLUMNS
    assert table["target"].tolist() == TARGETS
    scores = score_targets(random_dimensions(40), TARGETS)
    assert table["mse"].tolist() == [scores["mse_arousal"], scores["mse_valence"]]
    assert per_target_table(random_dimensions(40)[:0], TARGETS).columns.tolist() == PER_TARGET_COLUMNS


def test_what_is_predicted_is_read_off_the_columns():
    assert target_order(random_dimensions(4, targets=("valence", "arousal"))) == ["valence", "arousal"]
    assert describe_targets(random_dimensions(4)) == "arousal,valence"
    assert describe_targets(random_dimensions(4)[:0]) == "arousal,valence"
    assert describe_targets(predictions(["sad"], ["sad"])) == "emotion"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (dimensions([1, 2, 3], [1, np.nan, np.inf]), "2 predictions of arousal are no finite numbers"),
        (dimensions([np.nan, np.nan], [1, 2]), "none of 2 test clips has a value of arousal"),
        (dimensions([1, 2], [1, 2])[:0], "no predictions of test clips"),
    ],
)
def test_what_cannot_be_scored(table, message):
    with pytest.raises(PipelineError, match=message):
        target_scores_by_run(table, ["arousal"])
