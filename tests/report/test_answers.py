"""The answers at the top of the report: who is best, by how much, at what."""

import pandas as pd
import pytest

from pipeline.report.answers import answers
from pipeline.report.leaderboard import Row


def no_confusions(best: Row) -> None:
    """Stand in for the reader of what a system confuses."""


NO_PAIRS = pd.DataFrame(columns=["system", "other", "against", "value"])
CONFUSIONS = pd.DataFrame(
    [
        ("a", "sad", "calm", 4, 0.5),
        ("a", "happy", "angry", 9, 0.3),
        ("b", "sad", "angry", 5, 0.2),
        ("b", "calm", "sad", 1, 0.1),
    ],
    columns=["corpus", "actual", "predicted", "n", "share"],
)


def row(system, *, uar, split="stratified", deduplicated=True, study="study", corpora="a,b", **metrics):
    base = {"status": "trained", "study": study, "synthetic": False, "corpora": corpora, "targets": "emotion"}
    return Row(
        system, {**base, "uar": uar, "accuracy": uar, **metrics}, split=split, deduplicated=deduplicated
    )


def pair(system, other, *, value, difference, against="best", p=0.03, mcnemar=0.2):
    return {
        "system": system,
        "other": other,
        "against": against,
        "value": value,
        "difference": difference,
        "low": difference - 0.1,
        "high": difference + 0.02,
        "drawn": "speakers",
        "p_bootstrap_holm": p,
        "p_mcnemar_holm": mcnemar,
    }


def test_the_best_trustworthy_system_comes_before_a_higher_score_on_known_speakers():
    rows = [
        row("known", uar=0.9),
        row("new", uar=0.6, split="speaker_independent"),
        row("newer", uar=0.5, split="speaker_k_fold"),
    ]
    (answer,) = answers(rows, NO_PAIRS, no_confusions)
    assert answer.best.system == "new"
    assert answer.higher.system == "known"
    assert (answer.n_trustworthy, len(answer.rows)) == (2, 3)


def test_copies_that_are_left_in_are_not_trustworthy():
    rows = [row("copies", uar=0.9, split="leave_one_speaker_out", deduplicated=False), row("plain", uar=0.8)]
    (answer,) = answers(rows, NO_PAIRS, no_confusions)
    assert answer.n_trustworthy == 0
    assert answer.best.system == "copies"
    assert answer.higher is None


def test_each_set_of_corpora_and_kind_of_output_is_a_question_of_its_own():
    ratings = row("ratings", uar=0.1, targets="arousal", ccc=0.4)
    left_out = row("left_out", uar=0.99, status="skipped")
    rows = [
        row("both", uar=0.9),
        row("one", uar=0.5, corpora="a"),
        ratings,
        left_out,
        row("other", uar=0.2, study="other"),
    ]
    assert [answer.best.system for answer in answers(rows, NO_PAIRS, no_confusions)] == [
        "both",
        "one",
        "ratings",
        "other",
    ]


def test_the_lead_is_over_the_next_of_those_that_were_tested_against_the_best():
    pairs = [
        pair("third", "best", value=0.5, difference=-0.3),
        pair("second", "best", value=0.7, difference=-0.1, against="both"),
        pair("second", "third", value=0.7, difference=0.2, against="baseline"),
        pair("best", "elsewhere", value=0.8, difference=-0.1),
    ]
    rows = [row("best", uar=0.8), row("second", uar=0.7), row("third", uar=0.5)]
    (answer,) = answers(rows, pd.DataFrame(pairs), no_confusions)
    assert answer.lead.other.system == "second"
    assert (answer.lead.difference, answer.lead.low, answer.lead.high) == pytest.approx((0.1, 0.08, 0.2))
    assert (answer.lead.n_others, answer.lead.p, answer.lead.p_mcnemar) == (2, 0.03, 0.2)


@pytest.mark.parametrize(("p", "significant"), [(0.049, True), (0.05, False)])
def test_significant_is_below_five_percent(p, significant):
    pairs = pd.DataFrame([pair("second", "best", value=0.7, difference=-0.1, p=p, mcnemar=float("nan"))])
    (answer,) = answers([row("best", uar=0.8), row("second", uar=0.7)], pairs, no_confusions)
    assert answer.lead.significant is significant
    assert answer.lead.p_mcnemar is None


def test_without_a_pair_there_is_no_lead():
    (answer,) = answers([row("best", uar=0.8)], NO_PAIRS, no_confusions)
    assert answer.lead is None


def test_the_most_frequent_confusions_of_all_corpora_are_told():
    (answer,) = answers([row("best", uar=0.8)], NO_PAIRS, lambda best: {"best": CONFUSIONS}[best.system])
    assert answer.confusions["n"].tolist() == [9, 5, 4]
