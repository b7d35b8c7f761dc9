"""Reduction to components ahead of a network: scikit-learn's numbers, of the training rows only."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.pipeline import Pipeline

from pipeline.core.errors import PipelineError
from pipeline.models.reduction_head import HeadSettings, choose_solver, reduction_steps
from pipeline.training.reduce import InputReduction, fit_head

SETTINGS = {"clip": 3.0, "pca_variance": 0.9, "select_k": 6}
ROWS = torch.arange(0, 60, 2)


@pytest.fixture
def clips() -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors of 20 features, some large, one constant, one far out in one clip; and three classes."""
    generator = torch.Generator().manual_seed(0)
    targets = torch.arange(60) // 2 % 3
    values = torch.randn(60, 20, generator=generator) + torch.nn.functional.one_hot(targets, 20)
    values = values * torch.logspace(-3, 6, 20) + 1e3
    values[:, 7] = 5.0
    values[4, 3] = 1e9
    return values, targets


def fitted(clips: tuple[torch.Tensor, torch.Tensor], **changes: float) -> InputReduction:
    values, targets = clips
    return InputReduction((20,), **{**SETTINGS, **changes}).fit(values, ROWS, targets)


def test_it_is_what_the_classifiers_of_scikit_learn_see(clips: tuple[torch.Tensor, torch.Tensor]) -> None:
    values, targets = clips
    head = Pipeline(reduction_steps(HeadSettings(**SETTINGS), seed=0))
    head.fit(values[ROWS].double().numpy(), targets[ROWS].numpy())
    expected = head.transform(values.double().numpy())
    np.testing.assert_allclose(fitted(clips)(values), expected, rtol=1e-4, atol=1e-5)


def test_only_the_rows_named_are_looked_at(clips: tuple[torch.Tensor, torch.Tensor]) -> None:
    values, targets = clips
    elsewhere = torch.ones(60, dtype=torch.bool).index_fill(0, ROWS, False)
    strange = torch.where(elsewhere.unsqueeze(1), -50 * values, values)
    others = torch.where(elsewhere, 0, targets)
    torch.testing.assert_close(
        fitted((strange, others)).state_dict(), fitted(clips).state_dict(), rtol=0, atol=0
    )


def test_the_order_of_the_clips_changes_no_sign(clips: tuple[torch.Tensor, torch.Tensor]) -> None:
    values, targets = clips
    turned = InputReduction((20,), **SETTINGS).fit(values, ROWS.flip(0), targets)
    torch.testing.assert_close(turned(values), fitted(clips)(values), rtol=1e-4, atol=1e-4)


def test_components_that_there_are_not_stay_zero(clips: tuple[torch.Tensor, torch.Tensor]) -> None:
    components = fitted(clips, select_k=20, pca_variance=0.5)(clips[0])
    assert components.shape == (60, 20)
    used = components.any(dim=0).tolist()
    assert 1 < sum(used) < 15
    assert used == sorted(used, reverse=True)


def test_a_score_far_out_is_clipped(clips: tuple[torch.Tensor, torch.Tensor]) -> None:
    reduction = fitted(clips)
    beyond = reduction.mean + 1e6 * reduction.deviation
    at_the_limit = reduction.mean + 3.0 * reduction.deviation
    torch.testing.assert_close(reduction(beyond[None]), reduction(at_the_limit[None]))


def test_saved_and_loaded_it_gives_the_same(clips: tuple[torch.Tensor, torch.Tensor]) -> None:
    loaded = InputReduction((20,), **SETTINGS)
    loaded.load_state_dict(fitted(clips).state_dict())
    torch.testing.assert_close(loaded(clips[0]), fitted(clips)(clips[0]), rtol=0, atol=0)
    assert loaded.out_shape == (6,)


@pytest.mark.parametrize("shape", [(5,), (30, 20)], ids=["too few", "no vector"])
def test_inputs_that_cannot_be_reduced_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PipelineError, match="reduction to 6 components needs vectors"):
        InputReduction(shape, **SETTINGS)


def test_another_number_of_components_needs_no_other_fit(clips: tuple[torch.Tensor, torch.Tensor]) -> None:
    values, targets = clips[0][ROWS].double().numpy(), clips[1][ROWS].numpy()
    head = fit_head(values, targets, 3.0, 0.9)
    six = fitted(clips)
    three = fitted(clips, select_k=3)
    assert fit_head(values, targets, 3.0, 0.9) is head
    steps = reduction_steps(HeadSettings(**{**SETTINGS, "select_k": 3}), seed=0)
    expected = Pipeline(steps).fit(values, targets)
    np.testing.assert_allclose(
        three(clips[0]), expected.transform(clips[0].double().numpy()), rtol=1e-4, atol=1e-5
    )
    assert set(three.axes[:, 0].tolist()) < set(six.axes[:, 0].tolist())


@pytest.mark.parametrize("changed", ["values", "targets", "clip", "pca_variance"])
def test_what_decides_the_components_is_fitted_anew(changed: str) -> None:
    given: dict[str, Any] = {
        "vectors": np.random.default_rng(0).normal(size=(30, 4)),
        "classes": np.arange(30) % 3,
        "clip": 3.0,
        "pca_variance": 0.9,
    }
    other: dict[str, Any] = {
        "values": {"vectors": given["vectors"] + np.eye(30, 4)},
        "targets": {"classes": np.arange(30) % 2},
        "clip": {"clip": 2.0},
        "pca_variance": {"pca_variance": 0.5},
    }[changed]
    assert fit_head(**{**given, **other}) is not fit_head(**given)


@pytest.mark.parametrize(
    ("n_clips", "solver"), [(19, "full"), (20, "covariance_eigh")], ids=["fewer clips", "more clips"]
)
def test_the_faster_solver_gives_the_same_components(n_clips: int, solver: str) -> None:
    values = np.random.default_rng(0).normal(size=(n_clips, 20)) * np.logspace(0, -3, 20)
    settings = HeadSettings(clip=9.0, pca_variance=0.99, select_k=5)
    head = Pipeline(reduction_steps(settings, seed=0))[:-1]
    expected = head.fit(values).transform(values)
    choose_solver(head, *values.shape)
    assert head["pca"].svd_solver == solver
    np.testing.assert_allclose(head.fit(values).transform(values), expected, rtol=1e-9, atol=1e-9)
