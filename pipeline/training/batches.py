"""Batches by index from tensors that stay on the device: no copies, no workers, no Python work for a clip."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.training.ragged import Ragged

BLUR = 0.1  # share of its length by which a clip may be sorted among longer ones


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
        batch: dict[str, Tensor] = {}
        for name, values in self.inputs.items():
            if isinstance(values, Ragged):
                if "lengths" in batch:
                    raise PipelineError(
                        f"{name} is a second input of clips that differ in length; give one at most"
                    )
                batch[name], batch["lengths"] = values.take(rows)
            else:  # On a CPU index_select copies whole clips, several times as fast as indexing by a tensor.
                batch[name] = values.index_select(0, rows)
        return batch, self.targets[rows]

    @property
    def lengths(self) -> Tensor | None:
        """Steps of each clip of the ragged input, shape (clips,); None where all clips have one shape."""
        ragged = [values.lengths for values in self.inputs.values() if isinstance(values, Ragged)]
        return ragged[0] if ragged else None


def shuffled_batches(
    rows: Tensor, size: int, generator: torch.Generator, lengths: Tensor | None = None
) -> Sequence[Tensor]:
    """Cut the training rows, in a new order, into batches; those of clips that differ in length by length.

    A last batch of one clip joins the one before: batch normalisation has no variance to take over one clip.

    Clips of nearly the same length share a batch, so that little of it is padding: they are sorted by their lengths
    times a factor drawn from 1 to 1.1, and the batches come in random order. The factor lets a clip have other
    company in each epoch.

    Args:
        rows: Indices of the training clips.
        size: Clips a batch.
        generator: On the CPU, so that the order does not depend on the device.
        lengths: Steps of every clip (not of the rows alone); None where all are alike.
    """
    if lengths is not None:
        return _batches_by_length(rows, size, generator, lengths)
    order = torch.randperm(len(rows), generator=generator).to(rows.device)
    batches = list(rows[order].split(size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def by_length(rows: Tensor, lengths: Tensor | None) -> Tensor:
    """Return the places of the rows from the shortest clip to the longest, or as they come without `lengths`.

    Args:
        rows: Indices of clips, shape (n,).
        lengths: Steps of every clip; None where all are alike.
    """
    if lengths is None:
        return torch.arange(len(rows), device=rows.device)
    return lengths[rows].argsort(stable=True)


def _batches_by_length(
    rows: Tensor, size: int, generator: torch.Generator, lengths: Tensor
) -> Sequence[Tensor]:
    blurred = lengths[rows].cpu() * (1 + BLUR * torch.rand(len(rows), generator=generator))
    sizes = [size] * (len(rows) // size)
    if (
        rest := len(rows) % size
    ):  # at a random place: at the end, the smaller batch would always be the longest clips
        place = int(torch.randint(len(sizes) + 1, (), generator=generator))
        sizes.insert(place, rest)
        if rest == 1 and len(sizes) > 1:
            sizes.pop(place)
            sizes[place % len(sizes)] += 1
    batches = rows[blurred.argsort().to(rows.device)].split(sizes)
    return [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]
