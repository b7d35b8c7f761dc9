"""The protocols in which corpora say who is tested."""

import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.splits.table import split_utterances
from tests.splits.splitting import NO_VAL, THREE, alike, counts, n_splits_of_each, settings, study


def published(n_train=20, n_val=5, n_test=5, corpus="msp_podcast"):
    """As many clips of each of two classes in each official split, and two more in none."""
    sizes = {"train": n_train, "val": n_val, "test": n_test, None: 1}
    parts = [alike("ab", n, official_split=split, corpus=corpus) for split, n in sizes.items()]
    table = pd.concat(parts, ignore_index=True)
    names = [f"{corpus}/{i:03}" for i in range(len(table))]
    return table.assign(utterance_id=names, group=names, speaker=None)


def splits_of(table):
    return table.set_index("utterance_id")["split"]


def test_as_published():
    table = split_utterances(published(), settings("official"))
    assert table["split"].tolist() == table["official_split"].fillna("unused").tolist()
    assert counts(table) == {"train": 40, "val": 10, "test": 10, "unused": 2}


def test_validation_is_cut_from_training_where_none_is_published():
    """Of 17 clips a class, 15/85 are three."""
    rows = published(n_train=17, n_val=0)
    table = split_utterances(rows, settings("official", seeds=[1, 2]))
    sizes = table.groupby(["split_seed", "label"])["split"].value_counts().unstack()
    assert sizes["val"].tolist() == [3, 3, 3, 3]
    assert sizes["test"].tolist() == [5, 5, 5, 5]
    assert table.groupby("split_seed")["split"].agg("".join).nunique() == 2
    assert set(table.loc[table["split"] == "val", "official_split"]) == {"train"}


def test_only_the_corpus_without_validation_is_cut():
    rows = pd.concat([published(), published(17, 0, corpus="meld")])
    table = split_utterances(rows, settings("official"))
    sizes = table.groupby("corpus")["split"].value_counts().unstack()
    assert sizes["val"].to_dict() == {"msp_podcast": 10, "meld": 6}


def test_copies_in_another_corpus_of_validation_that_is_cut():
    rows = pd.concat([published(), published(20, 0, corpus="meld")])
    rows["group"] = (
        rows["utterance_id"].str.rpartition("/")[2].where(rows["official_split"] == "train", rows["group"])
    )
    table = split_utterances(rows, settings("official"))
    assert n_splits_of_each(table, "group").max() == 1
    assert counts(table) == {"train": 66, "val": 17, "test": 20, "unused": 11}


def test_no_validation_is_cut_where_none_is_wanted():
    table = split_utterances(published(n_val=0), settings("official", fractions=NO_VAL))
    assert counts(table) == {"train": 40, "test": 10, "unused": 2}


def test_test_keeps_its_published_members():
    rows = published()
    train, val, test = (
        rows["utterance_id"][rows["official_split"] == name].iloc[:2].tolist() for name in THREE
    )
    rows.loc[rows["utterance_id"].isin([train[0], val[0], test[0]]), "group"] = "in all three"
    rows.loc[rows["utterance_id"].isin([train[1], val[1]]), "group"] = "in two"
    found = splits_of(split_utterances(rows, settings("official")))
    assert found[[train[0], val[0], test[0]]].tolist() == ["unused", "unused", "test"]
    assert found[[train[1], val[1]]].tolist() == ["unused", "val"]
    leaking = splits_of(split_utterances(rows, settings("official", group_duplicates=False)))
    assert leaking[[train[0], val[0], test[0]]].tolist() == ["train", "val", "test"]


def test_copies_in_validation_that_is_cut():
    """Groups of ten: four of the first class, three of the second, and one of 6 to train on and 4 to test."""
    rows = published(n_train=38, n_val=0)
    rows["group"] = rows["group"].str[:-1]
    table = split_utterances(rows, settings("official"))
    assert n_splits_of_each(table, "group").max() == 1
    assert counts(table) == {"train": 50, "val": 20, "test": 10, "unused": 6 + 2}


@pytest.mark.parametrize("seed", range(3))
def test_one_corpus_is_tested_and_speakers_of_the_others_validate(seed):
    table = split_utterances(study(seed, 600, 20), settings("cross_corpus", seeds=[seed]))
    assert set(table.loc[table["corpus"] == "ravdess", "split"]) == {"test"}
    others = table[table["corpus"] == "tess"]
    assert set(others["split"]) == {"train", "val"}
    share = (others["split"] == "val").mean()
    assert 0.1 < share < 0.26
    assert others.groupby("split")["label"].nunique()["train"] == 3


def test_without_speakers_every_class_validates():
    """15/85 of 34 clips are six."""
    rows = pd.concat([alike("ab", 34, corpus="meld"), alike("cd", 5, corpus="ravdess")]).assign(speaker=None)
    table = split_utterances(rows, settings("cross_corpus"))
    sizes = table.groupby("label")["split"].value_counts().to_dict()
    assert sizes == {("a", "train"): 28, ("a", "val"): 6, ("b", "train"): 28, ("b", "val"): 6} | {
        ("c", "test"): 5,
        ("d", "test"): 5,
    }


def test_speakers_known_in_one_corpus_only():
    rows = study(4)
    meld = alike("ab", 34, corpus="meld").assign(speaker=None)
    table = split_utterances(pd.concat([rows, meld]), settings("cross_corpus"))
    assert n_splits_of_each(table, "speaker").max() == 1
    assert counts(table[table["corpus"] == "meld"]) == {"train": 56, "val": 12}
    assert set(table.loc[table["corpus"] == "tess", "split"]) == {"train", "val"}


def test_copies_of_what_another_corpus_tests_are_unused():
    rows = study(5)
    first = rows.drop_duplicates("corpus")["group"]
    rows.loc[rows["group"].isin(first), "group"] = "both"
    table = split_utterances(rows, settings("cross_corpus"))
    both = table[table["group"] == "both"]
    assert both.groupby("corpus")["split"].unique().map(list).to_dict() == {
        "ravdess": ["test"],
        "tess": ["unused"],
    }
    assert (table["split"] == "unused").sum() == (both["corpus"] == "tess").sum()


def test_several_seeds_without_validation():
    with pytest.raises(PipelineError, match=r"split\.protocol cross_corpus nothing is random"):
        split_utterances(study(1), settings("cross_corpus", seeds=[1, 2], fractions=NO_VAL))


ONE_SPEAKER = pd.concat(
    [alike("ab", 9, corpus="tess").assign(speaker="tess/OAF"), alike("cd", 5, corpus="ravdess")]
)


@pytest.mark.parametrize(
    ("table", "chosen", "message"),
    [
        (
            published(n_test=0),
            settings("official"),
            r"msp_podcast publishes no official split .* among the 52",
        ),
        (published(n_train=0), settings("official"), r"msp_podcast publishes no official split"),
        (
            pd.concat([published(), alike("ab", 5, corpus="tess")]),
            settings("official"),
            r"tess publishes no official split .*leave tess out of the study",
        ),
        (
            published(n_train=1, n_val=0),
            settings("official"),
            r"class 'a' has 1 recordings, and there are 2 splits \(train and val\)",
        ),
        (published().assign(group="all"), settings("official"), r"split\.group_duplicates to false"),
        (
            published().replace("val", "dev"),
            settings("official"),
            r"official_split \['dev'\] of msp_podcast/040",
        ),
        (
            study(1),
            settings("cross_corpus", test_corpora=[]),
            r"test_corpora is empty; cross_corpus expects some of ravdess, tess",
        ),
        (
            study(1),
            settings("cross_corpus", test_corpora=["tes"]),
            r"split\.test_corpora: unknown corpus 'tes', did you mean 'tess'\?; known: ravdess, tess",
        ),
        (
            study(1),
            settings("cross_corpus", test_corpora=["tess", "ravdess"]),
            r"test_corpora are all corpora of the study \(ravdess, tess\)",
        ),
        (study(1).assign(group="all"), settings("cross_corpus"), r"every recording outside .*has a copy"),
        (ONE_SPEAKER, settings("cross_corpus"), r"1 independent speaker is left .*fractions\.val to 0"),
    ],
)
def test_what_cannot_be_divided(table, chosen, message):
    with pytest.raises(PipelineError, match=message):
        split_utterances(table, chosen)


def test_one_speaker_suffices_where_nobody_validates():
    table = split_utterances(
        ONE_SPEAKER, settings("cross_corpus", fractions={**THREE, "train": 0.85, "val": 0.0})
    )
    assert counts(table) == {"train": 18, "test": 10}
