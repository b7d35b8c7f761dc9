"""The frozen part of a network, computed once a clip instead of once an epoch.

A family of models that offers `split_frozen` gives a trunk, which is frozen, and the rest. What the trunk gives for
a clip never changes while the rest is trained, unless its input is augmented. Where clips differ in length, the
trunk gives frames with the number of each clip's own, or one vector a clip and None.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from pipeline.config.systems import TorchSystem
from pipeline.models.registry import load_networks
from pipeline.training.batches import Examples, by_length
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
    split_frozen = load_networks(model).split_frozen
    if split_frozen is not None:
        trunk, rest = split_frozen(network.model)
        if not any(True for _ in trunk.parameters()):
            return network, examples
    elif isinstance(normaliser, InputReduction):  # once fitted it is as fixed as a frozen layer
        trunk, rest = _Unchanged(), network.model
    else:
        return network, examples
    passed = _pass_ragged if isinstance(values, Ragged) else _pass_alike
    with torch.no_grad():
        kept = passed(trunk, normaliser, values, rows, settings)
    if kept is None:
        return network, examples
    return Tail(network, rest), replace(examples, inputs={"features": kept})


def _pass_alike(
    trunk: nn.Module, normaliser: nn.Module, values: Tensor, rows: Tensor, settings: TorchSystem
) -> Tensor | None:
    """Return what the frozen part gives for each clip; None where that is too much to keep."""
    kept = None
    for batch in rows.split(settings.batch_size):
        with autocast(rows.device, settings):
            part, _ = trunk(normaliser(values.index_select(0, batch)))
        if kept is None and part[0].nbytes > MOST * values[0].nbytes:
            return None
        kept = part.new_zeros((len(values), *part.shape[1:])) if kept is None else kept
        kept[batch] = part
    return kept


def _pass_ragged(
    trunk: nn.Module, normaliser: nn.Module, values: Ragged, rows: Tensor, settings: TorchSystem
) -> Tensor | Ragged | None:
    """Return the frames that the frozen part gives for each clip, or its vectors; None where that is too much.

    Clips of nearly the same length go together, the longest first: they need most memory.
    """
    n_clips = len(values.lengths)
    pieces: list[Tensor] = []
    numbers = values.lengths.new_zeros(n_clips)  # frames of each clip
    kept = None
    order = by_length(rows, values.lengths).flip(0)
    for batch in rows[order].split(settings.batch_size):
        clips, lengths = values.take(batch)
        with autocast(rows.device, settings):
            part, n = trunk(normaliser(clips), lengths)
        own = part[0] if n is None else part[0, : int(n[0])]
        if kept is None and not pieces and own.nbytes > MOST * clips[0, : int(lengths[0])].nbytes:
            return None
        if n is None:
            kept = part.new_zeros((n_clips, *part.shape[1:])) if kept is None else kept
            kept[batch] = part
        else:
            pieces += [frames[:number].clone() for frames, number in zip(part, n.tolist(), strict=True)]
            numbers[batch] = n
    return kept if kept is not None else _end_to_end(pieces, rows[order], numbers)


def _end_to_end(pieces: list[Tensor], rows: Tensor, numbers: Tensor) -> Ragged:
    """Lay the frames of clips, which come in the order of `rows`, end to end in their own order."""
    steps = torch.cat([pieces[place] for place in rows.argsort().tolist()])
    return Ragged(steps, numbers.cumsum(0) - numbers, numbers)
