"""Corpora that are tested besides: who is in it, and what never is."""

import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.splits.protocols import PROTOCOLS
from pipeline.splits.table import count_splits, split_utterances, untrained_classes
from tests.splits.splitting import alike, counts, dialogues, resampling, settings, study

BESIDES = {"also_test": ["msp_podcast"], "test_corpora": []}
SPLIT_PROTOCOLS = [name for name in PROTOCOLS if name != "cross_corpus"]


def elsewhere(*, official=True):
    """Ten clips of each of two classes, of which the publisher tests the last three, where it has splits."""
    clips = alike("ab", 10, corpus="msp_podcast")
    clips["utterance_id"] = "msp/" + clips["utterance_id"]
    tested = clips.groupby("label").cumcount() >= 7
    return clips.assign(official_split=tested.map({True: "test", False: "train"}) if official else None)


def both(**options):
    return pd.concat([dialogues(), elsewhere(**options)], ignore_index=True)


def cross_of(table):
    return table[table["split"] == "cross"]


@pytest.mark.parametrize(("official", "n"), [(True, 6), (False, 20)])
def test_the_official_test_part_or_all_of_it(official, n):
    table = split_utterances(both(official=official), settings(**BESIDES))
    assert counts(table)["cross"] == n
    assert set(cross_of(table)["corpus"]) == {"msp_podcast"}
    assert set(table.loc[table["corpus"] == "msp_podcast", "split"]) <= {"cross", "unused"}


def test_every_fold_has_them():
    table = split_utterances(both(), settings("leave_one_speaker_out", **BESIDES))
    by_fold = cross_of(table).groupby("fold")["utterance_id"].agg(tuple)
    assert len(by_fold) == 10
    assert by_fold.nunique() == 1
    assert (table.groupby("fold")["utterance_id"].nunique() == len(both())).all()


@pytest.mark.parametrize("protocol", SPLIT_PROTOCOLS)
def test_what_is_split_is_split_as_without_them(protocol):
    rows = study(1).assign(corpus="ravdess")
    alone = split_utterances(rows, settings(protocol, test_corpora=[]))
    besides = split_utterances(pd.concat([rows, elsewhere()]), settings(protocol, **BESIDES))
    kept = besides[besides["corpus"] != "msp_podcast"].reset_index(drop=True)
    assert kept[["example_id", "fold", "split"]].equals(alone[["example_id", "fold", "split"]])


@pytest.mark.parametrize("group_duplicates", [True, False])
def test_copies_of_what_a_fold_learns_from_are_unused(group_duplicates):
    rows = both(official=False)
    spoken = rows["speaker"].isin(["iemocap/Ses1F", "msp_podcast/a000", "a000"]) & rows["label"].eq("a")
    rows.loc[spoken, "group"] = "copied"
    chosen = settings("leave_one_speaker_out", **BESIDES, group_duplicates=group_duplicates)
    copy = split_utterances(rows, chosen).query("utterance_id == 'msp/a000@0'")
    # Fold 0 tests Ses1F itself, fold 1 validates on it, and the others train on it
    assert copy["split"].tolist() == ["cross"] + ["unused"] * 9


def test_a_copy_of_what_is_tested_is_not_called_leaking():
    rows = both(official=False)
    rows.loc[rows["utterance_id"].isin(["Ses1F_a0", "msp/a000@0"]), "group"] = "copied"
    table = split_utterances(rows, settings("leave_one_speaker_out", **BESIDES))
    assert count_splits(table)["n_shared"].sum() == 0


@pytest.mark.parametrize("method", ["undersample", "oversample", "augment"])
def test_they_are_not_resampled(method):
    uneven = both().drop(index=[0, 1, 2])
    plain = split_utterances(uneven, settings(**BESIDES))
    resampled = split_utterances(uneven, settings(**BESIDES, resampling=resampling(method)))
    assert counts(resampled) != counts(plain)
    assert cross_of(resampled)["example_id"].tolist() == cross_of(plain)["example_id"].tolist()
    assert cross_of(resampled)["transform"].isna().all()


def test_they_are_counted():
    table = split_utterances(both(), settings("leave_one_speaker_out", **BESIDES))
    tally = count_splits(table)
    assert tally.loc[tally["split"] == "cross", "n"].sum() == 6 * 10


def test_a_class_that_only_they_have_is_known_as_untrained():
    rows = both(official=False)
    rows.loc[rows["utterance_id"] == "msp/a000@0", "label"] = "c"
    tally = count_splits(split_utterances(rows, settings(**BESIDES)))
    assert untrained_classes(tally) == {"c": 1}


def test_the_order_of_the_rows_is_of_no_account():
    shuffled = both().sample(frac=1, random_state=3)
    chosen = settings("k_fold", **BESIDES)
    assert split_utterances(both(), chosen).equals(split_utterances(shuffled, chosen))


def test_without_anybody_to_train_on_there_is_nothing():
    assert split_utterances(elsewhere(), settings(**BESIDES)).empty


@pytest.mark.parametrize(
    ("rows", "chosen", "message"),
    [
        (
            both(),
            {"corpora": ["iemocap", "msp_podcast"]},
            r"also_test names msp_podcast, which split\.corpora",
        ),
        (both(), {"test_corpora": ["msp_podcast"]}, r"either split or tested besides"),
        (
            both().replace("test", "val"),
            {},
            r"also_test: msp_podcast has official splits, and no utterance .* test part: take msp_podcast out",
        ),
    ],
)
def test_what_cannot_be_tested_besides(rows, chosen, message):
    with pytest.raises(PipelineError, match=message):
        split_utterances(rows, settings(**{**BESIDES, **chosen}))
