"""Losses, with class weights counted on the training split."""

import torch
from torch import Tensor, nn


def cross_entropy(
    targets: Tensor, n_classes: int, *, class_weights: str, label_smoothing: float
) -> nn.CrossEntropyLoss:
    """Build cross-entropy.

    Args:
        targets: Class indices of the training clips.
        n_classes: Number of classes, those absent from training included.
        class_weights: "none", or "inverse_frequency" for clips / (classes x clips of the class).
        label_smoothing: Share of the target that is spread over all classes.
    """
    weight = inverse_frequency(targets, n_classes) if class_weights == "inverse_frequency" else None
    return nn.CrossEntropyLoss(weight, label_smoothing=label_smoothing)


def inverse_frequency(targets: Tensor, n_classes: int) -> Tensor:
    """Return one weight a class, averaging 1 over the clips; a class without clips counts as having one."""
    counts = torch.bincount(targets.cpu(), minlength=n_classes).clamp(min=1)
    return (len(targets) / (n_classes * counts)).float().to(targets.device)
