"""The frozen part of a network, computed once a clip instead of once an epoch, and read by the next training.

A family of models that offers `split_frozen` gives a trunk, which is frozen, and the rest. What the trunk gives for
a clip never changes while the rest is trained, unless its input is augmented. Where clips differ in length, the
trunk gives frames with the number of each clip's own, or one vector a clip and None.
"""

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn

from pipeline.config.systems import TorchSystem
from pipeline.models.registry import load_networks
from pipeline.training.batches import Examples, by_length
from pipeline.training.frozen_cache import Batch, FrozenCache
from pipeline.training.network import Network
from pipeline.training.precision import autocast
from pipeline.training.ragged import Ragged
from pipeline.training.reduce import InputReduction

MOST = 8  # times the bytes of a clip as stored: what is kept of all clips must not fill the memory


class Tail(nn.Module):
    """A network whose inputs went through its frozen part already.

    Args:
        network: The whole network: its parameters are the ones that are trained, saved and restored.
        rest: What follows its frozen part, made of the network's own modules.
    """

    def __init__(self, network: Network, rest: nn.Module) -> None:
        super().__init__()
        self.network = network
        self._rest = (rest,)  # not registered: the network holds its modules

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return logits, shape (clips, classes), of what the frozen part gave, shape (clips, ...)."""
        return self._rest[0](features) if lengths is None else self._rest[0](features, lengths)

    def penalty(self) -> Tensor | float:
        """Return the network's."""
        return self.network.penalty()


class _TooMuchError(Exception):
    """What the frozen part gives takes too much to be kept."""


class _Unchanged(nn.Module):
    """The trunk of a network without frozen layers."""

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        return features, lengths


def pass_frozen(
    network: Network, model: str, examples: Examples, rows: Tensor, settings: TorchSystem
) -> tuple[nn.Module, Examples]:
    """Return what to train, and on what: the tail of a network whose first layers are frozen, else all as it came.

    Args:
        network: On its device.
        model: File in pipeline/models.
        examples: All clips.
        rows: Indices of the clips that are trained on or predicted.
        settings: The system's.
    """
    if network.augmentation is not None or set(examples.inputs) != {"features"}:
        return network, examples
    values, normaliser = examples.inputs["features"], network.normalisers["features"]
    split_frozen, cache = load_networks(model).split_frozen, None
    if split_frozen is not None:
        trunk, rest = split_frozen(network.model)
        if not any(True for _ in trunk.parameters()):
            return network, examples
        cache = FrozenCache(model, [trunk, normaliser], settings, rows.device, MOST)
    elif isinstance(normaliser, InputReduction):  # once fitted it is as fixed as a frozen layer, and is quick
        trunk, rest = _Unchanged(), network.model
    else:
        return network, examples
    try:
        with torch.no_grad():
            kept = _pass(trunk, normaliser, values, rows, settings, cache)
    except _TooMuchError:
        return network, examples
    return Tail(network, rest), replace(examples, inputs={"features": kept})


def _pass(
    trunk: nn.Module,
    normaliser: nn.Module,
    values: Tensor | Ragged,
    rows: Tensor,
    settings: TorchSystem,
    cache: FrozenCache | None,
) -> Tensor | Ragged:
    """Return the frames that the frozen part gives for each clip, or its vectors.

    Clips of nearly the same length go together, the longest first: they need most memory.

    Raises:
        _TooMuchError: That of all clips is too much to keep.
    """
    if isinstance(values, Ragged):
        rows = rows[by_length(rows, values.lengths).flip(0)]
    batches = rows.split(settings.batch_size)

    def take(batch: Tensor) -> Batch:
        return values.take(batch) if isinstance(values, Ragged) else (values.index_select(0, batch), None)

    def compute(batch: Tensor) -> Batch:
        clips, lengths = take(batch)
        with autocast(rows.device, settings):
            part, n = trunk(normaliser(clips), lengths)
        if batch is batches[0] and _own(part, n).nbytes > MOST * _own(clips, lengths).nbytes:
            raise _TooMuchError
        return part, n

    given = map(compute, batches) if cache is None else cache.through(batches, take, compute)
    n_clips = len(values.lengths) if isinstance(values, Ragged) else len(values)
    return _by_clip(zip(batches, given, strict=True), n_clips)


def _own(batch: Tensor, n: Tensor | None) -> Tensor:
    """Return the first clip of a batch without its padding."""
    return batch[0] if n is None else batch[0, : int(n[0])]


def _by_clip(passed: Iterable[tuple[Tensor, Batch]], n_clips: int) -> Tensor | Ragged:
    """Put what came of batches, each with its rows, in the order of clips; of clips in no batch it is zero."""
    pieces: dict[int, Tensor] = {}
    kept = None
    for batch, (part, n) in passed:
        if n is None:
            kept = part.new_zeros((n_clips, *part.shape[1:])) if kept is None else kept
            kept[batch] = part
        else:
            own = zip(batch.tolist(), part, n.tolist(), strict=True)
            pieces |= {row: frames[:number].clone() for row, frames, number in own}
    return kept if kept is not None else _end_to_end(pieces, n_clips)


def _end_to_end(pieces: dict[int, Tensor], n_clips: int) -> Ragged:
    """Lay the frames of clips, by row, end to end."""
    steps = torch.cat([pieces[row] for row in sorted(pieces)])
    numbers = torch.tensor([len(pieces.get(row, ())) for row in range(n_clips)], device=steps.device)
    return Ragged(steps, numbers.cumsum(0) - numbers, numbers)
