"""The frozen part of a network, computed once a clip instead of once an epoch.

A model family says what is frozen by `split_frozen(model) -> (trunk, rest)`. What the trunk gives for a clip never
changes while the rest is trained, unless its input is augmented.
"""

import importlib

import torch
from torch import Tensor, nn

from pipeline.core.settings import TorchSystem
from pipeline.training.batches import Examples
from pipeline.training.loop import autocast
from pipeline.training.network import Network

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

    def forward(self, features: Tensor) -> Tensor:
        """Return logits, shape (clips, classes), of what the frozen part gave, shape (clips, ...)."""
        return self._rest[0](features)

    def penalty(self) -> Tensor | float:
        """Return the network's."""
        return self.network.penalty()


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
    split = getattr(importlib.import_module(f"pipeline.models.{model}"), "split_frozen", None)
    values = examples.inputs.get("features")
    if split is None or network.augmentation is not None or not isinstance(values, Tensor):
        return network, examples
    trunk, rest = split(network.model)
    if not any(True for _ in trunk.parameters()):
        return network, examples
    normaliser = network.normalisers["features"]
    kept = None
    with torch.no_grad():
        for batch in rows.split(settings.batch_size):
            with autocast(rows.device, settings):
                part = trunk(normaliser(values.index_select(0, batch)))
            if kept is None and part[0].nbytes > MOST * values[0].nbytes:
                return network, examples
            kept = part.new_zeros((len(values), *part.shape[1:])) if kept is None else kept
            kept[batch] = part
    return Tail(network, rest), Examples({"features": kept}, examples.targets)
