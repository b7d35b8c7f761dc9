"""Families of a trained system's features: from its stored features and models to the table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.config.plans import PermutedSystem, SystemPlan
from pipeline.core.errors import PipelineError
from pipeline.core.tables import read_csv
from pipeline.evaluation import why
from pipeline.features.functionals import Settings, feature_names
from pipeline.inference.plans import read_plans
from pipeline.training.data import StudyData
from tests.inference.box import FEATURE_SETS, Box
from tests.training import toy


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in for the shards of features, which the tiny systems do not leave."""
    data = toy.study("vectors")
    names = feature_names(Settings.model_validate(FEATURE_SETS["vectors"][1]))
    rng = np.random.default_rng(0)
    values = rng.standard_normal((len(data.clips), len(names))).astype(np.float32)
    data = replace(data, folds={0: data.folds[0], 1: data.folds[0]}, split_seeds={0: 42, 1: 43}, texts=None)

    def load(plan: SystemPlan, split: pd.DataFrame) -> StudyData:
        own = {"features": names} if plan.system.features == "vectors" else {}
        return replace(data, features={"features": values}, feature_names=own)

    monkeypatch.setattr(why, "load_study", load)


def permuted(system: str, repeats: int = 2) -> PermutedSystem:
    return PermutedSystem(seed=1, repeats=repeats, plans=read_plans(system))


def test_a_forest_has_its_families(box: Box, study: None, tmp_path: Path) -> None:
    table = why.write_families(tmp_path, "tiny_forest", permuted("tiny_forest"))
    assert sorted(table["family"]) == ["energy", "pitch", "spectral", "voice quality"]
    assert table["n_features"].sum() == 6373
    assert read_csv(tmp_path / "tiny_forest.csv")["family"].tolist() == table["family"].tolist()
    assert (tmp_path / "tiny_forest.png").exists()


@pytest.mark.parametrize(
    ("system", "message"),
    [
        ("tiny_cnn", "expected a system of classes that reads one feature set"),
        ("tiny_mean", "is an ensemble"),
    ],
)
def test_what_has_no_named_vectors_is_refused(box: Box, study: None, tmp_path, system, message) -> None:
    with pytest.raises(PipelineError, match=message):
        why.write_families(tmp_path, system, permuted(system))
