"""The tables made of outcomes."""

import numpy as np

from pipeline.training.outcome import Outcome, history_table, model_facts, predictions_table, rows_to_predict
from tests.training import toy


def outcome(seed: int, rows: dict[str, list[int]], probabilities: dict[str, list[list[float]]]) -> Outcome:
    arrays = {split: np.array(values) for split, values in probabilities.items()}
    facts = {"parameters": 10 + seed, "n_train": 24}
    row = {"epoch": 1, "train_loss": 1.0, "val_loss": 1.0, "val_accuracy": 0.5, "val_uar": 0.5, "lr": 0.1}
    return Outcome(
        seed, 0, {split: np.array(index) for split, index in rows.items()}, arrays, facts, [row], {}
    )


def test_validation_clips_are_predicted_where_they_have_no_other_use() -> None:
    data = toy.study("vectors")
    rows = rows_to_predict(data, 0, toy.sklearn_system(**toy.FOREST))
    assert {split: len(index) for split, index in rows.items()} == {"test": 6, "val": 6}


def test_what_is_trained_on_is_not_predicted() -> None:
    data = toy.study("vectors")
    rows = rows_to_predict(data, 0, toy.sklearn_system(**toy.FOREST, train_on=["train", "val"]))
    assert {split: len(index) for split, index in rows.items()} == {"test": 6}


def test_predictions_are_sorted_rounded_and_named() -> None:
    data = toy.study("vectors")
    probabilities = {"test": [[0.5, 0.25, 0.25], [1 / 3, 1 / 3 - 1e-9, 1 / 3]], "val": [[0.0, 0.1, 0.9]]}
    later = outcome(2, {"test": [4, 3], "val": [0]}, probabilities)
    earlier = outcome(1, {"test": [5]}, {"test": [[0.0, 1.0, 0.0]]})
    table = predictions_table(data, [later, earlier])
    assert table["seed"].tolist() == [1, 2, 2, 2]
    assert table["split"].tolist() == ["test", "test", "test", "val"]
    assert table["utterance_id"].tolist() == ["toy/005", "toy/003", "toy/004", "toy/000"]
    assert table["predicted"].tolist() == ["happy", "angry", "angry", "sad"]
    assert table["p_angry"].tolist() == [0.0, np.float32(0.333333), 0.5, 0.0]
    assert table["p_angry"].dtype == np.float32


def test_history_of_a_system_without_epochs_has_its_columns() -> None:
    assert list(history_table([]).columns) == list(history_table([outcome(1, {}, {})]).columns)
    assert history_table([]).empty


def test_facts_are_those_of_the_largest_model() -> None:
    data = toy.study("vectors")
    system = toy.sklearn_system(**toy.FOREST)
    facts = model_facts(data, system, [outcome(1, {}, {}), outcome(2, {}, {})])
    assert (facts["pretrained"], facts["parameters"], facts["n_train"]) == (False, 12, 24)
