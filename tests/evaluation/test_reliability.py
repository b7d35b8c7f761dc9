"""The reliability table against counts by hand, and the calibration error against a loop over single clips."""

import numpy as np
import pytest

from pipeline.evaluation.reliability import RELIABILITY_COLUMNS, calibration_error, reliability_table

CLASSES = ["a", "b"]


def both(sure: list[float], right: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities of clips that class a wins, with such confidence."""
    labels = np.where(right, "a", "b").astype(object)
    return labels, np.column_stack([sure, 1 - np.asarray(sure)])


def test_bins_by_hand():
    table = reliability_table(*both([0.55, 0.6, 0.9, 1.0], [True, False, True, True]), CLASSES, n_bins=5)
    assert table.columns.tolist() == RELIABILITY_COLUMNS
    assert table["low"].tolist() == [0, 0.2, 0.4, 0.6, 0.8]
    assert table["n"].tolist() == [0, 0, 2, 0, 2]  # 0.6 is still in (0.4, 0.6]
    assert table.loc[[2, 4], "confidence"].tolist() == pytest.approx([0.575, 0.95])
    assert table.loc[[2, 4], "accuracy"].tolist() == [0.5, 1]
    assert table.loc[[0, 1, 3], ["confidence", "accuracy"]].isna().all(axis=None)


def test_every_clip_is_in_a_bin():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(4), size=300)
    table = reliability_table(np.full(300, "a", dtype=object), probabilities, ["a", "b", "c", "d"])
    assert table["n"].sum() == 300
    middle = table.dropna()
    assert (middle["low"] <= middle["confidence"]).all()
    assert (middle["confidence"] <= middle["high"]).all()


def test_who_is_as_sure_as_right_is_well_calibrated():
    labels, probabilities = both([0.75] * 4, [True, True, True, False])
    assert calibration_error(labels, probabilities, CLASSES) == pytest.approx(0)


def test_the_error_is_the_gaps_weighted_by_size():
    labels, probabilities = both([0.8] * 3 + [0.6], [True, True, False, True])
    assert calibration_error(labels, probabilities, CLASSES) == pytest.approx(
        3 / 4 * abs(2 / 3 - 0.8) + 1 / 4 * (1 - 0.6)
    )


def test_ties_go_to_the_first_class():
    labels, probabilities = both([0.5, 0.5], [True, False])
    assert reliability_table(labels, probabilities, CLASSES)["accuracy"].dropna().tolist() == [0.5]


def test_without_probabilities_there_is_no_error():
    assert calibration_error(np.array(["a"]), np.full((1, 2), np.nan), CLASSES) is None
