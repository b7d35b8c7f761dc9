"""A study's clips and folds."""

import numpy as np
import pandas as pd
import pytest

from pipeline.config.systems import targets_of
from pipeline.core.errors import PipelineError
from pipeline.training.data import (
    check_training,
    clips_of,
    complete,
    dimensions_of,
    folds_of,
    split_digest,
    split_seeds_of,
)
from tests.training import toy


@pytest.fixture
def split_table() -> pd.DataFrame:
    """Three clips in two folds, in no order."""
    rows = [
        ("c", 0, "test"),
        ("a", 0, "train"),
        ("b", 0, "val"),
        ("a", 1, "test"),
        ("b", 1, "train"),
        ("c", 1, "val"),
    ]
    table = pd.DataFrame(rows, columns=["utterance_id", "fold", "split"])
    return table.assign(
        example_id=table["utterance_id"],
        group=table["utterance_id"],
        split_seed=42,
        corpus="toy",
        speaker="toy/1",
        sex=None,
        label="sad",
        arousal=table["utterance_id"].map({"a": 1.0, "b": 2.0, "c": np.nan}),
        valence=3.0,
        dominance=np.nan,
    )


def test_a_clip_is_there_once_whatever_the_folds(split_table: pd.DataFrame) -> None:
    assert clips_of(split_table)["utterance_id"].tolist() == ["a", "b", "c"]


def test_folds_index_the_clips(split_table: pd.DataFrame) -> None:
    folds = folds_of(split_table, clips_of(split_table))
    assert {fold: {s: rows.tolist() for s, rows in splits.items()} for fold, splits in folds.items()} == {
        0: {"train": [0], "val": [1], "test": [2], "cross": []},
        1: {"train": [1], "val": [2], "test": [0], "cross": []},
    }


def test_clips_of_other_corpora_have_a_split_of_their_own(split_table: pd.DataFrame) -> None:
    other = split_table.iloc[[0, 3]].assign(example_id="z", utterance_id="z", split="cross")
    table = pd.concat([split_table, other])
    folds = folds_of(table, clips_of(table))
    assert [folds[fold]["cross"].tolist() for fold in (0, 1)] == [[3], [3]]


def test_dimensions_come_in_the_order_of_the_clips(split_table: pd.DataFrame) -> None:
    values = dimensions_of(split_table, clips_of(split_table))
    nan = np.nan
    np.testing.assert_array_equal(values, np.float32([[1, 3, nan], [2, 3, nan], [nan, 3, nan]]))
    assert values.dtype == np.float32


def test_augmented_copies_are_examples_of_their_own(split_table: pd.DataFrame) -> None:
    copy = split_table.iloc[[1]].assign(example_id="a#noise=0.0050@42")
    table = pd.concat([split_table, copy])
    clips = clips_of(table)
    assert clips["example_id"].tolist() == ["a", "a#noise=0.0050@42", "b", "c"]
    assert folds_of(table, clips)[0]["train"].tolist() == [0, 1]


def test_unused_rows_are_no_examples(split_table: pd.DataFrame) -> None:
    unused = split_table["utterance_id"] == "b"
    table = split_table.assign(split=split_table["split"].mask(unused, "unused"))
    assert clips_of(table)["utterance_id"].tolist() == ["a", "c"]


def test_a_fold_knows_the_seed_it_was_cut_with(split_table: pd.DataFrame) -> None:
    assert split_seeds_of(split_table.assign(split_seed=split_table["fold"] + 7)) == {0: 7, 1: 8}


@pytest.mark.parametrize("changed", [{"split": "train"}, {"label": "happy"}, {"valence": 3.5}], ids=str)
def test_the_digest_changes_with_splits_and_targets(split_table: pd.DataFrame, changed: dict) -> None:
    different = split_digest(split_table.assign(**changed))
    assert split_digest(split_table) == split_digest(split_table.copy()) != different


def test_what_a_system_predicts() -> None:
    assert targets_of(toy.sklearn_system(**toy.FOREST)) == ["emotion"]
    assert targets_of(toy.torch_system()) == ["emotion"]
    assert targets_of(toy.torch_system(**toy.REGRESSION)) == ["arousal", "valence", "dominance"]


def test_values_come_in_the_order_asked_for() -> None:
    data = toy.study("vectors")
    assert (data.values(["dominance", "arousal"]) == data.dimensions[:, [2, 0]]).all()


def test_only_clips_with_all_targets_are_used() -> None:
    data = toy.study("vectors")
    data.dimensions[0, 1] = data.dimensions[1, 2] = np.nan  # both in train
    used = complete(data, ["arousal", "valence"])
    assert used.folds[0]["train"].tolist() == data.folds[0]["train"].tolist()[1:]
    assert used.folds[0]["val"].tolist() == data.folds[0]["val"].tolist()


def test_classes_need_no_dimensions() -> None:
    data = toy.study("vectors")
    data.dimensions[:] = np.nan
    assert complete(data, ["emotion"]) is data


@pytest.mark.parametrize(
    ("arousal", "found"), [(3.0, 1), (np.nan, 0)], ids=["always the same", "always unknown"]
)
def test_a_dimension_that_does_not_vary_is_refused(arousal: float, found: int) -> None:
    data = toy.study("vectors")
    data.dimensions[data.folds[0]["train"], 0] = arousal
    with pytest.raises(
        PipelineError, match=rf"fold 0 has {found} different value\(s\) of arousal to train on"
    ):
        check_training(data, 0, ["train"], "systems.toy", ["valence", "arousal"])


def test_dimensions_are_learned_whatever_the_labels() -> None:
    data = toy.study("vectors")
    data.clips["label"] = None
    check_training(data, 0, ["train"], "systems.toy", ["valence", "arousal"])


@pytest.mark.parametrize(("kept", "found"), [([0], 1), ([], 0)], ids=["one class", "nothing"])
def test_what_cannot_be_learned_from_is_refused(kept: list[int], found: int) -> None:
    data = toy.study("vectors")
    data.folds[0]["train"] = np.array(kept, dtype=np.int64)
    with pytest.raises(
        PipelineError, match=rf"systems.toy: fold 0 has {found} class\(es\) to train on \(train\)"
    ):
        check_training(data, 0, ["train"], "systems.toy")


def test_a_label_that_is_no_class_is_refused() -> None:
    data = toy.study("vectors")
    data.clips.loc[3, "label"] = "bored"
    with pytest.raises(PipelineError, match=r"labels \['bored'\] are not among the study's classes"):
        check_training(data, 0, ["train"], "systems.toy")
