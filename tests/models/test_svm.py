"""The support vector machine's steps."""

import numpy as np
import pytest

from pipeline.models.svm import Settings, build, check_grid

SETTINGS = Settings(clip=5.0, pca_variance=0.95, select_k=5)


@pytest.fixture
def clips() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    labels = np.repeat(["angry", "happy", "sad"], 20)
    return (generator.normal(size=(60, 30)) + (labels == "sad")[:, None]).astype(np.float32), labels


def test_a_clip_far_out_is_clipped(clips: tuple[np.ndarray, np.ndarray]) -> None:
    values, labels = clips
    estimator = build(SETTINGS, seed=0).fit(values, labels)
    outlier = np.full((1, 30), 1e6, np.float32)
    assert np.abs(estimator[:2].transform(outlier)).max() == 5.0


def test_no_more_components_than_asked_for(clips: tuple[np.ndarray, np.ndarray]) -> None:
    estimator = build(SETTINGS, seed=0).fit(*clips)
    assert estimator[:-1].transform(clips[0]).shape == (60, 5)


def test_the_class_of_the_largest_decision_value_is_predicted(clips: tuple[np.ndarray, np.ndarray]) -> None:
    estimator = build(SETTINGS, seed=0).fit(*clips)
    winners = estimator.classes_[estimator.decision_function(clips[0]).argmax(axis=1)]
    assert (estimator.predict(clips[0]) == winners).all()


def test_the_steps_end_in_a_rotation_where_it_is_asked_for() -> None:
    rotated = Settings(clip=None, pca_variance=None, select_k="all", rotate=True)
    assert list(build(rotated, seed=0).named_steps) == ["scale", "rotate", "classifier"]


@pytest.mark.parametrize(
    ("grid", "kernel"),
    [
        ([{"kernel": ["linear", "rbf"]}], "linear or rbf"),
        ([{"kernel": ["linear"]}, {"C": [1.0]}], "linear or rbf"),
        ([{"kernel": ["poly"]}], "poly"),
    ],
)
def test_another_kernel_is_not_rotated(grid: list[dict], kernel: str) -> None:
    rotated = Settings(clip=None, pca_variance=None, select_k="all", rotate=True)
    assert (check_grid(rotated, grid) or "").startswith(
        f"kernel is {kernel}, but architecture.rotate is true"
    )
    assert check_grid(rotated, [{"kernel": ["linear"], "C": [1.0]}]) is None
    assert check_grid(SETTINGS, grid) is None
