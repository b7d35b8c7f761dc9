"""Accuracy over coverage: hand counts, ties, and no probabilities."""

import numpy as np
import pytest

from pipeline.evaluation.abstention import (
    accuracy_at_50,
    accuracy_at_80,
    accuracy_by_coverage,
    coverage_table,
    risk_coverage_area,
)

CLASSES = ["a", "b"]
SURE = np.array([0.9, 0.6, 0.8, 0.7, 0.55])
PROBABILITIES = np.stack([SURE, 1 - SURE], axis=1)  # all say a
LABELS = np.array(["a", "b", "a", "b", "a"], dtype=object)  # by confidence: right, right, wrong, wrong, right


def test_the_curve_by_hand():
    accuracy, confidence = accuracy_by_coverage(LABELS, PROBABILITIES, CLASSES)
    np.testing.assert_allclose(accuracy, [1, 1, 2 / 3, 2 / 4, 3 / 5])
    np.testing.assert_allclose(confidence, [0.9, 0.8, 0.7, 0.6, 0.55])
    assert risk_coverage_area(LABELS, PROBABILITIES, CLASSES) == pytest.approx((1 / 3 + 1 / 2 + 2 / 5) / 5)
    assert accuracy_at_80(LABELS, PROBABILITIES, CLASSES) == pytest.approx(2 / 4)
    assert accuracy_at_50(LABELS, PROBABILITIES, CLASSES) == pytest.approx(2 / 3)  # three of five


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
def test_clips_of_equal_confidence_count_alike_whatever_their_order(order):
    probabilities = np.array([[0.9, 0.1], [0.7, 0.3], [0.7, 0.3], [0.7, 0.3]])[order]
    labels = np.array(["a", "a", "b", "b"], dtype=object)[order]
    accuracy, _ = accuracy_by_coverage(labels, probabilities, CLASSES)
    np.testing.assert_allclose(accuracy, [1, 4 / 6, 5 / 9, 1 / 2])


def test_a_table_is_thinned_and_ends_with_all_clips():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([1, 1], size=1000)
    table = coverage_table(
        np.asarray(CLASSES, dtype=object)[rng.integers(0, 2, 1000)], probabilities, CLASSES
    )
    assert len(table) == 200
    assert table["coverage"].iloc[-1] == 1
    assert table["confidence"].is_monotonic_decreasing


def test_without_probabilities_there_is_nothing():
    unknown = np.full((5, 2), np.nan)
    assert risk_coverage_area(LABELS, unknown, CLASSES) is None
    assert accuracy_at_80(LABELS, unknown, CLASSES) is None
