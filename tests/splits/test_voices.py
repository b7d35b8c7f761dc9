"""Clips in which several people speak are never on another side than clips of one of them."""

import pytest

from pipeline.splits.clips import as_clips
from pipeline.splits.known_speakers import known_speakers
from pipeline.splits.table import count_splits, split_utterances
from tests.curation.signals import curated
from tests.splits.splitting import settings

NAMES = (
    "Ann",
    "Bob",
    "Cid",
    "Dan",
    "Eve",
    "Fay",
    "Gus",
    "Hal",
    "Ida",
    "Jon",
    "Ann+Bob",
    "Cid+Dan",
    "Kim+Lou",
    "Kim+Max",
)


def friends(names=NAMES):
    """Two clips of each of two classes by each speaker; a session of two speakers each."""
    return curated(
        [
            {
                "utterance_id": f"{name}_{label}{i}",
                "speaker": f"c/{name}",
                "session": f"c/{number // 2}",
                "corpus": "c",
                "label": label,
            }
            for number, name in enumerate(names)
            for label in "ab"
            for i in range(2)
        ]
    )


PROTOCOLS = ["speaker_independent", "speaker_k_fold", "leave_one_speaker_out", "leave_one_session_out"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_heard_on_two_sides(protocol, seed):
    seeds = [seed]
    table = split_utterances(friends(), settings(protocol, seeds=seeds))
    counts = count_splits(table)
    assert known_speakers(counts, ["train", "val"]).empty
    validating = counts.assign(split=counts["split"].replace({"test": "unused", "val": "test"}))
    assert known_speakers(validating, ["train"]).empty
    assert {"train", "val", "test"} <= set(counts["split"])


@pytest.mark.parametrize("protocol", ["stratified", "k_fold"])
def test_where_speakers_do_not_matter_nothing_is_left_out(protocol):
    table = split_utterances(friends(), settings(protocol))
    assert not (table["split"] == "unused").any()


def test_leaving_one_out_leaves_out_whom_it_speaks_with():
    table = split_utterances(friends(), settings("leave_one_speaker_out"))
    fold = table[table["fold"] == sorted(NAMES).index("Ann")]
    unused = set(fold.loc[fold["split"] == "unused", "speaker"])
    assert "c/Ann+Bob" in unused
    assert not unused & {"c/Bob", "c/Eve"}


def test_speakers_have_their_own_voice_and_those_they_speak_with():
    clips = as_clips(friends(("Ann", "Bob", "Ann+Cid")).sort_values("utterance_id"), group_duplicates=True)
    assert clips.names["speaker"] == ["c/Ann", "c/Ann+Cid", "c/Bob"]
    assert clips.speaker_voices.tolist() == [[0, 0], [1, 0], [1, 2], [2, 1]]


def test_no_speaker_is_known():
    rows = friends(("Ann", "Bob")).assign(speaker=None)
    assert as_clips(rows, group_duplicates=True).speaker_voices.shape == (0, 2)
