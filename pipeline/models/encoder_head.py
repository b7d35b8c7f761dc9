"""Small network on the stored outputs of a speech encoder: a learnt weighting of its blocks, pooling, a classifier.

Blocks are weighted by a softmax of one number each, learnt with the rest (Yang et al. 2021, "SUPERB", DOI
10.21437/Interspeech.2021-1775). Of pooled outputs, a vector a clip, nothing is left to pool: the weighted sum of
means is the mean of weighted sums. Frames are pooled in one of three ways:

    mean        of all frames
    attentive   mean and deviation, frames weighted by a score that is learnt (Okabe, Koshinaka & Shinoda 2018,
                "Attentive statistics pooling", DOI 10.21437/Interspeech.2018-993)
    queries     several learnt queries attend to the frames by scaled dot product, their answers side by side (the
                pooling by multi-head queries of arXiv:2602.06000)

What is pooled is standardised by the mean and deviation of a batch, when asked by their running values, as behind
attentive statistics in ECAPA-TDNN (Desplanques et al. 2020, DOI 10.21437/Interspeech.2020-2650): means of
standardised frames are far smaller than frames, and their deviations all alike.

Inputs: a vector, shape (clips, blocks x width), or frames, shape (clips, frames, blocks x width), block after
block as the feature kinds `speech_encoder` and `speech_encoder_frames` store them. Output: logits, shape (clips,
classes).
"""

import math
from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.padding import inside, mean_over
from pipeline.models.registry import Architecture, Inputs, Networks, Probability

SMALLEST = 1e-6  # variance of the frames: its root has no gradient at zero


class Settings(Architecture):
    """Of the layers."""

    n_blocks: PositiveInt  # of the feature set
    pooling: Literal["none", "mean", "attentive", "queries"]  # none: of features that are pooled already
    attention: PositiveInt | None = None  # width of the scorer, or number of queries
    hidden: PositiveInt  # width of the classifier's hidden layer
    dropout: Probability  # before it and behind it


class EncoderHead(nn.Module):
    """Weights the blocks, pools the frames, classifies.

    Args:
        width: Values of one block.
        settings: Of the layers.
        n_outputs: Number of logits.
    """

    def __init__(self, width: int, settings: Settings, n_outputs: int) -> None:
        super().__init__()
        self.n_blocks, self.pooling = settings.n_blocks, settings.pooling
        self.block_weights = nn.Parameter(torch.zeros(settings.n_blocks))
        size = _needed(settings) if settings.pooling in ("attentive", "queries") else 0
        if settings.pooling == "attentive":
            self.score = nn.Sequential(nn.Linear(width, size), nn.Tanh(), nn.Linear(size, 1))
        if settings.pooling == "queries":
            self.queries = nn.Parameter(torch.randn(size, width) / math.sqrt(width))
        pooled = width * {"attentive": 2, "queries": size}.get(settings.pooling, 1)
        self.norm = nn.BatchNorm1d(pooled, affine=False)
        self.classifier = nn.Sequential(
            nn.Dropout(settings.dropout),
            nn.Linear(pooled, settings.hidden),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, n_outputs),
        )

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return logits, shape (clips, classes).

        Args:
            features: Shape (clips, blocks x width), or (clips, frames, blocks x width).
            lengths: Frames of each clip, shape (clips,); None where all are of one length.
        """
        blocks = features.unflatten(-1, (self.n_blocks, -1))  # (B, ..., blocks, width)
        mixed = (blocks * self.block_weights.softmax(dim=0).unsqueeze(-1)).sum(dim=-2)  # (B, ..., width)
        return self.classifier(self.norm(self._pooled(mixed, lengths)))

    def _pooled(self, frames: Tensor, lengths: Tensor | None) -> Tensor:
        """Return one vector a clip, shape (clips, pooled), of its own frames, shape (clips, frames, width)."""
        if self.pooling == "none":
            return frames
        if self.pooling == "mean":
            return mean_over(frames, lengths)
        if self.pooling == "attentive":
            weights = _over_frames(self.score(frames), lengths)  # (B, T, 1)
            mean = (weights * frames).sum(dim=1)  # (B, width)
            variance = (weights * (frames - mean.unsqueeze(1)).square()).sum(dim=1)  # (B, width)
            return torch.cat([mean, variance.clamp(min=SMALLEST).sqrt()], dim=1)
        scores = frames @ self.queries.T / math.sqrt(frames.shape[-1])  # (B, T, queries)
        weights = _over_frames(scores, lengths)  # (B, T, queries)
        return (weights.transpose(1, 2) @ frames).flatten(1)  # (B, queries x width)


def _over_frames(scores: Tensor, lengths: Tensor | None) -> Tensor:
    """Return a softmax over each clip's own frames, shape (clips, frames, scores)."""
    if lengths is not None:
        own = inside(lengths, scores.shape[1]).unsqueeze(2)  # (B, T, 1)
        scores = scores.masked_fill(~own, -math.inf)
    return scores.softmax(dim=1)


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> EncoderHead:
    """Build the network for the blocks of its features.

    Raises:
        PipelineError: They do not divide into so many blocks, or the pooling is not that of their form.
    """
    shape = inputs.shapes["features"]
    if shape[-1] % settings.n_blocks:
        raise PipelineError(
            f"encoder_head: {shape[-1]} values cannot be {settings.n_blocks} blocks of one width: set "
            "architecture.n_blocks to the number of blocks of the feature set"
        )
    if (len(shape) == 1) != (settings.pooling == "none"):
        expected = "none for vectors" if len(shape) == 1 else "mean, attentive or queries for frames"
        raise PipelineError(f"encoder_head: architecture.pooling is {settings.pooling}, expected {expected}")
    return EncoderHead(shape[-1] // settings.n_blocks, settings, n_outputs)


def _needed(settings: Settings) -> int:
    if settings.attention is None:
        raise PipelineError(
            f"encoder_head: pooling {settings.pooling} needs `architecture.attention`: the width of its scorer, or "
            "how many queries there are"
        )
    return settings.attention


FAMILY = Networks(settings=Settings, build=build, reads=("vector", "frames"), reads_lengths=True)
