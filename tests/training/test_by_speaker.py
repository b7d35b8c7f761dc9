"""Standard scores by speaker."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from pipeline.training.by_speaker import FEWEST, speaker_scores, statistics_of

RNG = np.random.default_rng(1)
SPEAKERS = pd.Series(["a"] * 20 + ["b"] * 12 + ["c"] * (FEWEST - 1) + [None] * 2)
LEVELS = {"a": 5.0, "b": -3.0}
VALUES = (
    RNG.normal(size=(len(SPEAKERS), 3)) * [1, 2, 3] + SPEAKERS.map(LEVELS).fillna(1.0).to_numpy()[:, None]
).astype(np.float32)
NO_COPIES = np.zeros(len(SPEAKERS), bool)


def test_a_speakers_clips_have_mean_0_and_deviation_1():
    scores = speaker_scores(VALUES, SPEAKERS, NO_COPIES)
    scored = scores.scores(scores.fallback(np.arange(20)))
    for name in "ab":
        own = scored[(name == SPEAKERS).to_numpy()]
        np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(own.std(axis=0), 1, atol=1e-5)


def test_who_has_few_clips_or_is_unknown_is_measured_by_those_trained_on():
    scores = speaker_scores(VALUES, SPEAKERS, NO_COPIES)
    assert set(scores.known) == {"a", "b"}
    fallback = scores.fallback(np.arange(20))  # of speaker a alone
    expected = (VALUES[32:] - VALUES[:20].mean(axis=0)) / VALUES[:20].std(axis=0)
    np.testing.assert_allclose(scores.scores(fallback)[32:], expected, rtol=1e-4, atol=1e-4)


def test_the_fallback_looks_at_nobody_who_is_not_trained_on():
    scores = speaker_scores(VALUES, SPEAKERS, NO_COPIES)
    changed = VALUES.copy()
    changed[20:] += 100
    others = speaker_scores(changed, SPEAKERS, NO_COPIES)
    rows = np.arange(20)
    np.testing.assert_array_equal(scores.fallback(rows).mean, others.fallback(rows).mean)


def test_without_a_speaker_of_enough_clips_all_that_is_trained_on_counts_as_one():
    few = pd.Series(["a"] * 3 + ["b"] * 3)
    scores = speaker_scores(VALUES[:6], few, NO_COPIES[:6])
    np.testing.assert_allclose(scores.fallback(np.arange(4)).mean, VALUES[:4].mean(axis=0), rtol=1e-5)


def test_augmented_copies_do_not_count():
    is_copy = np.arange(len(SPEAKERS)) >= 15
    scores = speaker_scores(VALUES, SPEAKERS, is_copy)
    np.testing.assert_allclose(scores.known["a"].mean, VALUES[:15].mean(axis=0), rtol=1e-5)


def test_the_saved_step_does_the_same():
    statistics = statistics_of(VALUES[:20])
    step = Pipeline([("speaker", statistics.as_step())])
    np.testing.assert_allclose(step.transform(VALUES), statistics.scores(VALUES), rtol=1e-5, atol=1e-5)


def test_a_feature_that_never_varies_stays_finite():
    statistics = statistics_of(np.ones((9, 2), np.float32))
    np.testing.assert_array_equal(statistics.scores(np.ones((1, 2), np.float32)), [[0, 0]])


@pytest.mark.parametrize("n_clips", [1, FEWEST])
def test_statistics_of_any_number_of_clips(n_clips):
    assert np.isfinite(statistics_of(VALUES[:n_clips]).scores(VALUES)).all()
