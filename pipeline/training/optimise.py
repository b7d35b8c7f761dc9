"""Optimisers and learning-rate schedules by their names in params.yaml."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

from pipeline.config.call import call
from pipeline.config.mistakes import one_of
from pipeline.config.systems import TorchSystem
from pipeline.core.errors import PipelineError

Schedule: TypeAlias = ReduceLROnPlateau | LambdaLR
LONG_AGO = 2.0**40  # steps; float32 holds it, and one more step leaves it as it is
FUSED_ON = ("cpu", "cuda")  # one pass over each parameter: on a CPU 2-9 times as fast as torch's own choice


def build_optimizer(network: nn.Module, settings: TorchSystem) -> Optimizer:
    """Build the optimiser of the trainable parameters.

    Momentum, Nesterov's, is for SGD alone; betas, eps and bias correction are for Adam and AdamW.

    Raises:
        PipelineError: A setting that the optimiser has no use for.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    _check(settings)
    _check_accumulation(settings)
    fused = all(parameter.device.type in FUSED_ON for parameter in parameters)
    common: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay, "fused": fused}
    if settings.optimizer == "sgd":
        return torch.optim.SGD(
            parameters, momentum=settings.momentum, nesterov=settings.momentum > 0, **common
        )
    if settings.betas is not None:
        common["betas"] = settings.betas
    if settings.eps is not None:
        common["eps"] = settings.eps
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    optimizer = kinds[settings.optimizer](parameters, **common)
    if not settings.bias_correction:
        _leave_bias(optimizer)
    return optimizer


def _check(settings: TorchSystem) -> None:
    """Refuse settings that would change nothing."""
    of_adam = {
        "betas": settings.betas is not None,
        "eps": settings.eps is not None,
        "bias_correction": not settings.bias_correction,
    }
    given = [name for name, named in of_adam.items() if named]
    if settings.optimizer == "sgd" and given:
        raise PipelineError(f"params.yaml: optimizer sgd has no {', '.join(given)}: leave out, or name adam")
    if settings.optimizer != "sgd" and settings.momentum:
        raise PipelineError(
            f"params.yaml: momentum is {settings.momentum:g}, but optimizer {settings.optimizer} has none: "
            "leave it out, or name sgd"
        )


def _check_accumulation(settings: TorchSystem) -> None:
    """Raise a `PipelineError` where the loss of a step is not made of those of its batches."""
    if settings.accumulate > 1 and settings.loss == "ccc":
        raise PipelineError(
            f"accumulate is {settings.accumulate}, but loss ccc is a statistic of all clips of a step: "
            "take a larger batch_size instead, with checkpointing: true or SER_PROCESSES if memory is short"
        )


def _leave_bias(optimizer: Optimizer) -> None:
    """Start the moments at zero and let nothing correct for it, as BERT's own Adam (Devlin et al. 2019) did.

    Torch has no switch for it, but divides by 1 - beta^step, which is 1 to the last bit after many steps: the
    count starts, and stays, there.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            step = torch.tensor(LONG_AGO, device=parameter.device if group["fused"] else "cpu")
            moments = {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
            optimizer.state[parameter] = {"step": step, **moments}


def build_scheduler(optimizer: Optimizer, settings: dict[str, Any] | None) -> Schedule | None:
    """Build a schedule; `after_step` and `after_epoch` move it on.

    Args:
        optimizer: Whose learning rate changes.
        settings: `kind` and that kind's own settings; None for a constant rate.
    """
    if settings is None:
        return None
    kinds: dict[str, Callable[..., Schedule]] = {"plateau": _plateau, "linear": _linear, "cosine": _cosine}
    kind = one_of(str(settings.get("kind")), kinds, "kind of schedule", "scheduler.kind")
    options = {key: value for key, value in settings.items() if key != "kind"}
    return call(kinds[kind], options, "scheduler", optimizer)


def after_step(schedule: Schedule | None) -> None:
    """Move a schedule of steps on by one step of the optimiser."""
    if isinstance(schedule, LambdaLR):
        schedule.step()


def after_epoch(schedule: Schedule | None, val_loss: float) -> None:
    """Show a schedule of epochs the validation loss."""
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step(val_loss)


def _plateau(optimizer: Optimizer, *, factor: float, patience: int) -> ReduceLROnPlateau:
    """Multiply the rate by `factor` once the loss has not fallen for more than `patience` epochs."""
    return ReduceLROnPlateau(optimizer, factor=factor, patience=patience)


def _linear(optimizer: Optimizer, *, steps: int, warmup: int) -> LambdaLR:
    """Raise the rate from 0 in `warmup` steps, then lower it in a straight line to 0 at `steps`.

    As transformers' `get_linear_schedule_with_warmup`: the first step is taken at rate 0 where there is a warm-up.
    """
    return _warmed(optimizer, steps, warmup, lambda left: left)


def _cosine(optimizer: Optimizer, *, steps: int, warmup: int) -> LambdaLR:
    """Raise the rate from 0 in `warmup` steps, then lower it along half a cosine to 0 at `steps`."""
    return _warmed(optimizer, steps, warmup, lambda left: 0.5 * (1 - math.cos(math.pi * left)))


def _warmed(optimizer: Optimizer, steps: int, warmup: int, shape: Callable[[float], float]) -> LambdaLR:
    """Build a schedule of steps.

    Args:
        optimizer: Whose learning rate changes.
        steps: After how many the rate is 0.
        warmup: The first of them, in which it rises.
        shape: Share of the full rate at a share of the steps behind the warm-up that are left; from 1 to 0.
    """
    if not 0 <= warmup < steps:
        raise PipelineError(
            f"params.yaml: scheduler: warmup is {warmup} of {steps} steps; expected 0 or more, and fewer than steps"
        )

    def share(step: int) -> float:
        if step < warmup:
            return step / warmup
        return shape(max(0, steps - step) / (steps - warmup))

    return LambdaLR(optimizer, share)
