"""Rows: when a score is compared with the published one, and the order of the systems."""

import pytest

from pipeline.evaluation.leaderboard import Row, in_order


def row(system="net", *, study="study", accuracy=0.7, published=None, **metrics):
    base = {"status": "trained", "study": study, "synthetic": False, "corpora": "a,b", "accuracy": accuracy}
    base["protocol"] = "stratified 70/15/15, deduplicated"
    return Row(system, {**base, "uar": 0.6, "weighted_f1": 0.5, **metrics}, published or {})


@pytest.mark.parametrize(
    ("published", "difference"),
    [
        ({"accuracy": 0.75}, -0.05),
        ({"uar": 0.5}, 0.1),
        ({"weighted_f1": 0.5, "accuracy": None}, 0.0),
        ({"accuracy": 0.75, "uar": 0.5}, -0.05),
        ({"accuracy": 0.75, "corpora": ["b", "a"]}, -0.05),
        ({"accuracy": 0.75, "protocol": "stratified 70/15/15"}, -0.05),
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
        (
            {"protocol": "leave-one-speaker-out"},
            {"accuracy": 0.75, "protocol": "stratified"},
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


def test_order_is_study_then_accuracy_then_skipped_ones():
    rows = [
        row("late", study="second", accuracy=0.9),
        row("left_out", status="skipped", accuracy=0.99),
        row("worse", accuracy=0.5),
        row("better", accuracy=0.6),
    ]
    assert [r.system for r in in_order(rows, ["study", "second"])] == ["better", "worse", "left_out", "late"]
