"""The protocol that tests the folds of the corpora, and splits that have to keep their parts apart."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.splits.table import split_utterances
from tests.splits.splitting import NO_VAL, alike, settings, study


def in_folds(names, **columns):
    """Six clips of two classes in each of some folds; each fold has two speakers of its own."""
    rows = alike("ab", 3 * len(names), **columns)
    folds = [names[i % len(names)] for i in range(len(rows))]
    speakers = [f"corpus/{fold}{i // len(names) % 2}" for i, fold in enumerate(folds)]
    return rows.assign(official_split=[f"fold_{fold}" for fold in folds], speaker=speakers)


@pytest.mark.parametrize("names", [["1", "2", "3"], ["9", "10", "11"], ["b", "a"]])
def test_each_fold_is_tested_in_turn(names):
    rows = in_folds(names)
    table = split_utterances(rows, settings("given_folds", fractions=NO_VAL))
    tested = table[table["split"] == "test"].groupby("fold")["official_split"].agg(["unique", "size"])
    in_order = sorted(names, key=lambda name: (len(name), name))
    assert [one.tolist() for one in tested["unique"]] == [[f"fold_{name}"] for name in in_order]
    assert tested["size"].tolist() == [6] * len(names)
    assert set(table["split"]) == {"train", "test"}


def test_whole_speakers_validate():
    table = split_utterances(study(1), settings("given_folds"))
    used = table[table["split"] != "unused"]
    assert (used.groupby(["fold", "speaker"])["split"].nunique() == 1).all()
    assert table.groupby("fold")["split"].agg(set).map({"train", "val", "test"}.issubset).all()


def test_clips_validate_where_nobody_knows_the_speakers():
    table = split_utterances(in_folds("123").assign(speaker=None), settings("given_folds"))
    assert table.groupby("fold")["split"].agg(set).map({"train", "val", "test"}.issubset).all()


def test_what_is_in_no_fold_is_always_trained_on():
    rows = in_folds("12")
    rows.loc[0, "official_split"] = None
    table = split_utterances(rows, settings("given_folds", fractions=NO_VAL))
    assert table.loc[table["utterance_id"] == rows["utterance_id"][0], "split"].tolist() == ["train", "train"]


def test_copies_of_what_is_tested_are_unused():
    rows = in_folds("12")
    rows.loc[1, "group"] = rows.loc[0, "group"]
    table = split_utterances(rows, settings("given_folds", fractions=NO_VAL))
    pair = table[table["utterance_id"].isin(rows["utterance_id"][:2])].groupby("fold")["split"]
    assert [sorted(splits) for _, splits in pair] == [["test", "unused"], ["test", "unused"]]


def test_a_part_and_a_fold_stand_side_by_side():
    rows = alike("ab", 9, corpus="msp").assign(speaker=None)
    parts = ["train", "test", "val"] * 6
    rows["official_split"] = [f"{part} fold_{i % 2}" for i, part in enumerate(parts)]
    assert split_utterances(rows, settings("official"))["split"].tolist() == parts
    assert split_utterances(rows, settings("given_folds"))["fold"].max() == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {},
            r"fold '1': 6 .* are of a speaker in another part, such as .*split\.strict is true",
        ),
        ({"speaker": None, "group": "all"}, r"fold '1': 6 .* have a copy in another part"),
    ],
)
def test_a_strict_study_bears_no_crossing(changes, message):
    rows = in_folds("12")
    rows = rows.assign(speaker="corpus/one").assign(**changes)
    with pytest.raises(PipelineError, match=message):
        split_utterances(rows, settings("given_folds", strict=True))


def test_a_strict_official_split():
    rows = alike("ab", 6, corpus="c").assign(official_split=["train", "val", "test"] * 4)
    strict = split_utterances(rows, settings("official", strict=True))
    assert strict["split"].tolist() == rows["official_split"].tolist()
    with pytest.raises(PipelineError, match=r"are of a speaker in another part"):
        split_utterances(rows.assign(speaker="c/one"), settings("official", strict=True))
    assert split_utterances(rows.assign(speaker="c/one"), settings("official"))["split"].tolist() == [
        *rows["official_split"]
    ]


@pytest.mark.parametrize("names", [[], ["1"]])
def test_two_folds_are_needed(names):
    rows = in_folds(names) if names else alike("ab", 3)
    with pytest.raises(PipelineError, match=rf"{len(names)} folds of \d+ utterances, and it needs two: name"):
        split_utterances(rows, settings("given_folds"))
