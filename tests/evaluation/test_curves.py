"""Curves and areas of single classes: by hand, by counting pairs, and against scikit-learn on all classes."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import auc, average_precision_score, roc_auc_score

from pipeline.evaluation.curves import (
    MOST_POINTS,
    PR_COLUMNS,
    ROC_COLUMNS,
    mean_average_precision,
    pr_points,
    ranking_table,
    roc_points,
)
from tests.evaluation.made_up import CLASSES

NO_YES = ["no", "yes"]
# From the most to the least sure of "yes": yes, no, yes, no
LABELS = np.asarray(["yes", "no", "yes", "no"], dtype=object)
YES = np.asarray([0.9, 0.7, 0.6, 0.2])


def two(yes: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - yes, yes])


def many(n_clips: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities that know a little of them, with ties."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=n_clips)
    probabilities = rng.dirichlet(np.ones(3), size=n_clips) + np.eye(3)[truth]
    return np.asarray(CLASSES, dtype=object)[truth], np.round(probabilities / 2, 2)


def of(name: str, table, *columns: str) -> list[list[float]]:
    return table.loc[table["class"] == name, list(columns)].values.tolist()


def test_roc_by_hand():
    table = roc_points(LABELS, two(YES), NO_YES)
    assert table.columns.tolist() == ROC_COLUMNS
    assert of("yes", table, "fpr", "tpr") == [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]


def test_pr_by_hand():
    table = pr_points(LABELS, two(YES), NO_YES)
    assert table.columns.tolist() == PR_COLUMNS
    assert of("yes", table, "recall", "precision") == [[0, 1], [0.5, 1], [1, pytest.approx(2 / 3)]]


def test_areas_by_hand():
    table = ranking_table(LABELS, two(YES), NO_YES).set_index("class")
    assert table.loc["yes", "auc"] == 3 / 4  # of four pairs one is the wrong way round
    assert table.loc["yes", "average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


@pytest.mark.parametrize("name", CLASSES)
def test_areas_count_pairs_and_ties_one_half(name):
    labels, probabilities = many(120)
    column = probabilities[:, CLASSES.index(name)]
    pairs = mannwhitneyu(column[labels == name], column[labels != name]).statistic
    n_pairs = np.count_nonzero(labels == name) * np.count_nonzero(labels != name)
    table = ranking_table(labels, probabilities, CLASSES).set_index("class")
    assert table.loc[name, "auc"] == pytest.approx(pairs / n_pairs)


def test_areas_agree_with_scikit_learn_over_all_classes():
    labels, probabilities = many(200)
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    table = ranking_table(labels, probabilities, CLASSES)
    expected = roc_auc_score(labels, probabilities, multi_class="ovr", average=None, labels=CLASSES)
    truth = np.column_stack([labels == name for name in CLASSES])
    assert table["auc"].tolist() == pytest.approx(expected.tolist())
    assert mean_average_precision(labels, probabilities, CLASSES) == pytest.approx(
        average_precision_score(truth, probabilities, average="macro")
    )


def test_the_areas_below_the_points_are_those_of_the_table():
    labels, probabilities = many(100)
    roc, pr = (points(labels, probabilities, CLASSES) for points in (roc_points, pr_points))
    happy = ranking_table(labels, probabilities, CLASSES).set_index("class").loc["happy"]
    fpr, tpr = np.transpose(of("happy", roc, "fpr", "tpr"))
    recall, precision = np.transpose(of("happy", pr, "recall", "precision"))
    assert auc(fpr, tpr) == pytest.approx(happy["auc"])
    assert np.sum(np.diff(recall) * precision[1:]) == pytest.approx(happy["average_precision"])


@pytest.mark.parametrize(("points", "x"), [(roc_points, "fpr"), (pr_points, "recall")])
def test_long_curves_are_thinned_and_keep_their_ends(points, x):
    rng = np.random.default_rng(0)
    labels = np.asarray(NO_YES, dtype=object)[rng.integers(2, size=5000)]
    curve = points(labels, two(rng.random(5000)), NO_YES).query("`class` == 'yes'")
    assert len(curve) == MOST_POINTS
    assert curve[x].is_monotonic_increasing
    assert curve[x].iloc[[0, -1]].tolist() == [0, 1]


def test_one_probability_for_all_is_chance():
    table = ranking_table(LABELS, np.full((4, 2), 0.5), NO_YES)
    assert table["auc"].tolist() == [0.5, 0.5]
    assert table["average_precision"].tolist() == [0.5, 0.5]  # the share of the class
    roc = roc_points(LABELS, np.full((4, 2), 0.5), NO_YES)
    assert of("yes", roc, "fpr", "tpr") == [[0, 0], [1, 1]]


def test_a_missing_class_has_neither_curve_nor_area():
    labels = np.asarray(["angry", "sad"], dtype=object)
    probabilities = np.asarray([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    table = ranking_table(labels, probabilities, CLASSES)
    assert table["auc"].tolist() == [1, pytest.approx(np.nan, nan_ok=True), 1]
    assert set(roc_points(labels, probabilities, CLASSES)["class"]) == {"angry", "sad"}
    assert mean_average_precision(labels, probabilities, CLASSES) == 1


@pytest.mark.parametrize(
    ("labels", "probabilities"), [(["yes"] * 4, two(YES)), (LABELS, np.full((4, 2), np.nan))]
)
def test_one_class_alone_or_no_probabilities_give_nothing(labels, probabilities):
    labels = np.asarray(labels, dtype=object)
    assert roc_points(labels, probabilities, NO_YES).columns.tolist() == ROC_COLUMNS
    assert pr_points(labels, probabilities, NO_YES).empty
    assert ranking_table(labels, probabilities, NO_YES)[["auc", "average_precision"]].isna().all(axis=None)
    assert mean_average_precision(labels, probabilities, NO_YES) is None
