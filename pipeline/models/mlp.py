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

from torch import Tensor, nn

from pipeline.core.errors import PipelineError


class Mlp(nn.Module):
    """Hidden layers, then a linear one.

    Args:
        n_features: Length of a clip's vector.
        hidden: Widths of the hidden layers.
        dropouts: Probability behind each hidden layer.
        batch_norm: Normalise behind each ReLU.
        n_classes: Number of logits.
    """

    def __init__(
        self, n_features: int, hidden: list[int], dropouts: list[float], batch_norm: bool, n_classes: int
    ) -> None:
        super().__init__()
        if len(hidden) != len(dropouts):
            raise PipelineError(
                f"mlp: architecture.hidden names {len(hidden)} layers, but architecture.dropouts has "
                f"{len(dropouts)} probabilities: give each hidden layer one"
            )
        widths = [n_features, *hidden]
        layers = [
            _hidden_layer(n_in, n_out, dropout, batch_norm)
            for (n_in, n_out), dropout in zip(pairwise(widths), dropouts, strict=True)
        ]
        self.hidden = nn.Sequential(*layers)
        self.output = nn.Linear(widths[-1], n_classes)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits, shape (clips, classes), of vectors, shape (clips, features)."""
        return self.output(self.hidden(features))


def _hidden_layer(n_in: int, n_out: int, dropout: float, batch_norm: bool) -> nn.Sequential:
    norm = [nn.BatchNorm1d(n_out)] if batch_norm else []
    return nn.Sequential(nn.Linear(n_in, n_out), nn.ReLU(), *norm, nn.Dropout(dropout))


def build(
    *,
    n_classes: int,
    input_shapes: dict[str, tuple[int, ...]],
    vocabulary_size: int | None,
    hidden: list[int],
    dropouts: list[float],
    batch_norm: bool,
) -> Mlp:
    """Build the network for a feature set of vectors.

    Args:
        n_classes: Number of logits.
        input_shapes: `features`: length of a clip's vector.
        vocabulary_size: Unused: this family reads no text.
        hidden: Widths of the hidden layers.
        dropouts: Probability behind each hidden layer.
        batch_norm: Normalise behind each ReLU.
    """
    (n_features,) = input_shapes["features"]
    return Mlp(n_features, hidden, dropouts, batch_norm, n_classes)
