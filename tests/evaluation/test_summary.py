"""A system's metrics: what they say, their order, and how the protocol is put into words."""

import pandas as pd
import pytest

from pipeline.core.params import load_params
from pipeline.evaluation.summary import describe_protocol, describe_system, summarise
from tests.evaluation import made_up
from tests.evaluation.made_up import predictions, random_predictions

MODEL = {"pretrained": False, "parameters": 1204, "n_train": 70}


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


def test_validation_predictions_do_not_count():
    test = predictions(["angry", "sad"], ["angry", "sad"])
    val = predictions(["angry", "sad"], ["sad", "angry"]).assign(split="val")
    assert summarise(pd.concat([test, val]), {}, MODEL)["accuracy"] == 1.0


def test_a_missing_class_is_noted():
    metrics = summarise(predictions(["angry", "sad"], ["angry", "sad"]), {}, MODEL)
    assert metrics["note"] == "no test clip of happy: averages run over the other classes"
    assert metrics["uar_chance"] == 0.5


def test_metrics_are_flat_and_plain():
    metrics = summarise(random_predictions(50, accuracy=0.7), {"profile": "open"}, MODEL)
    assert {type(value) for value in metrics.values()} <= {str, int, float, bool, type(None)}


@pytest.mark.parametrize(
    ("study", "system", "expected"),
    [
        ({}, {}, "stratified 70/15/15, deduplicated"),
        ({}, {"train_on": ("train", "val")}, "stratified 85/15, deduplicated"),
        ({"protocol": "speaker_independent"}, {}, "speaker-independent 70/15/15, deduplicated"),
        ({"protocol": "leave_one_speaker_out"}, {}, "leave-one-speaker-out, deduplicated"),
        ({"protocol": "speaker_k_fold"}, {}, "5-fold by speaker, deduplicated"),
        ({"protocol": "cross_corpus"}, {}, "cross-corpus, tested on elsewhere, deduplicated"),
        ({"deduplicate": False}, {}, "stratified 70/15/15, duplicates kept on one side"),
        (
            {"deduplicate": False, "group_duplicates": False},
            {},
            "stratified 70/15/15, duplicates kept",
        ),
    ],
)
def test_protocol_in_words(study, system, expected):
    assert describe_protocol(made_up.study(**study), made_up.system(**system), ["elsewhere"]) == expected


@pytest.mark.parametrize("synthetic", [True, False])
def test_any_synthetic_corpus_is_said(synthetic):
    about = describe_system(made_up.params(synthetic=synthetic), "net")
    assert about["synthetic"] is synthetic
    assert about["corpora"] == ("demo_made_up" if synthetic else "made_up")


def test_every_system_of_the_project_can_be_described(root):
    params = load_params(root / "params.yaml")
    keys = {tuple(describe_system(params, system)) for system in params.systems}
    assert keys <= {("profile", "synthetic", "study", "corpora", "protocol")}
