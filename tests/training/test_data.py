"""A study's clips and folds."""

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.training.data import check_training, clips_of, folds_of, split_digest, split_seeds_of
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
    )


def test_a_clip_is_there_once_whatever_the_folds(split_table: pd.DataFrame) -> None:
    assert clips_of(split_table)["utterance_id"].tolist() == ["a", "b", "c"]


def test_folds_index_the_clips(split_table: pd.DataFrame) -> None:
    folds = folds_of(split_table, clips_of(split_table))
    assert {fold: {s: rows.tolist() for s, rows in splits.items()} for fold, splits in folds.items()} == {
        0: {"train": [0], "val": [1], "test": [2]},
        1: {"train": [1], "val": [2], "test": [0]},
    }


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


def test_the_digest_changes_with_a_split(split_table: pd.DataFrame) -> None:
    changed = split_table.assign(split="train")
    assert split_digest(split_table) == split_digest(split_table.copy()) != split_digest(changed)


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
