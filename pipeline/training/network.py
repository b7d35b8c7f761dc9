"""A model with what its inputs go through: standardisation and, in training, augmentation."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.config.call import call
from pipeline.config.mistakes import one_of
from pipeline.config.systems import EMOTION
from pipeline.core.errors import PipelineError
from pipeline.models.build import build_model
from pipeline.models.registry import Inputs, load_networks
from pipeline.training.augment import SpectrogramAugmentation
from pipeline.training.normalise import build_normaliser
from pipeline.training.text import Tokeniser


@dataclass(frozen=True)
class Design:
    """All that has to be known to build a network before its weights are loaded.

    Attributes:
        model: File in pipeline/models.
        architecture: Its settings.
        classes: The study's; in the order of the logits, where the target is `emotion`.
        shapes: Shape of one clip of each input, by name of the model's argument.
        dtypes: Type of each input as stored: uint8, float32 or int64 (token ids).
        vocabulary: Tokens by id; None without text.
        tokeniser: What makes the ids of a text by that vocabulary: see `pipeline.training.text.encode`.
        normalise: A system's `normalise` in params.yaml.
        targets: What the outputs are: `emotion` for one logit a class; else the dimensions, one value each, on the
            corpus's own scale.
    """

    model: str
    architecture: dict[str, Any]
    classes: list[str]
    shapes: dict[str, tuple[int, ...]]
    dtypes: dict[str, str]
    vocabulary: list[str] | None
    tokeniser: Tokeniser = "words"
    normalise: dict[str, dict[str, Any]] = field(default_factory=dict)
    targets: list[str] = field(default_factory=lambda: [EMOTION])

    @property
    def n_outputs(self) -> int:
        """Number of the network's outputs."""
        return len(self.classes) if EMOTION in self.targets else len(self.targets)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as `Design(**values)` takes them."""
        return asdict(self)


class Network(nn.Module):
    """A model behind its normalisers; augmentation acts on `features`, and in training only.

    Args:
        model: Takes the inputs as keyword arguments.
        normalisers: By input; token ids have none.
        augmentation: Acts on standardised features; None for none.
        penalty: Of the model: see `pipeline.models.registry.Networks`; None for none.
    """

    def __init__(
        self,
        model: nn.Module,
        normalisers: dict[str, nn.Module],
        augmentation: nn.Module | None = None,
        penalty: Callable[[nn.Module], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.normalisers = nn.ModuleDict(normalisers)
        self.augmentation = augmentation
        self._penalty = penalty

    def forward(self, **inputs: Tensor) -> Tensor:
        """Return logits or values of dimensions, shape (clips, outputs), of inputs as stored, (clips, ...) each."""
        for name, normaliser in self.normalisers.items():
            inputs[name] = normaliser(inputs[name])
        if self.augmentation is not None:
            inputs["features"] = self.augmentation(inputs["features"])
        return self.model(**inputs)

    def penalty(self) -> Tensor | float:
        """Return what the model adds to its training loss by itself, such as L2 of some weights; mostly 0."""
        return 0.0 if self._penalty is None else self._penalty(self.model)


def build_network(design: Design, augment: dict[str, Any] | None = None) -> Network:
    """Build a network with fresh weights.

    Args:
        design: What to build.
        augment: A system's `augment` in params.yaml; empty or None for none.
    """
    shapes = {name: tuple(shape) for name, shape in design.shapes.items()}
    scaled = [name for name, dtype in design.dtypes.items() if dtype != "int64"]
    for name in design.normalise:
        one_of(name, scaled, "input", "normalise")
    normalisers = {
        name: build_normaliser(
            design.normalise.get(name), shapes[name], getattr(torch, design.dtypes[name]), f"normalise.{name}"
        )
        for name in scaled
    }
    family = load_networks(design.model)
    if "lengths" in design.shapes and not family.reads_lengths:
        raise PipelineError(
            f"model {design.model!r} reads clips of one length, but those of its feature set differ: give the "
            "feature set a fixed number of frames"
        )
    inputs = Inputs(
        shapes={**shapes, **{name: step.out_shape for name, step in normalisers.items()}},
        vocabulary_size=len(design.vocabulary) if design.vocabulary else None,
    )
    model = build_model(design.model, design.architecture, inputs, design.n_outputs)
    augmentation = call(SpectrogramAugmentation, augment, "augment") if augment else None
    return Network(model, normalisers, augmentation, family.penalty)


def count_parameters(network: nn.Module) -> int:
    """Count the trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
