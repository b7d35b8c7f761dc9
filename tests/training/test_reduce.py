"""Reduction to components ahead of a network: scikit-learn's numbers, of the training rows only."""

import numpy as np
import pytest
import torch
from sklearn.pipeline import Pipeline

from pipeline.core.errors import PipelineError
from pipeline.training.reduce import InputReduction
from pipeline.training.reduction_head import reduction_steps

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
    head = Pipeline(reduction_steps(seed=0, **SETTINGS))
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
