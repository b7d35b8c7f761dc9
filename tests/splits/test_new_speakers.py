"""Protocols whose test speakers, or sentences, were never heard."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.splits.table import count_splits, split_utterances
from tests.curation.signals import curated
from tests.splits.splitting import NO_VAL, n_splits_of_each, roles, settings, study

SENTENCES = ["Kids are talking by the door.", "Dogs are sitting by the door.", "Say the word back."]


def actors(names, sentences=SENTENCES[:2], labels="ab", n=2):
    """As many clips of each label and sentence by each speaker."""
    return curated(
        [
            {
                "utterance_id": f"{name}_{label}{text[0]}{i}",
                "speaker": f"ravdess/{name}",
                "corpus": "ravdess",
                "label": label,
                "text": text,
                "sex": "female" if int(name) % 2 else "male",
            }
            for name in names
            for label in labels
            for text in sentences
            for i in range(n)
        ]
    )


def test_folds_of_speakers_that_are_written_down():
    folds = [["01", 4], ["ravdess/02", "03"]]
    table = split_utterances(
        actors(["01", "02", "03", "04", "05"]), settings("new_speakers", speakers=folds, fractions=NO_VAL)
    )
    assert roles(table) == {
        (0, "test"): ["01", "04"],
        (0, "train"): ["02", "03", "05"],
        (1, "test"): ["02", "03"],
        (1, "train"): ["01", "04", "05"],
    }


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([["01", "7"]], "'7'.* is not among the speakers: ravdess/01"),
        ([["01"], ["02", 1]], "names 1 twice"),
    ],
)
def test_speakers_written_down_wrongly(folds, message):
    with pytest.raises(PipelineError, match=message):
        split_utterances(actors(["01", "02", "03"]), settings("new_speakers", speakers=folds))


def test_a_bare_name_that_two_corpora_have_means_nobody():
    rows = actors(["01", "02"])
    twin = rows.assign(
        utterance_id="t" + rows["utterance_id"],
        speaker=rows["speaker"].str.replace("ravdess", "savee"),
        group="t" + rows["group"],
    )
    both = curated([*rows.to_dict("records"), *twin.to_dict("records")])
    table = split_utterances(both, settings("new_speakers", speakers=[["savee/01"]], fractions=NO_VAL))
    assert roles(table)[0, "test"] == ["01"]
    with pytest.raises(PipelineError, match="'01'"):
        split_utterances(both, settings("new_speakers", speakers=[["01"]]))


def test_up_to_ten_speakers_are_tested_one_by_one_and_more_in_parts():
    ten = split_utterances(actors([f"{i:02}" for i in range(10)]), settings("new_speakers"))
    assert [names for (_, split), names in roles(ten).items() if split == "test"] == [
        [f"{i:02}"] for i in range(10)
    ]
    twelve = split_utterances(actors([f"{i:02}" for i in range(12)]), settings("new_speakers"))
    tested = [names for (_, split), names in roles(twelve).items() if split == "test"]
    assert [len(names) for names in tested] == [3, 3, 3, 3]
    assert sorted(name for names in tested for name in names) == [f"{i:02}" for i in range(12)]


def test_two_speakers_leave_nobody_to_validate():
    table = split_utterances(actors(["01", "02"]), settings("new_speakers"))
    assert {split for _, split in roles(table)} == {"train", "test"}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "protocol", ["new_speakers", "new_speakers_and_sentences", "new_speakers_known_sentences"]
)
def test_no_speaker_and_no_copy_is_on_two_sides(seed, protocol):
    table = split_utterances(study(seed), settings(protocol, seeds=[seed]))
    assert n_splits_of_each(table, "speaker").eq(1).all()
    assert count_splits(table)["n_shared"].sum() == 0
    assert set(table["split"]) >= {"train", "val", "test"}


def test_new_sentences():
    table = split_utterances(actors(["01", "02", "03"]), settings("new_sentences"))
    found = roles(table, "text")
    assert found[0, "test"] != found[1, "test"]
    for fold in (0, 1):
        assert found[fold, "train"] == found[fold, "val"] == found[1 - fold, "test"]
    assert set(roles(table)[0, "test"]) == {"01", "02", "03"}


def test_what_two_protocols_owe_to_the_sentence():
    """Both test the same clips of a fold and train on as many; one on the tested sentence, one on the other."""
    rows = actors(["01", "02", "03", "04"])
    new = split_utterances(rows, settings("new_speakers_and_sentences"))
    known = split_utterances(rows, settings("new_speakers_known_sentences"))
    assert new["fold"].nunique() == 8
    for fold in range(8):
        parts = [table[table["fold"] == fold].set_index("utterance_id")["split"] for table in (new, known)]
        tested = [set(part.index[part == "test"]) for part in parts]
        assert tested[0] == tested[1]
        assert (parts[0] == "train").sum() == (parts[1] == "train").sum()
    for table, n_texts in ((new, 2), (known, 1)):
        train_and_test = table[table["split"].isin(["train", "test"])]
        assert train_and_test.groupby("fold")["text"].nunique().eq(n_texts).all()
        assert n_splits_of_each(train_and_test, "text").eq(3 - n_texts).all()


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["Dogs.", None], "no text of its own"),
        (["Dogs sit.", "dogs  sit"], "all 8 utterances say 'dogs sit'"),
    ],
)
def test_sentences_that_cannot_be_divided(texts, message):
    rows = actors(["01", "02"], sentences=["x", "y"], n=1)
    rows["text"] = rows["text"].map(dict(zip("xy", texts, strict=True)))
    with pytest.raises(PipelineError, match=message):
        split_utterances(rows, settings("new_sentences"))


def test_clips_of_nobody_known_are_unused():
    rows = actors(["01", "02", "03"])
    rows.loc[rows["utterance_id"].str.endswith("1") & rows["speaker"].eq("ravdess/03"), "speaker"] = None
    table = split_utterances(rows, settings("new_speakers"))
    assert set(table.loc[table["speaker"].isna(), "split"]) == {"unused"}
    assert "unused" not in set(table.loc[table["speaker"].notna(), "split"])
    with pytest.raises(PipelineError, match="no speaker"):
        split_utterances(rows.assign(speaker=None), settings("new_speakers"))
