"""The layers of a trained network, from the shapes of its weights: no network is built or run for it."""

import math
from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open

from pipeline.core.paths import trained_dir

MODEL = "model."  # before the names of a network's own tensors; others standardise its input
# Kept beside the weights, and not trained.
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
MOST_LAYERS = 60


@dataclass(frozen=True)
class Layer:
    """A layer: its name, the shapes of its weights, and how many numbers they are."""

    name: str
    shapes: str
    parameters: int


@dataclass(frozen=True)
class Layers:
    """The layers of a system's first network, by name; those beyond `MOST_LAYERS` are counted."""

    system: str
    shown: list[Layer]
    n_more: int
    parameters: int


def read_layers(system: str) -> Layers | None:
    """Read a system's layers; None where it left no network."""
    paths = sorted(trained_dir(system).glob("seed*.safetensors"))
    if not paths:
        return None
    shapes: dict[str, list[list[int]]] = {}
    for name, shape in _shapes(paths[0]).items():
        layer, _, weight = name.removeprefix(MODEL).rpartition(".")
        if name.startswith(MODEL) and weight not in STATISTICS:
            shapes.setdefault(layer or weight, []).append(shape)
    layers = [
        Layer(
            name, ", ".join(" x ".join(map(str, shape)) or "1" for shape in each), sum(map(math.prod, each))
        )
        for name, each in sorted(shapes.items(), key=lambda item: _in_order(item[0]))
    ]
    shown = layers[:MOST_LAYERS]
    return Layers(system, shown, len(layers) - len(shown), sum(layer.parameters for layer in layers))


def _shapes(path: Path) -> dict[str, list[int]]:
    """Return the shape of each tensor of a safetensors file; no tensor is read."""
    with safe_open(path, "numpy") as file:
        return {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118


def _in_order(name: str) -> list[tuple[int, str]]:
    """Sort conv.2 before conv.10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in name.split(".")]
