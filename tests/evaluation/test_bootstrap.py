"""Intervals: the same each time, as wide as theory says, and drawn over the right units."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from pipeline.evaluation.agreement import concordance
from pipeline.evaluation.bootstrap import bootstrap_dimensions, bootstrap_intervals, percentiles
from pipeline.evaluation.regression import score_targets, values_of
from tests.evaluation.made_up import (
    CLASSES,
    dimension_predictions,
    predictions,
    random_dimensions,
    random_predictions,
)


def test_the_same_predictions_give_the_same_interval():
    table = random_predictions(60, accuracy=0.6)
    assert bootstrap_intervals(table, CLASSES) == bootstrap_intervals(table.copy(), CLASSES)


def test_the_order_of_the_rows_does_not_matter():
    table = random_predictions(60, accuracy=0.6)
    assert bootstrap_intervals(table[::-1], CLASSES) == bootstrap_intervals(table, CLASSES)


def test_interval_of_single_clips_is_the_binomial_one():
    table = random_predictions(200, accuracy=0.7, n_speakers=1)
    share = (table["label"] == table["predicted"]).mean()
    low, high = bootstrap_intervals(table, CLASSES)[0]["accuracy"]
    assert low == pytest.approx(binom.ppf(0.025, 200, share) / 200, abs=0.01)
    assert high == pytest.approx(binom.ppf(0.975, 200, share) / 200, abs=0.01)


def test_the_interval_covers_the_true_accuracy_about_as_often_as_it_says():
    intervals = [
        bootstrap_intervals(random_predictions(100, accuracy=0.7, seed=seed), CLASSES, n_resamples=200)[0][
            "accuracy"
        ]
        for seed in range(1, 101)
    ]
    assert 85 <= sum(low <= 0.7 <= high for low, high in intervals) <= 100


@pytest.mark.parametrize(
    ("n_speakers", "drawn"), [(1, "clips"), (4, "clips"), (5, "speakers"), (60, "clips")], ids=str
)
def test_speakers_are_drawn_where_there_are_enough_and_they_repeat(n_speakers, drawn):
    table = random_predictions(60, accuracy=0.6, n_speakers=n_speakers)
    assert bootstrap_intervals(table, CLASSES)[1] == drawn


def test_alike_clips_of_a_speaker_widen_the_interval():
    labels = [CLASSES[index % 3] for index in range(120)]
    found = [label if index % 8 < 4 else "sad" for index, label in enumerate(labels)]  # speakers 0-3 are easy
    by_speaker, _ = bootstrap_intervals(predictions(labels, found, n_speakers=8), CLASSES)
    by_clip, _ = bootstrap_intervals(predictions(labels, found, n_speakers=1), CLASSES)
    assert np.ptp(by_speaker["accuracy"]) > 1.5 * np.ptp(by_clip["accuracy"])


def test_clips_of_unknown_speakers_stand_alone():
    table = random_predictions(60, accuracy=0.6, n_speakers=6)
    table.loc[table["speaker"] == "made_up/0", "speaker"] = None
    assert bootstrap_intervals(table, CLASSES)[1] == "speakers"


def test_perfect_predictions_have_no_spread():
    intervals, _ = bootstrap_intervals(random_predictions(60, accuracy=1.0), CLASSES)
    assert intervals == {"accuracy": (1.0, 1.0), "uar": (1.0, 1.0)}


def test_a_class_that_is_seldom_drawn_does_not_break_uar():
    table = predictions(["angry"] * 20 + ["sad"], ["angry"] * 10 + ["happy"] * 10 + ["sad"])
    low, high = bootstrap_intervals(table, CLASSES)[0]["uar"]
    assert 0 < low < high <= 1


def test_seeds_that_agree_give_the_interval_of_one():
    table = random_predictions(60, accuracy=0.6)
    twice = pd.concat([table, table.assign(seed=1)])
    assert bootstrap_intervals(twice, CLASSES) == bootstrap_intervals(table, CLASSES)


TARGETS = ["arousal", "valence"]


def test_interval_of_concordance_is_that_of_drawing_rows_anew():
    """Each resample scored by itself, row by row, gives the same percentiles as the sums do."""
    table = random_dimensions(80, targets=("arousal",), n_speakers=1)
    truth, predicted = values_of(table, "arousal")
    rng = np.random.default_rng(0)
    picks = [rng.integers(80, size=(50, 80)) for _ in range(4)]
    values = [concordance(truth[rows], predicted[rows]) for batch in picks for rows in batch]
    interval, drawn = bootstrap_dimensions(table, ["arousal"], n_resamples=200)
    assert drawn == "clips"
    assert interval["ccc"] == pytest.approx(np.percentile(values, [2.5, 97.5]))


@pytest.mark.parametrize(("n_speakers", "drawn"), [(1, "clips"), (4, "clips"), (8, "speakers")], ids=str)
def test_interval_of_concordance_holds_the_score(n_speakers, drawn):
    table = pd.concat([random_dimensions(80, seed=seed, n_speakers=n_speakers) for seed in (1, 2)])
    mean = np.mean([score_targets(part, TARGETS)["ccc"] for _, part in table.groupby("seed")])
    intervals, unit = bootstrap_dimensions(table, TARGETS)
    low, high = intervals["ccc"]
    assert low < mean < high
    assert unit == drawn


def test_alike_errors_of_a_speaker_widen_the_interval_of_concordance():
    rng = np.random.default_rng(1)
    truth = rng.uniform(1, 5, 160)
    shift = np.where(np.arange(160) % 8 < 4, 1.5, 0.0)  # speakers 0 to 3 are predicted too high
    by_speaker, by_clip = (
        bootstrap_dimensions(
            dimension_predictions({"arousal": truth}, {"arousal": truth + shift}, n_speakers=n), ["arousal"]
        )[0]["ccc"]
        for n in (8, 1)
    )
    assert np.ptp(by_speaker) > 1.5 * np.ptp(by_clip)


def test_the_order_of_the_rows_does_not_matter_to_concordance():
    table = random_dimensions(60)
    reversed_rows = bootstrap_dimensions(table[::-1], TARGETS)[0]["ccc"]
    assert reversed_rows == pytest.approx(bootstrap_dimensions(table, TARGETS)[0]["ccc"], abs=1e-12)


@pytest.mark.parametrize(("noise", "expected"), [(0.0, (1.0, 1.0)), (None, (0.0, 0.0))])
def test_concordance_without_spread(noise, expected):
    table = random_dimensions(60, noise=noise or 0.0)
    if noise is None:
        table = table.assign(y_arousal=np.float32(2.7), y_valence=np.float32(2.7))
    assert bootstrap_dimensions(table, TARGETS)[0]["ccc"] == pytest.approx(expected, abs=1e-9)


def test_clips_without_a_value_do_not_count():
    table = random_dimensions(60, n_speakers=1)
    more = table.assign(utterance_id=table["utterance_id"] + "x", t_arousal=np.nan, t_valence=np.nan)
    with_them, without = (
        bootstrap_dimensions(rows, TARGETS)[0]["ccc"] for rows in (pd.concat([table, more]), table)
    )
    assert with_them == pytest.approx(without, abs=0.04)


def test_resamples_in_which_a_score_is_undefined_are_left_out():
    defined = np.linspace(0.0, 1.0, 41)
    assert percentiles(np.append(defined, np.nan)) == pytest.approx(percentiles(defined))
    assert percentiles(defined) == pytest.approx((0.025, 0.975))
