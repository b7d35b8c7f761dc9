"""A model of all clips: what it learns from, and who cannot be trained so."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.config.plans import SystemPlan
from pipeline.core.errors import PipelineError
from pipeline.training import everyone
from pipeline.training.data import StudyData
from pipeline.training.estimator_files import load_estimator
from pipeline.training.sklearn_runner import SklearnRunner
from tests.training import toy


def folded() -> StudyData:
    """Return the toy study in two folds, with a clip of another corpus that is only tested."""
    data = toy.study("vectors")
    first = {**data.folds[0], "cross": data.folds[0]["test"][:1]}
    first["test"] = first["test"][1:]
    second = {"train": first["train"], "val": first["test"], "test": first["val"]}
    return replace(data, folds={0: first, 1: second}, split_seeds={0: 42, 1: 43})


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> StudyData:
    data = folded()
    monkeypatch.setattr(everyone, "read_table", lambda path: None)
    monkeypatch.setattr(everyone, "load_study", lambda plan, table: data)
    return data


def plan(system: Any) -> SystemPlan:
    return SystemPlan(code="1", classes=toy.CLASSES, corpora=["toy"], system=system)


def test_it_learns_from_every_clip_that_some_fold_trains_on_or_tests(
    study: StudyData, tmp_path: Path
) -> None:
    system = toy.sklearn_system(**toy.SVM, seeds=[3, 4])
    models, n_clips, n_speakers = everyone.train_on_everyone("tiny", plan(system), tmp_path)
    assert models == [(3, 0), (4, 0)]
    rows = np.setdiff1d(np.arange(len(study.clips)), study.folds[0]["cross"])
    assert n_clips == len(rows) == len(study.clips) - 1
    assert n_speakers == study.clips["speaker"].iloc[rows].nunique()
    by_hand = replace(study, folds={0: {"train": rows}})
    SklearnRunner(by_hand, system, "tiny", tmp_path / "hand").train(3, 0)
    found, expected = (load_estimator(folder, 3, 0)[0] for folder in (tmp_path, tmp_path / "hand"))
    vectors = study.features["features"]
    np.testing.assert_array_equal(found.decision_function(vectors), expected.decision_function(vectors))
    assert load_estimator(tmp_path, 3, 0)[1]["n_train"] == len(rows)


def test_a_network_is_refused_since_nobody_is_left_to_stop_it(study: StudyData, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"tiny cannot be trained on everyone: a network is stopped"):
        everyone.train_on_everyone("tiny", plan(toy.torch_system()), tmp_path)
