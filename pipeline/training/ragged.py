"""Clips of different length in one tensor: end to end, and padded to the longest only a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Ragged:
    """An input whose clips differ in length, on one device.

    Attributes:
        steps: All clips end to end, shape (all steps, ...).
        starts: First step of each clip, shape (clips,), int64.
        lengths: Steps of each clip, shape (clips,), int64.
    """

    steps: Tensor
    starts: Tensor
    lengths: Tensor

    def take(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return some clips, shape (rows, steps of the longest, ...), zero behind their ends, and their lengths."""
        starts, lengths = self.starts[rows], self.lengths[rows]
        offsets = torch.arange(int(lengths.max()), device=rows.device)
        index = (starts.unsqueeze(1) + offsets).clamp(max=len(self.steps) - 1)  # (B, T)
        batch = self.steps.index_select(0, index.flatten()).unflatten(0, index.shape)  # (B, T, ...)
        padding = offsets >= lengths.unsqueeze(1)  # (B, T)
        return batch.masked_fill_(padding.reshape(*padding.shape, *[1] * (batch.ndim - 2)), 0), lengths

    def all_steps(self, rows: Tensor) -> Tensor:
        """Return the steps of some clips end to end, without padding."""
        pairs = zip(self.starts[rows].tolist(), self.lengths[rows].tolist(), strict=True)
        return torch.cat([self.steps[start : start + n] for start, n in pairs])

    def to(self, device: torch.device) -> "Ragged":
        """Return the same on another device."""
        return Ragged(self.steps.to(device), self.starts.to(device), self.lengths.to(device))


def ragged(clips: Sequence[np.ndarray]) -> Ragged:
    """Lay clips end to end.

    Args:
        clips: Each of shape (steps, ...), alike but for the steps.
    """
    lengths = torch.tensor([len(clip) for clip in clips])
    return Ragged(torch.from_numpy(np.concatenate(clips)), lengths.cumsum(0) - lengths, lengths)
