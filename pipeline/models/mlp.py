"""Multilayer perceptron over one vector a clip: the RAVDESS study's `mlp`, the Annamalai study's `ffnn`.

Sources: the RAVDESS study, section 3.2 and table 1: Linear, ReLU, batch normalisation, dropout, three
times (open: whether dropout stands before or behind batch normalisation); and the Annamalai study, section
5.3 and table 5.19: Linear, ReLU, dropout, once, over principal components (open: the activation, and that
there is no batch normalisation).

Input: shape (clips, features), normalised; for the second study, `pipeline.training.reduce` makes the
components of its functionals. Output: logits, shape (clips, classes). A hidden layer has `n_in n_out + n_out`
parameters, batch normalisation `2 n_out` more:

    mlp, 388 scalars   388 -> 256 -> 128 -> 64 -> 8, with batch normalisation
                       100,096 + 33,152 + 8,384 + 520 = 142,152
    ffnn, 600 inputs   600 -> 512 -> 9
                       307,712 + 4,617 = 312,329
"""

from itertools import pairwise
from typing import Self

from pydantic import PositiveInt, model_validator
from torch import Tensor, nn

from pipeline.models.registry import Architecture, Inputs, Networks, Probability


class Settings(Architecture):
    """Of the layers."""

    hidden: list[PositiveInt]  # widths of the hidden layers
    dropouts: list[Probability]  # behind each of them
    batch_norm: bool  # behind each ReLU

    @model_validator(mode="after")
    def _each_layer_has_its_dropout(self) -> Self:
        if len(self.hidden) != len(self.dropouts):
            raise ValueError(
                f"hidden names {len(self.hidden)} layers, but dropouts has {len(self.dropouts)} probabilities: "
                "give each hidden layer one"
            )
        return self


class Mlp(nn.Module):
    """Hidden layers, then a linear one.

    Args:
        n_features: Length of a clip's vector.
        settings: Of its layers.
        n_outputs: Number of logits.
    """

    def __init__(self, n_features: int, settings: Settings, n_outputs: int) -> None:
        super().__init__()
        widths = [n_features, *settings.hidden]
        layers = [
            _hidden_layer(n_in, n_out, dropout, settings.batch_norm)
            for (n_in, n_out), dropout in zip(pairwise(widths), settings.dropouts, strict=True)
        ]
        self.hidden = nn.Sequential(*layers)
        self.output = nn.Linear(widths[-1], n_outputs)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits, shape (clips, classes), of vectors, shape (clips, features)."""
        return self.output(self.hidden(features))


def _hidden_layer(n_in: int, n_out: int, dropout: float, batch_norm: bool) -> nn.Sequential:
    norm = [nn.BatchNorm1d(n_out)] if batch_norm else []
    return nn.Sequential(nn.Linear(n_in, n_out), nn.ReLU(), *norm, nn.Dropout(dropout))


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> Mlp:
    """Build the network for a feature set of vectors."""
    (n_features,) = inputs.shapes["features"]
    return Mlp(n_features, settings, n_outputs)


FAMILY = Networks(settings=Settings, build=build, reads=("vector",))
