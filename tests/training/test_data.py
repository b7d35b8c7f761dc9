"""A study's clips and folds."""

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.training.data import check_training, clips_of, folds_of, split_digest
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
    return table.assign(corpus="toy", speaker="toy/1", sex=None, label="sad")


def test_a_clip_is_there_once_whatever_the_folds(split_table: pd.DataFrame) -> None:
    assert clips_of(split_table)["utterance_id"].tolist() == ["a", "b", "c"]


def test_folds_index_the_clips(split_table: pd.DataFrame) -> None:
    folds = folds_of(split_table, clips_of(split_table))
    assert {fold: {s: rows.tolist() for s, rows in splits.items()} for fold, splits in folds.items()} == {
        0: {"train": [0], "val": [1], "test": [2]},
        1: {"train": [1], "val": [2], "test": [0]},
    }


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
