"""Rows: when a score is compared with the published one, and the order of the systems."""

import pytest

from pipeline.report.leaderboard import Row, in_order

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}


def row(system="net", *, study="study", accuracy=0.7, published=None, **metrics):
    base = {"status": "trained", "study": study, "synthetic": False, "corpora": "a,b", "accuracy": accuracy}
    base["targets"] = "emotion"
    return Row(system, {**base, "uar": 0.6, "weighted_f1": 0.5, **metrics}, published or {}, shares=SHARES)


@pytest.mark.parametrize(
    ("published", "difference"),
    [
        ({"accuracy": 0.75}, -0.05),
        ({"uar": 0.5}, 0.1),
        ({"weighted_f1": 0.5, "accuracy": None}, 0.0),
        ({"accuracy": 0.75, "uar": 0.5}, -0.05),
        ({"accuracy": 0.75, "corpora": ["b", "a"]}, -0.05),
        ({"accuracy": 0.75, "protocol": {"name": "stratified"}}, -0.05),
        ({"accuracy": 0.75, "protocol": {"name": "stratified", "shares": dict(SHARES)}}, -0.05),
    ],
)
def test_difference_to_the_first_score_that_is_published(published, difference):
    assert row(published=published).difference == pytest.approx(difference)


@pytest.mark.parametrize(
    ("metrics", "published", "why"),
    [
        ({"synthetic": True}, {"accuracy": 0.75}, "synthetic speech"),
        ({}, {"accuracy": 0.75, "corpora": ["a", "b", "c"]}, "other corpora"),
        ({"status": "skipped"}, {"accuracy": 0.75}, "skipped"),
        ({}, {"accuracy": 0.75, "protocol": {"name": "leave_one_speaker_out"}}, "other protocol"),
        (
            {},
            {"accuracy": 0.75, "protocol": {"name": "stratified", "shares": {"train": 0.7, "test": 0.3}}},
            "other protocol",
        ),
        ({}, {}, None),
        ({}, {"note": "The document gives no number."}, None),
    ],
)
def test_no_difference(metrics, published, why):
    compared = row(published=published, **metrics)
    assert compared.difference is None
    assert compared.incomparable == why


def dimensions(system="net", *, ccc=0.4, published=None, **metrics):
    scores = {"targets": "arousal,valence", "ccc": ccc, "ccc_arousal": ccc + 0.1, "ccc_valence": ccc - 0.1}
    found = row(system, published=published, **scores, **metrics)
    return Row(
        system, {key: found.metrics[key] for key in found.metrics if key != "accuracy"}, found.published
    )


@pytest.mark.parametrize(
    ("published", "score"),
    [
        ({"ccc": 0.5}, 0.5),
        ({"ccc_arousal": 0.7, "ccc_valence": 0.2, "ccc_dominance": 0.9}, 0.45),
        ({"ccc": 0.5, "ccc_arousal": 0.7, "ccc_valence": 0.2}, 0.5),
    ],
    ids=["printed", "mean of the targets it has", "printed before mean"],
)
def test_dimensions_are_compared_by_their_mean(published, score):
    compared = dimensions(published=published)
    assert compared.compared == "ccc"
    assert compared.published_score == pytest.approx(score)
    assert compared.difference == pytest.approx(0.4 - score)


@pytest.mark.parametrize("published", [{"ccc_arousal": 0.7}, {"accuracy": 0.7, "uar": 0.7}, {}], ids=str)
def test_dimensions_without_all_published_values_are_not_compared(published):
    assert dimensions(published=published).compared is None
    assert dimensions(published=published).difference is None


def test_published_deviation_is_of_the_score_that_is_compared():
    assert row(published={"uar": 0.5, "sd": {"uar": 0.01}}).published_sd == 0.01
    assert row(published={"uar": 0.5, "sd": {"cross_uar": 0.01}}).published_sd is None
    assert row(published={"uar": 0.5}).published_sd is None


def test_classes_come_before_dimensions_and_the_best_of_each_first():
    rows = [dimensions("low", ccc=-0.1), dimensions("high", ccc=0.9), row("a_worse", uar=0.1), row("best")]
    assert [r.system for r in in_order(rows, ["study"])] == ["best", "a_worse", "high", "low"]


def test_order_is_study_then_uar_then_skipped_ones():
    rows = [
        row("late", study="second", uar=0.9),
        row("left_out", status="skipped", uar=0.99),
        row("a_worse", uar=0.5, accuracy=0.8),
        row("better", uar=0.6),
    ]
    assert [r.system for r in in_order(rows, ["study", "second"])] == [
        "better",
        "a_worse",
        "left_out",
        "late",
    ]


@pytest.mark.parametrize(
    ("split", "deduplicated", "new_speakers", "trustworthy"),
    [
        ("stratified", True, False, False),
        ("k_fold", True, False, False),
        ("official", True, False, False),
        ("speaker_independent", True, True, True),
        ("speaker_k_fold", True, True, True),
        ("leave_one_speaker_out", False, True, False),
        ("leave_one_session_out", True, True, True),
        ("cross_corpus", True, True, True),
    ],
)
def test_trustworthy_is_new_speakers_without_copies(split, deduplicated, new_speakers, trustworthy):
    found = Row("net", {}, split=split, deduplicated=deduplicated)
    assert (found.new_speakers, found.trustworthy) == (new_speakers, trustworthy)
    assert found.official == (split == "official")


def test_a_system_that_knows_clips_of_the_tested_speaker_is_ranked_after_the_others():
    scores = {"status": "trained", "study": "one", "targets": "emotion"}
    plain = Row("plain", {**scores, "uar": 0.4}, split="new_speakers", deduplicated=True)
    standardised = Row(
        "other", {**scores, "uar": 0.9}, split="new_speakers", deduplicated=True, speaker_standardised=True
    )
    assert (standardised.new_speakers, standardised.trustworthy) == (True, False)
    assert [row.system for row in in_order([standardised, plain], ["one"])] == ["plain", "other"]


@pytest.mark.parametrize("split", ["official", "speaker_independent"])
def test_a_system_that_knows_the_speakers_has_no_badge_of_new_ones(split):
    found = Row("net", {}, split=split, deduplicated=True, knows_speakers=True)
    assert [found.new_speakers, found.official, found.trustworthy] == [False] * 3


def test_what_it_cost_is_of_the_run_record():
    record = {"seconds": 9.7, "host": {"peak_memory_mb": 749, "device": "cpu"}}
    trained, given = Row("net", {}, run=record), Row("given", {}, run={"status": "external"})
    assert (trained.seconds, trained.memory_mb, trained.device) == (9.7, 749, "cpu")
    assert (given.seconds, given.memory_mb, given.device) == (None, None, None)
