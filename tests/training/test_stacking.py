"""A stacked network: what it reads of its members, and what is held out."""

import numpy as np
import pandas as pd

from pipeline.training.data import StudyData
from pipeline.training.stacking import LEAST, cut_folds, stacked_logits

CLASSES = ["angry", "happy", "sad"]


def test_copies_of_a_validation_clip_are_held_out_together() -> None:
    clips = pd.DataFrame({"label": np.repeat(CLASSES, 8), "group": np.repeat(np.arange(12), 2)})
    data = StudyData(clips, CLASSES, {}, {}, None, {}, {})
    folds = cut_folds(data, np.arange(24), np.zeros(0, np.int64), 4, 1, "ensembles.both")
    groups = clips["group"].to_numpy()
    assert [set(groups[fold["train"]]) & set(groups[fold["val"]]) for fold in folds.values()] == [set()] * 4
    assert sorted(np.concatenate([fold["val"] for fold in folds.values()])) == list(range(24))


def test_logits_are_logarithms_up_to_a_constant() -> None:
    logits = np.array([[3.0, -1.0, 0.5]])
    p = np.exp(logits) / np.exp(logits).sum()
    member = pd.DataFrame(p, columns=[f"p_{name}" for name in CLASSES])
    rounded_away = pd.DataFrame([[1.0, 0.0, 0.0]], columns=member.columns)
    stacked = stacked_logits((member, rounded_away), CLASSES)
    np.testing.assert_allclose(np.diff(stacked[0, :3]), np.diff(logits[0]), rtol=1e-5)
    np.testing.assert_allclose(stacked[0, 3:], [0.0, np.log(LEAST), np.log(LEAST)], rtol=1e-6)
