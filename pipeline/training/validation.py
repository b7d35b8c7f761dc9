"""Scores of the validation clips after each epoch, by which the best weights are chosen: the more the better."""

import torch
from torch import Tensor

from pipeline.training.losses import concordance


def class_scores(logits: Tensor, targets: Tensor) -> dict[str, float]:
    """Return accuracy, unweighted average recall and macro F1, both of the classes that are there.

    Args:
        logits: Shape (clips, classes).
        targets: Class indices, shape (clips,).
    """
    right, true, given = _counts(logits, targets)
    there = true > 0
    return {
        "val_accuracy": float(right.sum() / len(targets)),
        "val_uar": float((right / true)[there].mean()),
        "val_f1": float((2 * right / (true + given))[there].mean()),
    }


def weighted_f1(logits: Tensor, targets: Tensor) -> float:
    """Return the mean of the classes' F1, each as often as it has clips; arguments as of `class_scores`."""
    right, true, given = _counts(logits, targets)
    there = true > 0
    return float((true * 2 * right / (true + given))[there].sum() / true.sum())


def _counts(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return of each class how many clips are right, how many it has, and how many it is given to."""
    n_classes = logits.shape[1]
    pairs = torch.bincount(targets * n_classes + logits.argmax(dim=1), minlength=n_classes**2)
    counts = pairs.reshape(n_classes, n_classes).double()  # (true, predicted)
    return counts.diagonal(), counts.sum(dim=1), counts.sum(dim=0)


def dimension_scores(predicted: Tensor, targets: Tensor) -> dict[str, float]:
    """Return CCC, the mean over the targets; 0 for one whose predictions are constant.

    Args:
        predicted: Shape (clips, targets).
        targets: The same.
    """
    return {"val_ccc": float(concordance(predicted.double(), targets.double()).mean())}
