import pandas as pd
import pytest

from pipeline.curation.given_split import crossings, given_folds, given_parts

ROWS = pd.DataFrame({"official_split": ["train", "fold_2", "val fold_10", "test fold_a b", None]})


def test_parts_and_folds():
    assert given_parts(ROWS).fillna("").tolist() == ["train", "", "val", "test", ""]
    assert given_folds(ROWS).fillna("").tolist() == ["", "2", "10", "a b", ""]


def rows(*clips, corpus="c"):
    """Clips of (speaker, group, official split)."""
    table = pd.DataFrame(clips, columns=["speaker", "group", "official_split"])
    return table.assign(corpus=corpus, status="ok")


@pytest.mark.parametrize(
    ("clips", "found"),
    [
        ([("c/a", "1", "train"), ("c/b", "2", "test"), (None, "3", "test")], []),
        (
            [("c/a", "1", "train"), ("c/a", "2", "test"), ("c/b", "3", "test")],
            ["c: 1 of 2 speakers that its own split tests are trained on as well, such as c/a"],
        ),
        (
            [("c/a+b", "1", "val"), ("c/b", "2", "test")],
            ["c: 1 of 1 speakers that its own split tests are trained on as well, such as c/b"],
        ),
        (
            [("c/a", "1", "train"), ("c/b", "1", "test")],
            ["c: 1 of 1 recordings that its own split tests are trained on as well, such as 1"],
        ),
        (
            [("c/a", "1", "fold_1"), ("c/a", "2", "fold_2"), ("c/b", "2", "fold_1")],
            [
                "c: 1 of 2 speakers are in several of its own folds, such as c/a",
                "c: 1 of 2 recordings are in several of its own folds, such as 2",
            ],
        ),
        ([("c/a", "1", None), ("c/a", "1", "train")], []),
    ],
)
def test_who_crosses(clips, found):
    assert crossings(rows(*clips)) == found


def test_what_cannot_be_used_crosses_nothing():
    table = rows(("c/a", "1", "train"), ("c/a", "2", "test")).assign(status=["ok", "quarantined"])
    assert crossings(table) == []
    assert crossings(table.iloc[:0]) == []
