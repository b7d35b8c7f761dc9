"""The tables made of outcomes."""

import numpy as np

from pipeline.core.schemas import predictions_schema
from pipeline.training.outcome import (
    HISTORY_COLUMNS,
    Outcome,
    history_table,
    join_networks,
    model_facts,
    predictions_table,
    rows_to_predict,
)
from tests.training import toy


def outcome(seed: int, rows: dict[str, list[int]], probabilities: dict[str, list[list[float]]]) -> Outcome:
    arrays = {split: np.array(values) for split, values in probabilities.items()}
    facts = {"parameters": 10 + seed, "n_train": 24, "best_epoch": seed}
    row = {"epoch": 1, "train_loss": 1.0, "val_loss": 1.0, "val_accuracy": 0.5, "val_uar": 0.5, "lr": 0.1}
    indices = {split: np.array(index) for split, index in rows.items()}
    return Outcome(seed, 0, indices, arrays, facts, [row], {"seconds": 2.5, "epochs": 1, "peak": seed})


def test_validation_clips_are_predicted_where_they_have_no_other_use() -> None:
    data = toy.study("vectors")
    rows = rows_to_predict(data, 0, toy.sklearn_system(**toy.FOREST))
    assert {split: len(index) for split, index in rows.items()} == {"test": 6, "val": 6}


def test_what_is_trained_on_is_not_predicted() -> None:
    data = toy.study("vectors")
    rows = rows_to_predict(data, 0, toy.sklearn_system(**toy.FOREST, train_on=["train", "val"]))
    assert {split: len(index) for split, index in rows.items()} == {"test": 6}


def test_clips_of_other_corpora_are_predicted_besides() -> None:
    data = toy.study("vectors")
    data.folds[0]["cross"] = data.folds[0]["val"][:4]
    rows = rows_to_predict(data, 0, toy.sklearn_system(**toy.FOREST))
    assert rows["cross"].tolist() == data.folds[0]["val"][:4].tolist()


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


def test_a_table_of_classes_has_its_columns() -> None:
    table = predictions_table(toy.study("vectors"), [outcome(1, {"test": [5]}, {"test": [[0.0, 1.0, 0.0]]})])
    assert set(predictions_schema(toy.CLASSES).names) <= set(table.columns)
    assert predictions_schema(toy.CLASSES).names[-4:] == ["predicted", "p_angry", "p_happy", "p_sad"]


def test_values_of_dimensions_stand_beside_the_true_ones() -> None:
    data = toy.study("vectors")
    targets = ["valence", "arousal"]
    values = {"test": [[3.1234567, 2.0], [4.0, 5.0]]}
    table = predictions_table(data, [outcome(1, {"test": [4, 3]}, values)], targets)
    columns = ["t_valence", "y_valence", "t_arousal", "y_arousal"]
    assert predictions_schema(toy.CLASSES, targets).names[-5:] == ["label", *columns]
    assert table["y_valence"].tolist() == [4.0, np.float32(3.123457)]
    assert table["y_arousal"].tolist() == [5.0, 2.0]
    assert (
        table[["t_valence", "t_arousal"]].to_numpy().tolist() == data.dimensions[[3, 4]][:, [1, 0]].tolist()
    )
    assert table[columns].dtypes.unique().tolist() == [np.float32]
    assert not {"predicted", "p_sad"} & set(table.columns)


def test_networks_of_one_target_each_are_joined() -> None:
    arousal = outcome(1, {"test": [4, 3]}, {"test": [[1.0], [2.0]]})
    valence = outcome(2, {"test": [4, 3]}, {"test": [[3.0], [4.0]]})
    joined = join_networks({"arousal": arousal, "valence": valence})
    assert joined.probabilities["test"].tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert joined.facts == {"parameters": 23, "n_train": 24, "best_epoch": {"arousal": 1, "valence": 2}}
    assert joined.record == {"seconds": 5.0, "epochs": 2, "peak": 2}
    history = history_table([joined])
    assert history["target"].tolist() == ["arousal", "valence"]
    assert history["val_ccc"].isna().all()


def test_one_network_has_no_target_of_its_own() -> None:
    joined = join_networks({"": outcome(1, {"test": [4]}, {"test": [[0.0, 1.0, 0.0]]})})
    assert joined.facts["best_epoch"] == 1
    assert history_table([joined])["target"].tolist() == [""]


def test_history_of_a_system_without_epochs_has_its_columns() -> None:
    assert list(history_table([]).columns) == list(history_table([outcome(1, {}, {})]).columns)
    assert list(history_table([]).columns) == HISTORY_COLUMNS
    assert history_table([]).empty


def test_facts_are_those_of_the_largest_model() -> None:
    data = toy.study("vectors")
    system = toy.sklearn_system(**toy.FOREST)
    facts = model_facts(data, system, [outcome(1, {}, {}), outcome(2, {}, {})])
    assert (facts["parameters"], facts["n_train"]) == (12, 24)
    assert facts["n_left_out"] == 0


def test_facts_count_the_clips_without_a_target() -> None:
    data = toy.study("vectors")
    data.dimensions[[0, 7], [0, 1]] = np.nan  # one of arousal, one of valence
    system = toy.torch_system(**{**toy.REGRESSION, "targets": ["arousal"]})
    assert model_facts(data, system, [outcome(1, {}, {})])["n_left_out"] == 1
