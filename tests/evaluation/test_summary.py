"""A system's metrics: what they say, of classes and of dimensions."""

import json

import pandas as pd
import pytest

from pipeline.evaluation.summary import summarise
from tests.evaluation.made_up import (
    dimension_predictions,
    elsewhere,
    predictions,
    random_dimensions,
    random_predictions,
)

MODEL = {"pretrained": False, "random_weights": False, "parameters": 1204, "n_train": 70}


def test_metrics_of_two_seeds():
    right = predictions(["angry", "happy", "sad", "sad"], ["angry", "happy", "sad", "sad"])
    half = predictions(["angry", "happy", "sad", "sad"], ["angry", "happy", "angry", "angry"], seed=1)
    metrics = summarise(pd.concat([right, half]), {"profile": "open"}, MODEL)
    assert metrics["status"] == "trained"
    assert (metrics["n_test"], metrics["n_seeds"], metrics["n_train"]) == (4, 2, 70)
    assert metrics["accuracy"] == pytest.approx(0.75)
    assert metrics["accuracy_sd"] == pytest.approx(0.5 / 2**0.5)
    assert metrics["uar"] == pytest.approx((1 + 2 / 3) / 2)
    assert metrics["accuracy_low"] <= 0.75 <= metrics["accuracy_high"]
    assert metrics["majority_accuracy"] == 0.5
    assert "note" not in metrics


def test_folds_are_averaged_besides():
    # By fold the UARs are 1, and 0; pooled, angry is found in 1 of 3
    table = predictions(["angry", "angry", "angry"], ["angry", "sad", "sad"]).assign(fold=[0, 1, 1])
    scores = summarise(table, {}, MODEL)
    assert (scores["uar"], scores["uar_fold_mean"], scores["n_folds"]) == (pytest.approx(1 / 3), 0.5, 2)
    assert scores["uar_fold_sd"] == pytest.approx(0.5**0.5)


def test_a_system_that_always_says_the_same_is_noted():
    scores = summarise(predictions(["angry", "happy", "sad"], ["sad"] * 3), {}, MODEL)
    assert scores["note"] == "all predictions are sad"
    assert scores["uar"] == scores["uar_chance"] == pytest.approx(1 / 3)


def test_validation_predictions_do_not_count():
    test = predictions(["angry", "sad"], ["angry", "sad"])
    val = predictions(["angry", "sad"], ["sad", "angry"]).assign(split="val")
    assert summarise(pd.concat([test, val]), {}, MODEL)["accuracy"] == 1.0


def test_a_missing_class_is_noted():
    metrics = summarise(predictions(["angry", "sad"], ["angry", "sad"]), {}, MODEL)
    assert metrics["note"] == "no test clip of happy: averages run over the other classes"
    assert metrics["uar_chance"] == 0.5
    assert metrics["average_precision"] == 1.0


def test_metrics_are_flat_and_plain():
    metrics = summarise(random_predictions(50, accuracy=0.7), {"profile": "open"}, MODEL)
    assert {type(value) for value in metrics.values()} <= {str, int, float, bool, type(None)}


def test_metrics_of_dimensions():
    right = dimension_predictions({"arousal": [1, 2, 3, 4]}, {"arousal": [1, 2, 3, 4]})
    wrong = dimension_predictions({"arousal": [1, 2, 3, 4]}, {"arousal": [4, 3, 2, 1]}, seed=1)
    metrics = summarise(pd.concat([right, wrong]), {"profile": "open"}, MODEL)
    assert metrics["targets"] == "arousal"
    assert (metrics["n_test"], metrics["n_seeds"]) == (4, 2)
    assert metrics["ccc"] == metrics["ccc_arousal"] == pytest.approx(0, abs=1e-12)
    assert metrics["ccc_sd"] == pytest.approx(2 / 2**0.5)
    assert metrics["mse_arousal"] == pytest.approx((0 + 5) / 2)
    assert metrics["interval_over"] == "clips"
    assert not [name for name in metrics if "accuracy" in name or "uar" in name]


def test_metrics_of_dimensions_are_flat_plain_and_finite():
    tables = [random_dimensions(40), elsewhere(random_dimensions(40))]
    metrics = summarise(pd.concat(tables), {"profile": "open"}, MODEL)
    assert {type(value) for value in metrics.values()} <= {str, int, float, bool, type(None)}
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert metrics["ccc_low"] < metrics["ccc"] < metrics["ccc_high"]


def test_constant_predictions_of_a_dimension_score_zero_and_are_noted():
    metrics = summarise(dimension_predictions({"arousal": [1, 2]}, {"arousal": [3, 3]}), {}, MODEL)
    scores = [metrics[name] for name in ("ccc", "ccc_low", "ccc_high", "pcc_arousal")]
    assert scores == [0, 0, 0, 0]
    assert metrics["note"] == "predictions of arousal are constant: CCC and PCC are 0 there"


def test_clips_of_other_corpora_have_scores_of_their_own():
    own = predictions(["angry", "happy", "sad"], ["angry", "happy", "sad"])
    other = elsewhere(predictions(["angry", "sad"], ["sad", "sad"]))
    metrics = summarise(pd.concat([own, other]), {}, MODEL)
    assert (metrics["accuracy"], metrics["n_test"]) == (1.0, 3)
    assert (metrics["cross_accuracy"], metrics["cross_n_test"], metrics["cross_corpora"]) == (0.5, 2, "other")
    assert metrics["note"] == "other has no clip of happy, which does not count there"
