"""Optimisers and learning-rate schedules by their names in params.yaml."""

from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from pipeline.core.mistakes import one_of
from pipeline.core.settings import TorchSystem
from pipeline.training.build import call


def build_optimizer(network: nn.Module, settings: TorchSystem) -> Optimizer:
    """Build the optimiser of the trainable parameters; momentum, Nesterov's, is for SGD alone."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    common: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay}
    if settings.optimizer == "sgd":
        return torch.optim.SGD(
            parameters, momentum=settings.momentum, nesterov=settings.momentum > 0, **common
        )
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[settings.optimizer](parameters, **common)


def build_scheduler(optimizer: Optimizer, settings: dict[str, Any] | None) -> ReduceLROnPlateau | None:
    """Build a schedule that is stepped with the validation loss after each epoch.

    Args:
        optimizer: Whose learning rate changes.
        settings: `kind` and that kind's own settings; None for a constant rate.
    """
    if settings is None:
        return None
    kinds = {"plateau": _plateau}
    kind = one_of(str(settings.get("kind")), kinds, "kind of schedule", "scheduler.kind")
    options = {key: value for key, value in settings.items() if key != "kind"}
    return call(kinds[kind], options, "scheduler", optimizer)


def _plateau(optimizer: Optimizer, *, factor: float, patience: int) -> ReduceLROnPlateau:
    """Multiply the rate by `factor` once the loss has not fallen for more than `patience` epochs."""
    return ReduceLROnPlateau(optimizer, factor=factor, patience=patience)
