"""Who is trained on and tested is told, wherever a protocol says that there are none."""

import pandas as pd
import pytest

from pipeline.splits.known_speakers import known_speakers, known_speakers_warning

COLUMNS = ["fold", "split", "label", "speaker", "n"]
COUNTS = pd.DataFrame(
    [
        (0, "train", "a", "c/Ann", 5),
        (0, "train", "a", "c/Bob+Cid", 1),
        (0, "val", "a", "c/Dan", 2),
        (0, "train", "a", "", 3),
        (0, "test", "a", "c/Ann", 2),
        (0, "test", "a", "c/Cid", 3),
        (0, "test", "a", "c/Dan", 4),
        (0, "test", "a", "c/Eve", 8),
        (0, "test", "a", "", 1),
        (0, "cross", "a", "d/Ann", 7),
        (1, "train", "a", "c/Eve", 1),
        (1, "test", "a", "c/Ann", 9),
    ],
    columns=COLUMNS,
)


@pytest.mark.parametrize(
    ("train_on", "expected"),
    [(["train"], ["c/Ann", "c/Cid"]), (["train", "val"], ["c/Ann", "c/Cid", "c/Dan"]), ([], [])],
)
def test_by_fold_and_by_voice(train_on, expected):
    assert known_speakers(COUNTS, train_on)["speaker"].tolist() == expected


def test_one_who_is_tested_together_with_another():
    counts = pd.DataFrame([(0, "train", "a", "c/Ann", 1), (0, "test", "a", "c/Ann+Bob", 1)], columns=COLUMNS)
    assert len(known_speakers(counts, ["train"])) == 1


@pytest.mark.parametrize(
    ("new_speakers", "says"), [(True, "says that there are none"), (None, "leaves that to the corpora")]
)
def test_what_is_said(new_speakers, says):
    assert known_speakers_warning(COUNTS, ["train"], "official", new_speakers) == (
        f"5 of 34 tested clips are of 2 speakers who are trained on, such as c/Ann; protocol official {says}: do "
        "not take the scores for those of new speakers"
    )


def test_a_protocol_that_says_so_needs_no_warning():
    assert known_speakers_warning(COUNTS, ["train"], "stratified", False) is None
    assert known_speakers_warning(COUNTS, [], "official", None) is None


def test_counts_that_were_read_from_a_file_are_the_same(tmp_path):
    COUNTS.to_csv(tmp_path / "counts.csv", index=False)
    read = pd.read_csv(tmp_path / "counts.csv")
    assert known_speakers(read, ["train"])["n"].tolist() == [2, 3]
