"""Statistics of clips in a padded batch, each over its own steps: what lies behind a clip's end takes no part."""

import math

import torch
from torch import Tensor, nn

EPSILON = 1e-7  # of the variance: that of transformers' Wav2Vec2FeatureExtractor


def standardise(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Bring clips to mean 0 and variance 1, each over its own samples, as transformers' feature extractor does.

    Args:
        x: Samples, full scale 1, shape (clips, samples).
        lengths: Samples of each clip; None where all are of one length.
    """
    if lengths is None:
        return (x - x.mean(dim=1, keepdim=True)) / (x.var(dim=1, correction=0, keepdim=True) + EPSILON).sqrt()
    own, n = inside(lengths, x.shape[1]), lengths.unsqueeze(1)
    centred = (x - (x * own).sum(dim=1, keepdim=True) / n) * own
    return centred / (centred.square().sum(dim=1, keepdim=True) / n + EPSILON).sqrt()


def masked_group_norm(x: Tensor, n: Tensor, norm: nn.GroupNorm) -> Tensor:
    """Apply a group norm of one channel a group, with the statistics of each clip's own frames.

    Args:
        x: Shape (clips, channels, frames).
        n: Frames of each clip, shape (clips,).
        norm: Its weight, bias and epsilon are used.

    Returns:
        Same shape, float32; what lies behind a clip's end is the bias.
    """
    own, count = inside(n, x.shape[2]).unsqueeze(1), n.view(-1, 1, 1)
    x = x.float() * own
    centred = (x - x.sum(dim=2, keepdim=True) / count) * own
    variance = torch.linalg.vector_norm(centred, dim=2, keepdim=True).square() / count
    return centred * (variance + norm.eps).rsqrt() * norm.weight.unsqueeze(1) + norm.bias.unsqueeze(1)


def inside(lengths: Tensor, longest: int) -> Tensor:
    """Return shape (clips, longest), True where a clip has a step of its own."""
    return torch.arange(longest, device=lengths.device) < lengths.unsqueeze(1)


def mean_over(x: Tensor, n: Tensor | None) -> Tensor:
    """Return the mean of each clip's own frames, shape (clips, width), of shape (clips, frames, width)."""
    if n is None:
        return x.mean(dim=1)
    return x.masked_fill(~inside(n, x.shape[1]).unsqueeze(2), 0.0).sum(dim=1) / n.unsqueeze(1)


def largest_over(x: Tensor, n: Tensor | None) -> Tensor:
    """Return the largest values of each clip's own frames, shape (clips, width), of (clips, frames, width)."""
    if n is None:
        return x.amax(dim=1)
    return x.masked_fill(~inside(n, x.shape[1]).unsqueeze(2), -math.inf).amax(dim=1)
