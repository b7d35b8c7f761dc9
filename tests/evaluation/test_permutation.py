"""Permutation importance of a model whose needs are known."""

import numpy as np
import pytest

from pipeline.evaluation.permutation import FAMILY_COLUMNS, Fold, permute_families

CLASSES = ["a", "b"]


def fold(seed: int, n_clips: int = 200) -> Fold:
    """Return clips whose class is whether columns 0 and 1 have one sign, as the model says; 2 and 3 say nothing."""
    values = np.random.default_rng(seed).standard_normal((n_clips, 4))
    labels = np.where(values[:, 0] * values[:, 1] > 0, "a", "b").astype(object)

    def predict(each: np.ndarray) -> np.ndarray:
        same = (each[:, 0] * each[:, 1] > 0).astype(float)
        return np.stack([same, 1 - same], axis=1)

    return Fold(values, labels, predict)


FAMILIES = {"both": np.array([0, 1]), "first": np.array([0]), "nothing": np.array([2, 3])}


def test_what_a_model_needs_costs_it_and_what_it_does_not_costs_nothing():
    table = permute_families([fold(0), fold(1)], FAMILIES, CLASSES, n_repeats=4, seed=1).set_index("family")
    assert table.reset_index().columns.tolist() == FAMILY_COLUMNS
    assert table.loc["nothing", ["drop", "sd"]].tolist() == [0, 0]
    assert table.loc["both", "drop"] == pytest.approx(0.5, abs=0.1)
    assert table.loc["first", "drop"] == pytest.approx(0.5, abs=0.1)
    assert set(table["uar"]) == {1.0}
    assert table["n_features"].to_dict() == {"both": 2, "first": 1, "nothing": 2}


def test_columns_of_a_family_stay_together():
    one = fold(0)
    seen = []
    watched = Fold(one.values, one.labels, lambda each: (seen.append(each), one.predict(each))[1])
    permute_families([watched], {"both": np.array([0, 1])}, CLASSES, n_repeats=1, seed=1)
    plain, permuted = seen
    rows = {tuple(row) for row in plain[:, :2]}
    assert not np.array_equal(permuted[:, :2], plain[:, :2])
    assert {tuple(row) for row in permuted[:, :2]} == rows
    np.testing.assert_array_equal(permuted[:, 2:], plain[:, 2:])
    np.testing.assert_array_equal(one.values, plain)  # what was given stays


def test_a_second_time_gives_the_same_and_another_seed_another():
    first, again, other = (
        permute_families([fold(0, 37)], FAMILIES, CLASSES, n_repeats=3, seed=seed) for seed in (1, 1, 2)
    )
    assert first.equals(again)
    assert not first.equals(other)


def test_one_repeat_has_no_spread():
    assert permute_families([fold(0)], FAMILIES, CLASSES, n_repeats=1, seed=1)["sd"].isna().all()
