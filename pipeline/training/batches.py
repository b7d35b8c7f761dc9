"""Batches by index from tensors that stay on the device: no copies, no workers, no Python work for a clip."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.training.ragged import Ragged


@dataclass(frozen=True)
class Examples:
    """All clips of a study on one device.

    Attributes:
        inputs: By name of the model's argument; each of shape (clips, ...), or ragged.
        targets: Class indices, shape (clips,), int64.
    """

    inputs: dict[str, Tensor | Ragged]
    targets: Tensor

    def take(self, rows: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return the inputs and targets of some clips; a ragged input comes padded, with its `lengths`."""
        batch = {}
        for name, values in self.inputs.items():
            if isinstance(values, Ragged):
                batch[name], batch["lengths"] = values.take(rows)
            else:  # On a CPU index_select copies whole clips, several times as fast as indexing by a tensor.
                batch[name] = values.index_select(0, rows)
        return batch, self.targets[rows]


def shuffled_batches(rows: Tensor, size: int, generator: torch.Generator) -> Sequence[Tensor]:
    """Cut the training rows, in a new order, into batches.

    A last batch of one clip joins the one before: batch normalisation has no variance to take over one clip.

    Args:
        rows: Indices of the training clips.
        size: Clips a batch.
        generator: On the CPU, so that the order does not depend on the device.
    """
    order = torch.randperm(len(rows), generator=generator).to(rows.device)
    batches = list(rows[order].split(size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches
