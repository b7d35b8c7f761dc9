"""Optimisers and schedules, step by step, against numbers worked out by hand."""

import math
from typing import Any

import pytest
import torch
from torch import nn

from pipeline.core.errors import PipelineError
from pipeline.training.optimise import after_epoch, after_step, build_optimizer, build_scheduler
from tests.training import toy

LR, BETAS, EPS, DECAY = 0.1, (0.8, 0.9), 0.01, 0.5
START, GRADIENTS = 2.0, (3.0, -1.0)


def stepped(**settings: Any) -> list[float]:
    """Return the one weight of a network after each of two steps along given gradients."""
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(START)
    optimizer = build_optimizer(network, toy.torch_system(**{"lr": LR, **settings}))
    weights = []
    for gradient in GRADIENTS:
        network.weight.grad = torch.full((1, 1), gradient)
        optimizer.step()
        weights.append(network.weight.item())
    return weights


def worked_out(corrected: bool, decoupled: bool) -> list[float]:
    """Return what Adam, or AdamW, makes of it: Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019."""
    weight, first, second, weights = START, 0.0, 0.0, []
    for step, given in enumerate(GRADIENTS, start=1):
        gradient = given if decoupled else given + DECAY * weight
        weight -= LR * DECAY * weight if decoupled else 0.0
        first = BETAS[0] * first + (1 - BETAS[0]) * gradient
        second = BETAS[1] * second + (1 - BETAS[1]) * gradient**2
        scales = [1 - beta**step if corrected else 1.0 for beta in BETAS]
        weight -= LR * (first / scales[0]) / (math.sqrt(second / scales[1]) + EPS)
        weights.append(weight)
    return weights


@pytest.mark.parametrize("bias_correction", [True, False])
@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_two_steps_of_adam_by_hand(optimizer: str, bias_correction: bool) -> None:
    settings = {"betas": BETAS, "eps": EPS, "weight_decay": DECAY, "bias_correction": bias_correction}
    expected = worked_out(bias_correction, optimizer == "adamw")
    assert stepped(optimizer=optimizer, **settings) == pytest.approx(expected, rel=1e-6)


def test_without_bias_correction_a_first_step_is_as_long_as_the_moments_say() -> None:
    # 0.1 of the gradient over the root of 0.001 of its square: 3.16 times the rate, whatever the gradient.
    weight = stepped(optimizer="adam", bias_correction=False)[0]
    assert weight == pytest.approx(START - LR * 0.1 / math.sqrt(0.001), rel=1e-6)


def test_what_is_left_out_is_torchs_own() -> None:
    assert stepped(optimizer="adam") == stepped(optimizer="adam", betas=(0.9, 0.999), eps=1e-8)


def test_two_steps_of_nesterovs_momentum_by_hand() -> None:
    first = START - LR * (GRADIENTS[0] + 0.9 * GRADIENTS[0])
    second = first - LR * (GRADIENTS[1] + 0.9 * (0.9 * GRADIENTS[0] + GRADIENTS[1]))
    assert stepped(optimizer="sgd", momentum=0.9) == pytest.approx([first, second], rel=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "sgd", "betas": BETAS, "bias_correction": False}, "sgd has no betas, bias_correction"),
        ({"optimizer": "adam", "momentum": 0.9}, "momentum is 0.9, but optimizer adam has none"),
        (
            {"targets": ["arousal"], "loss": "ccc", "monitor": "val_ccc", "accumulate": 4},
            "ccc is a statistic",
        ),
    ],
    ids=["sgd", "adam", "ccc"],
)
def test_settings_that_mean_nothing_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        build_optimizer(nn.Linear(1, 1), toy.torch_system(**settings))


def rates(settings: dict[str, Any], n_steps: int) -> list[float]:
    """Return the rate at each of some steps, full rate 1."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = build_scheduler(optimizer, settings)
    seen = []
    for _ in range(n_steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        after_step(schedule)
        after_epoch(schedule, val_loss=1.0)
    return seen


def test_the_linear_schedule_by_hand() -> None:
    expected = [0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0]
    assert rates({"kind": "linear", "steps": 6, "warmup": 2}, 8) == pytest.approx(expected)


def test_the_linear_schedule_is_that_of_transformers() -> None:
    from transformers import get_linear_schedule_with_warmup

    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = get_linear_schedule_with_warmup(
        optimizer, num_warmup_steps=100, num_training_steps=1000
    ).lr_lambdas[0]
    assert rates({"kind": "linear", "steps": 1000, "warmup": 100}, 1010) == list(map(theirs, range(1010)))


def test_the_cosine_schedule_by_hand() -> None:
    expected = [1, (2 + math.sqrt(2)) / 4, 0.5, (2 - math.sqrt(2)) / 4, 0]
    assert rates({"kind": "cosine", "steps": 4, "warmup": 0}, 5) == pytest.approx(expected)


def test_the_plateau_counts_epochs_not_steps() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = build_scheduler(optimizer, {"kind": "plateau", "factor": 0.5, "patience": 0})
    after_step(schedule)
    after_step(schedule)
    assert optimizer.param_groups[0]["lr"] == 1.0


@pytest.mark.parametrize("warmup", [-1, 10])
def test_a_warm_up_beyond_the_steps_is_refused(warmup: int) -> None:
    with pytest.raises(PipelineError, match=f"warmup is {warmup} of 10 steps"):
        rates({"kind": "linear", "steps": 10, "warmup": warmup}, 1)


def test_an_unknown_schedule_is_named() -> None:
    with pytest.raises(PipelineError, match="linear"):
        rates({"kind": "linar", "steps": 10, "warmup": 0}, 1)
