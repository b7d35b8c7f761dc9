"""Simulated raters and the label files."""

import csv
from collections import Counter

import numpy as np
import pytest

from pipeline.demo.labels import label_rows
from pipeline.demo.layout import DIALOGUE_CODES
from pipeline.demo.raters import consensus
from pipeline.demo.synthesise import DEFAULT_SIZES, PARTS, draw_clips


@pytest.mark.parametrize(
    ("votes", "label"),
    [
        ("ang ang ang ang", "ang"),
        ("ang hap ang sad", "ang"),
        ("ang ang hap hap", "xxx"),
        ("ang hap sad neu", "xxx"),
    ],
)
def test_consensus(votes, label):
    assert consensus(tuple(votes.split())) == label


@pytest.fixture(scope="module")
def clips_and_rows():
    """The labels of the dialogue part at full size; no audio."""
    jobs = draw_clips("demo_dialogue", PARTS["demo_dialogue"].plan(1, **DEFAULT_SIZES["demo_dialogue"]), 1)
    clips = [job.clip for job in jobs]
    rows = label_rows(clips, [job.prosody for job in jobs], 1)
    return clips, [rows[clip.path] for clip in clips]


def test_raters_mostly_hear_what_was_meant(clips_and_rows):
    clips, rows = clips_and_rows
    right = np.mean([DIALOGUE_CODES[c.emotion] == row.label for c, row in zip(clips, rows, strict=True)])
    undecided = np.mean([row.label == "xxx" for row in rows])
    assert 0.8 < right < 0.97
    assert 0.01 < undecided < 0.12


def test_only_the_planned_clips_are_labelled_with_the_rare_label(clips_and_rows):
    clips, rows = clips_and_rows
    assert [c.emotion == "boredom" for c in clips] == [row.label == "bor" for row in rows]


def test_ratings_are_means_of_four_whole_numbers(clips_and_rows):
    _, rows = clips_and_rows
    ratings = np.array([(row.arousal, row.valence, row.dominance) for row in rows])
    assert np.all((ratings >= 1) & (ratings <= 5))
    np.testing.assert_array_equal(ratings * 4, np.rint(ratings * 4))


def test_arousal_and_valence_follow_the_emotion(clips_and_rows):
    _, rows = clips_and_rows

    def mean(column, label):
        return np.mean([getattr(row, column) for row in rows if row.label == label])

    assert mean("arousal", "ang") > mean("arousal", "neu") + 0.3 > mean("arousal", "sad") + 0.3
    assert mean("valence", "hap") > mean("valence", "neu") + 0.5 > mean("valence", "sad") + 1


def test_label_files_list_every_clip_once(trees):
    root = trees.root("demo_dialogue")
    with (root / "Session1/labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["utterance"] for row in rows] == sorted(path.stem for path in root.rglob("*.wav"))
    assert list(rows[0]) == [
        "utterance",
        "speaker",
        "sex",
        "label",
        "votes",
        "arousal",
        "valence",
        "dominance",
        "transcript",
    ]
    assert all(consensus(tuple(row["votes"].split())) == row["label"] for row in rows)
    assert Counter(row["speaker"] for row in rows).keys() == {"Ses01F", "Ses01M"}
