"""Losses of classes and of dimensions; class weights are counted on the training split.

| loss | of | source |
| --- | --- | --- |
| cross_entropy | classes | weighted by inverse frequency, with label smoothing, where the system says so |
| focal | classes | Lin et al. 2017, equation 5 (DOI 10.1109/ICCV.2017.324): cross-entropy times (1 - p)^gamma |
| mse | dimensions | mean over clips and targets of the squared error |
| ccc | dimensions | 1 - CCC, averaged over the targets (Weninger et al. 2016, IJCAI, pages 2196-2202) |

CCC is Lin's concordance correlation coefficient (1989, DOI 10.2307/2532051), here of a batch in training and of all
clips in validation: it asks for the truth's own scale and position, and not for correlation alone.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, nll_loss

from pipeline.config.systems import TorchSystem
from pipeline.core.errors import PipelineError

SMALLEST = 1e-8  # of a denominator: below it, predictions and truth are constant and equal


def build_loss(settings: TorchSystem, targets: Tensor, n_classes: int) -> nn.Module:
    """Build the loss of a system.

    Args:
        settings: The system's.
        targets: Of the training clips: class indices, shape (clips,), or values, shape (clips, targets).
        n_classes: Number of classes, those absent from training included.

    Raises:
        PipelineError: A setting that the loss has no use for.
    """
    weighted, smoothed = settings.class_weights != "none", settings.label_smoothing > 0
    useless = [("class_weights", weighted and settings.regression)]
    useless += [("label_smoothing", smoothed and settings.loss != "cross_entropy")]
    for name, given in useless:
        if given:
            raise PipelineError(
                f"params.yaml: {name} is {getattr(settings, name)}, but loss {settings.loss} has no use for it: "
                "leave it out"
            )
    if settings.loss == "mse":
        return nn.MSELoss()
    if settings.loss == "ccc":
        return CccLoss()
    weight = inverse_frequency(targets, n_classes) if weighted else None
    if settings.focal_gamma is not None:
        return FocalLoss(settings.focal_gamma, weight)
    return nn.CrossEntropyLoss(weight, label_smoothing=settings.label_smoothing)


def inverse_frequency(targets: Tensor, n_classes: int) -> Tensor:
    """Return one weight a class, averaging 1 over the clips; a class without clips counts as having one.

    Args:
        targets: Class indices of the training clips.
        n_classes: Number of classes, those absent from training included.
    """
    counts = torch.bincount(targets.cpu(), minlength=n_classes).clamp(min=1)
    return (len(targets) / (n_classes * counts)).float().to(targets.device)


class FocalLoss(nn.Module):
    """Cross-entropy in which a clip counts (1 - p)^gamma, p the probability of its class: hard clips count most.

    With class weights it is their weighted mean, as cross-entropy's; gamma 0 is cross-entropy itself.

    Args:
        gamma: 0 or more.
        weight: One a class; None for equal ones.
    """

    weight: Tensor | None

    def __init__(self, gamma: float, weight: Tensor | None = None) -> None:
        super().__init__()
        self.gamma = gamma
        self.register_buffer("weight", weight)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of logits, shape (clips, classes), and class indices, shape (clips,)."""
        log_p = log_softmax(logits, dim=1)  # (B, C)
        # 1 - p without cancellation; the slope of x^gamma at 0 is infinite for gamma below 1.
        others = (-torch.expm1(log_p)).clamp(min=torch.finfo(log_p.dtype).tiny)  # (B, C)
        return nll_loss(others**self.gamma * log_p, targets, self.weight)


class CccLoss(nn.Module):
    """1 - CCC over the clips of a batch, averaged over the targets: 0 where they agree, 2 at worst."""

    def forward(self, predicted: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of predicted and true values, both of shape (clips, targets)."""
        return 1 - concordance(predicted, targets).mean()


def concordance(predicted: Tensor, targets: Tensor) -> Tensor:
    """Return Lin's CCC of each target, shape (targets,), in [-1, 1].

    2 cov / (var + var + (difference of the means)^2), with the moments of all clips given (divided by n). For a
    single clip, and where predictions and truth are constant and equal, it is 0, and its gradient is finite.

    Args:
        predicted: Shape (clips, targets).
        targets: The same.
    """
    from_mean, true_from_mean = predicted - predicted.mean(dim=0), targets - targets.mean(dim=0)  # (B, K)
    covariance = (from_mean * true_from_mean).mean(dim=0)  # (K,)
    variances = from_mean.square().mean(dim=0) + true_from_mean.square().mean(dim=0)  # (K,)
    apart = (predicted.mean(dim=0) - targets.mean(dim=0)).square()  # (K,)
    return 2 * covariance / (variances + apart).clamp(min=SMALLEST)
