"""The forest on plain features and on components."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.models.build import build_estimator

HEAD = {"clip": 5.0, "pca_variance": 0.95, "select_k": 4}


@pytest.mark.parametrize(("head", "n_features"), [(None, 30), (HEAD, 4)], ids=["plain", "components"])
def test_the_forest_sees_the_features_or_their_components(head: dict | None, n_features: int) -> None:
    values = np.random.default_rng(0).normal(size=(60, 30)).astype(np.float32)
    estimator = build_estimator("random_forest", {"head": head}, seed=0).set_params(
        classifier__n_estimators=2
    )
    estimator.fit(values, np.repeat(["angry", "happy", "sad"], 20))
    assert estimator[-1].n_features_in_ == n_features


def test_an_unknown_setting_of_the_head_is_named() -> None:
    with pytest.raises(PipelineError, match=r"architecture\.head\.clib: unknown key, did you mean 'clip'\?"):
        build_estimator("random_forest", {"head": {**HEAD, "clib": 5.0}}, seed=0)
