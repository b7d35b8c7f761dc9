"""Logistic regression and boosted trees, against scikit-learn's own."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pipeline.models import boosted_trees, logistic

RNG = np.random.default_rng(2)
LABELS = np.repeat(np.array(["a", "b", "c"], dtype=object), 8)
VALUES = (RNG.normal(size=(24, 75)) + 2 * np.eye(3).repeat(8, axis=0) @ RNG.normal(size=(3, 75))).astype(
    np.float32
)
PLAIN = {"clip": None, "pca_variance": None, "select_k": "all"}


def test_the_rotation_changes_no_probability():
    """75 features of 24 clips: what is fitted has 24 coordinates, and says what scikit-learn's own says."""
    pipeline = logistic.build(logistic.Settings(**PLAIN), seed=1).set_params(classifier__C=0.1)
    pipeline.set_params(classifier__tol=1e-8).fit(VALUES, LABELS)
    assert pipeline[-1].n_features_in_ == 24
    scaler = StandardScaler().fit(VALUES)
    plain = LogisticRegression(C=0.1, tol=1e-8, max_iter=5000).fit(
        scaler.transform(VALUES).astype(float), LABELS
    )
    new = VALUES[::3] + 0.5
    np.testing.assert_allclose(
        pipeline.predict_proba(new), plain.predict_proba(scaler.transform(new).astype(float)), atol=1e-3
    )


@pytest.mark.parametrize(
    ("family", "settings"), [(logistic, {**PLAIN, "n_blocks": 3}), (boosted_trees, {"n_blocks": 3})]
)
def test_only_the_kept_blocks_count(family, settings):
    pipeline = family.build(family.Settings(**settings), seed=1).set_params(blocks__keep=[1])
    if family is boosted_trees:
        pipeline.set_params(classifier__min_samples_leaf=2)
    pipeline.fit(VALUES, LABELS)
    changed = VALUES.copy()
    changed[:, :25] += 9
    changed[:, 50:] += 9
    np.testing.assert_array_equal(pipeline.predict_proba(changed), pipeline.predict_proba(VALUES))
    changed[:, 25:50] += 9
    assert (pipeline.predict_proba(changed) != pipeline.predict_proba(VALUES)).any()


def test_trees_are_the_same_each_time():
    first, second = (
        boosted_trees.build(boosted_trees.Settings(), seed=1).fit(VALUES, LABELS) for _ in range(2)
    )
    np.testing.assert_array_equal(first.predict_proba(VALUES), second.predict_proba(VALUES))
