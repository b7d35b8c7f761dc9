"""Boards of speakers never heard: who is ranked with whom, and what a result rests on."""

from dataclasses import replace

import pandas as pd
import pytest

from pipeline.report.leaderboard import Row
from pipeline.report.new_speakers import across, boards, read_by, short_name

COLUMNS = ["system", "other", "against", "difference", "low", "high", "p_bootstrap_holm"]
NO_PAIRS = pd.DataFrame(columns=COLUMNS)
BASE = {"status": "trained", "synthetic": False, "corpora": "toy", "targets": "emotion"}


def row(entry, uar, *, corpus="toy", split="new_speakers", standardised=False, seconds=1.0, reads=("sums",)):
    study = f"new_speakers_{corpus}"
    scores = {"uar": uar, "uar_low": uar - 0.05, "uar_high": uar + 0.05, "uar_chance": 0.25, "accuracy": uar}
    facts = {
        "study": study,
        "corpora": corpus,
        "uar_fold_sd": 0.031,
        "n_folds": 6,
        "interval_over": "speakers",
    }
    features = dict(zip(("features", "second"), [*reads, "none"], strict=False))
    return Row(
        f"{study}_{entry}",
        {**BASE, **scores, **facts},
        run={"seconds": seconds, "settings": features},
        split=split,
        deduplicated=True,
        speaker_standardised=standardised,
    )


def skipped(entry, reason, corpus="toy"):
    study = f"new_speakers_{corpus}"
    facts = {**BASE, "status": "skipped", "reason": reason, "study": study, "corpora": corpus}
    return Row(f"{study}_{entry}", facts, split="new_speakers")


def pairs(*found):
    """Return significance.csv of pairs given as system, other, difference and p, by the names of one study."""
    rows = [
        (f"new_speakers_toy_{one}", f"new_speakers_toy_{other}", "best", gap, gap - 0.1, gap + 0.1, p)
        for one, other, gap, p in found
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def board_of(*rows, tests=NO_PAIRS):
    (board,) = boards(rows, tests)
    return board


def test_what_knows_more_is_never_ranked_with_the_others():
    board = board_of(
        row("plain", 0.5),
        row("better", 0.6),
        row("by_speaker", 0.9, standardised=True),
        row("sentences", 0.95, split="new_sentences"),
        row("known", 0.7, split="new_speakers_known_sentences"),
        row("both", 0.55, split="new_speakers_and_sentences"),
    )
    assert [one.name for one in board.ranked] == ["better", "plain"]
    assert [one.name for one in board.standardised] == ["by speaker"]
    assert [(words, one.name) for words, one in board.sentences] == [
        ("new speakers, known sentences", "known"),
        ("new speakers, new sentences", "both"),
        ("known speakers, new sentences", "sentences"),
    ]
    assert board.best.name == "better"


def test_each_stands_beside_the_best_of_its_kind():
    board = board_of(
        row("a", 0.7, seconds=9.0),
        row("b", 0.6, seconds=5.0),
        row("c", 0.65, seconds=2.0),
        row("d", 0.3),
        tests=pairs(("b", "a", -0.1, 0.2), ("c", "a", -0.05, 0.3), ("d", "a", -0.4, 0.001)),
    )
    assert [one.gap and one.gap.difference for one in board.ranked] == [None, -0.05, -0.1, -0.4]
    assert [one.name for one in board.equals] == ["c", "b"]  # the quickest of those that are not told apart


def test_the_sentence_costs_what_the_paired_test_says():
    known = row("known", 0.7, split="new_speakers_known_sentences")
    new = row("both", 0.55, split="new_speakers_and_sentences")
    board = board_of(known, new, tests=pairs(("known", "both", 0.15, 0.01)))
    assert (board.cost.difference, board.cost.significant) == (0.15, True)
    assert board_of(known, new).cost is None
    assert board_of(row("a", 0.5)).cost is None


def test_skipped_ones_have_their_reason():
    board = board_of(row("a", 0.7), skipped("net", "nobody validates"))
    assert board.skipped == [("net", "nobody validates")]
    assert board_of(skipped("net", "nobody validates")).best is None


def test_a_given_split_is_ranked_unless_somebody_is_on_both_sides():
    given = row("given", 0.9, split="given_folds")
    crossed = row("crossed", 0.95, split="given_folds")
    words = {**crossed.metrics, "protocol": "the corpus's folds"}
    board = board_of(row("a", 0.7), given, replace(crossed, metrics=words, knows_speakers=True))
    assert ([one.name for one in board.ranked], board.given) == (["given", "a"], True)
    assert board.skipped == [("crossed", "tested on speakers who may be known: the corpus's folds")]
    assert not board_of(row("a", 0.7)).given


def test_other_studies_have_no_board_and_each_corpus_has_its_own():
    other = Row("net", {**BASE, "study": "ravdess_methods", "uar": 0.9})
    several = row("net", 0.8, corpus="cross")
    several = Row(several.system, {**several.metrics, "corpora": "toy,b"}, split="new_speakers")
    rows = [row("a", 0.7), other, several, row("a", 0.4, corpus="b"), row("c", 0.3)]
    found = boards(rows, NO_PAIRS)
    assert [board.corpus for board in found] == ["toy", "b"]
    assert across(found) == {"a": [0.7, 0.4], "c": [0.3, None]}


def test_synthetic_speech_is_told():
    made = row("a", 0.7)
    synthetic = Row(made.system, {**made.metrics, "synthetic": True}, split="new_speakers")
    assert board_of(synthetic).synthetic
    assert not board_of(made).synthetic


def test_what_a_system_reads():
    found = boards([row("a", 0.7, reads=("blocks", "sums")), row("b", 0.6)], NO_PAIRS)
    assert read_by(found) == {"a": ["blocks", "sums"], "b": ["sums"]}


@pytest.mark.parametrize(
    ("system", "name"), [("new_speakers_toy_encoder_svm", "encoder svm"), ("elsewhere", "elsewhere")]
)
def test_names_are_without_their_study(system, name):
    assert short_name(system, "new_speakers_toy") == name
