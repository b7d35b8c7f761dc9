"""Figures of probabilities: good and bad systems look different, and many classes have room."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from pipeline.evaluation.curve_figures import save_pr, save_reliability, save_roc
from pipeline.evaluation.curves import pr_points, ranking_table, roc_points
from pipeline.evaluation.reliability import reliability_table

TEN = [f"class_{number}" for number in range(10)]


def known(classes: list[str], share: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels of 60 clips, and probabilities that know this much of them."""
    rng = np.random.default_rng(0)
    truth = np.arange(60) % len(classes)
    noise = rng.dirichlet(np.ones(len(classes)), size=60)
    return np.asarray(classes, dtype=object)[truth], share * np.eye(len(classes))[truth] + (1 - share) * noise


def draw(path: Path, kind: str, classes: list[str], share: float) -> np.ndarray:
    labels, probabilities = known(classes, share)
    areas = ranking_table(labels, probabilities, classes)
    if kind == "reliability":
        save_reliability(path, reliability_table(labels, probabilities, classes), "net")
    else:
        save, points = {"roc": (save_roc, roc_points), "pr": (save_pr, pr_points)}[kind]
        save(path, points(labels, probabilities, classes), areas, "net")
    return matplotlib.image.imread(path)


@pytest.mark.parametrize("kind", ["roc", "pr", "reliability"])
def test_a_good_system_looks_otherwise_than_a_bad_one(tmp_path, kind):
    good, bad = (draw(tmp_path / f"{share}.png", kind, TEN[:3], share) for share in (0.9, 0.1))
    assert good.shape == bad.shape
    assert (good != bad).any(axis=-1).mean() > 0.002


def test_the_same_numbers_give_the_same_bytes(tmp_path):
    draw(tmp_path / "one.png", "roc", TEN, 0.3)
    draw(tmp_path / "two.png", "roc", TEN, 0.3)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
