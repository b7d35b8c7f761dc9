"""The protocols with several folds: who is tested and who validates."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.splits.table import split_utterances
from tests.curation.signals import curated
from tests.splits.splitting import (
    NO_VAL,
    THREE,
    alike,
    dialogues,
    n_splits_of_each,
    roles,
    settings,
    study,
)


def by_speaker(names, **columns):
    """Two clips of each of two classes by each speaker of one corpus."""
    return curated(
        [
            {"utterance_id": f"{name}_{label}{i}", "speaker": f"c/{name}", "label": label, **columns}
            for name in names
            for label in "ab"
            for i in range(2)
        ]
    )


def test_sizes_of_k_folds():
    """Of 20 clips a class 5 are tested; of the other 15, 15/85 (2.6) validate."""
    table = split_utterances(alike("ab", 20), settings("k_fold"))
    sizes = table.groupby(["fold", "label"])["split"].value_counts().unstack()
    assert sizes["test"].eq(5).all()
    assert sizes.groupby("fold")["val"].sum().between(5, 6).all()
    assert sizes["val"].between(2, 3).all()


@pytest.mark.parametrize("protocol", ["k_fold", "speaker_k_fold"])
def test_folds_are_equal_and_validation_has_its_share(protocol):
    table = split_utterances(study(3, 600, 20), settings(protocol))
    sizes = table.groupby("fold")["split"].value_counts().unstack()
    assert sizes["test"].between(110, 190).all()
    share = sizes["val"] / (sizes["val"] + sizes["train"])
    assert share.between(0.12, 0.24).all()


@pytest.mark.parametrize("seed", range(4))
def test_training_has_every_class_whoever_is_tested(seed):
    rows = dialogues(n_sessions=4, n=4)
    rare = rows["speaker"].isin(["iemocap/Ses1F", "iemocap/Ses3M"])
    rows.loc[rare & (rows["label"] == "b"), "label"] = "rare"
    table = split_utterances(rows, settings("speaker_k_fold", folds=3, seeds=[seed]))
    trained = table[table["split"] == "train"].groupby("fold")["label"].nunique()
    assert trained.tolist() == [3, 3, 3]


def test_as_many_folds_as_speakers():
    table = split_utterances(dialogues(n_sessions=2), settings("speaker_k_fold", folds=4))
    tested = [names for (_, split), names in roles(table).items() if split == "test"]
    assert sorted(tested) == [["Ses1F"], ["Ses1M"], ["Ses2F"], ["Ses2M"]]


@pytest.mark.parametrize(
    "protocol", ["k_fold", "speaker_k_fold", "leave_one_speaker_out", "leave_one_session_out"]
)
def test_without_validation(protocol):
    table = split_utterances(dialogues(), settings(protocol, fractions=NO_VAL))
    assert set(table["split"]) == {"train", "test"}


def test_the_session_partner_validates():
    """IEMOCAP's usual protocol: ten folds."""
    found = roles(split_utterances(dialogues(), settings("leave_one_speaker_out")))
    speakers = [f"Ses{session}{sex}" for session in range(1, 6) for sex in "FM"]
    partner = {name: name[:4] + {"F": "M", "M": "F"}[name[4]] for name in speakers}
    assert [found[fold, "test"] for fold in range(10)] == [[name] for name in speakers]
    assert [found[fold, "val"] for fold in range(10)] == [[partner[name]] for name in speakers]
    assert [found[fold, "train"] for fold in range(10)] == [
        [name for name in speakers if name[:4] != tested[:4]] for tested in speakers
    ]


def test_without_a_session_partner_the_next_speaker_validates():
    found = roles(split_utterances(by_speaker("ABC"), settings("leave_one_speaker_out")))
    assert [found[fold, "val"] for fold in range(3)] == [["B"], ["C"], ["A"]]
    assert [found[fold, "train"] for fold in range(3)] == [["C"], ["A"], ["B"]]


def test_speakers_with_and_without_partners():
    rows = by_speaker("ABCD")
    rows["session"] = rows["speaker"].map({"c/A": "c/1", "c/C": "c/1"})
    found = roles(split_utterances(rows, settings("leave_one_speaker_out")))
    assert [found[fold, "val"] for fold in range(4)] == [["C"], ["C"], ["A"], ["A"]]


def test_the_next_session_validates():
    found = roles(split_utterances(dialogues(3), settings("leave_one_session_out")), "session")
    assert [found[fold, "test"] for fold in range(3)] == [["Session1"], ["Session2"], ["Session3"]]
    assert [found[fold, "val"] for fold in range(3)] == [["Session2"], ["Session3"], ["Session1"]]
    assert [found[fold, "train"] for fold in range(3)] == [["Session3"], ["Session1"], ["Session2"]]


def splits_of(table, utterance_id):
    return table.loc[table["utterance_id"] == utterance_id, "split"].tolist()


def test_copies_by_other_speakers_are_left_out_of_the_lower_split():
    """A and C have one recording: where it is tested or validates, its other copy is unused."""
    rows = by_speaker("ABCD")
    rows.loc[rows["utterance_id"].isin(["A_a0", "C_a0"]), "group"] = "both"
    table = split_utterances(rows, settings("leave_one_speaker_out"))
    assert splits_of(table, "A_a0") == ["test", "unused", "unused", "val"]
    assert splits_of(table, "C_a0") == ["unused", "val", "test", "unused"]
    assert (table["split"] == "unused").sum() == 4
    table = split_utterances(rows, settings("leave_one_speaker_out", group_duplicates=False))
    assert splits_of(table, "C_a0") == ["train", "val", "test", "train"]


def test_a_speaker_of_two_sessions_is_left_out_of_the_lower_split():
    rows = dialogues(4)
    guest = (rows["speaker"] == "iemocap/Ses1F") & rows["utterance_id"].str.endswith("a0")
    rows.loc[guest, "session"] = "iemocap/Session3"
    table = split_utterances(rows, settings("leave_one_session_out"))
    assert n_splits_of_each(table, "speaker").max() == 1
    assert splits_of(table, "Ses1F_a0") == ["unused", "val", "test", "unused"]
    assert splits_of(table, "Ses1F_a1") == ["test", "unused", "unused", "val"]


@pytest.mark.parametrize(
    ("table", "chosen", "message"),
    [
        (
            alike("ab", 3),
            settings("k_fold"),
            r"class 'a' has 3 recordings, and there are 4 folds.*split\.folds",
        ),
        (
            alike("ab", 2),
            settings("k_fold", folds=2),
            r"class 'a' has 1 recordings, and there are 2 splits \(train and val\).*fractions\.val to 0",
        ),
        (
            by_speaker("ABC"),
            settings("speaker_k_fold"),
            r"3 independent speakers .* 4 folds: lower split\.folds",
        ),
        (
            by_speaker("AB"),
            settings("speaker_k_fold", folds=2),
            r"1 independent speaker is left for training and validation.*fractions\.val to 0",
        ),
        (
            curated([{"utterance_id": f"{i}", "speaker": f"{i}", "label": "ab"[i > 4]} for i in range(6)]),
            settings("speaker_k_fold"),
            r"class 'b' is spoken by 1 independent speakers, and two are needed.*above 1",
        ),
        (
            curated([{"utterance_id": "u1", "label": "a"}]),
            settings("speaker_k_fold"),
            r"1 utterances have no speaker, such as u1: set split\.protocol to k_fold",
        ),
        (
            curated([{"utterance_id": "u1", "label": "a"}]),
            settings("leave_one_speaker_out"),
            r"1 utterances have no speaker, such as u1: set split\.protocol to stratified",
        ),
        (
            by_speaker("AB"),
            settings("leave_one_session_out"),
            r"8 utterances have no session, such as A_a0: set split\.protocol to leave_one_speaker_out",
        ),
        (
            by_speaker("AB"),
            settings("leave_one_speaker_out"),
            r"nothing is left to train on while c/A is tested.*Set split\.fractions\.val to 0",
        ),
        (by_speaker("A"), settings("leave_one_speaker_out"), r"nothing is left to train on while c/A"),
        (
            dialogues(2),
            settings("leave_one_session_out"),
            r"nothing is left to train on while iemocap/Session1 is tested",
        ),
        (
            by_speaker("AB", group="all"),
            settings("leave_one_speaker_out", fractions=NO_VAL),
            r"nothing is left to train on while c/A is tested: .*copies of recordings",
        ),
    ],
)
def test_what_cannot_be_divided(table, chosen, message):
    with pytest.raises(PipelineError, match=message):
        split_utterances(table, chosen)


def test_fractions_of_test_are_not_asked_where_folds_are():
    rows = alike("ab", 20)
    small_test = {"train": 0.56, "val": 0.12, "test": 0.32}  # train to val as in THREE
    first = split_utterances(rows, settings("k_fold", fractions=THREE))
    assert first.equals(split_utterances(rows, settings("k_fold", fractions=small_test)))
