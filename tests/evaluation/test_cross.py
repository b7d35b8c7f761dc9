"""Other corpora: every model is scored by itself, then folds are averaged, then runs."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

from pipeline.evaluation.cross import cross_metrics, cross_notes
from tests.evaluation.made_up import (
    CLASSES,
    dimension_predictions,
    elsewhere,
    predictions,
    random_dimensions,
    random_predictions,
)

LABELS = ["angry", "happy", "sad", "sad"]


def classes_of(*found, **options):
    """Predictions of the same clips of another corpus by one model a fold."""
    tables = [
        elsewhere(predictions(LABELS, predicted, **options), fold=fold)
        for fold, predicted in enumerate(found)
    ]
    return pd.concat(tables)


def test_models_are_scored_by_themselves_and_averaged():
    right, half = LABELS, ["angry", "angry", "sad", "angry"]  # recalls 1, 0 and 1/2
    metrics = cross_metrics(classes_of(right, half), CLASSES, [])
    assert metrics == {
        "cross_corpora": "other",
        "cross_n_test": 4,
        "cross_uar": pytest.approx((1 + 0.5) / 2),
        "cross_uar_sd": None,
        "cross_accuracy": pytest.approx((1 + 0.5) / 2),
        "cross_accuracy_sd": None,
    }


def test_runs_are_averaged_after_folds():
    first = classes_of(LABELS, LABELS, seed=0)
    second = classes_of(LABELS, ["sad"] * 4, seed=1)  # accuracies 1 and 1/2
    metrics = cross_metrics(pd.concat([first, second]), CLASSES, [])
    assert metrics["cross_accuracy"] == pytest.approx((1 + 0.75) / 2)
    assert metrics["cross_accuracy_sd"] == pytest.approx(0.25 / 2**0.5)
    assert metrics["cross_n_test"] == 4


def test_several_corpora_count_alike_however_large():
    small, large = predictions(LABELS, LABELS), predictions(["sad"] * 40, ["angry"] * 40)
    both = pd.concat([elsewhere(small, corpus="small"), elsewhere(large, corpus="large")])
    metrics = cross_metrics(both, CLASSES, [])
    assert metrics["cross_corpora"] == "large,small"
    assert metrics["cross_accuracy"] == 0.5


def test_dimensions_are_scored_by_correlation():
    tables = [elsewhere(random_dimensions(30, noise=noise), fold=fold) for fold, noise in enumerate((0.2, 2))]
    metrics = cross_metrics(pd.concat(tables), [], ["arousal", "valence"])
    expected = [pearsonr(table["t_arousal"], table["y_arousal"]).statistic for table in tables]
    assert metrics["cross_pcc_arousal"] == pytest.approx(np.mean(expected), abs=1e-6)
    assert {"cross_pcc_valence", "cross_pcc_valence_sd"} < metrics.keys()
    assert "cross_uar" not in metrics


def test_another_scale_is_of_no_account():
    seven = random_dimensions(30, targets=("arousal",))
    stretched = seven.assign(t_arousal=1.5 * seven["t_arousal"] - 0.5)
    plain, other = (cross_metrics(elsewhere(table), [], ["arousal"]) for table in (seven, stretched))
    assert plain["cross_pcc_arousal"] == pytest.approx(other["cross_pcc_arousal"])


def test_constant_predictions_have_no_correlation():
    table = elsewhere(dimension_predictions({"arousal": [1, 2, 3]}, {"arousal": [2, 2, 2]}))
    assert cross_metrics(table, [], ["arousal"])["cross_pcc_arousal"] == 0


def test_what_a_corpus_does_not_rate_is_missing_and_noted():
    rated, not_rated = random_dimensions(20), random_dimensions(20).assign(t_valence=np.nan)
    one = elsewhere(not_rated)
    assert cross_metrics(one, [], ["arousal", "valence"])["cross_pcc_valence"] is None
    assert cross_notes(one, [], ["arousal", "valence"]) == [
        "other has no value of valence, which does not count there"
    ]
    two = pd.concat([one, elsewhere(rated, corpus="rated")])
    alone = cross_metrics(elsewhere(rated, corpus="rated"), [], ["arousal", "valence"])
    both = cross_metrics(two, [], ["arousal", "valence"])
    assert both["cross_pcc_valence"] == alone["cross_pcc_valence"]


def test_a_class_that_a_corpus_lacks_is_noted():
    table = elsewhere(predictions(["sad", "angry"], ["sad", "sad"]))
    assert cross_metrics(table, CLASSES, [])["cross_uar"] == 0.5
    assert cross_notes(table, CLASSES, []) == ["other has no clip of happy, which does not count there"]


def test_without_other_corpora_there_is_nothing():
    table = random_predictions(20, accuracy=0.5)
    assert cross_metrics(table, CLASSES, []) == {}
    assert cross_notes(table, CLASSES, []) == []
