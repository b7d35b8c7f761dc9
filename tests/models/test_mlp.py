"""The multilayer perceptron's layers."""

import pytest
from torch import nn

from pipeline.core.errors import PipelineError
from pipeline.models.mlp import build

SHAPES = {"n_classes": 3, "input_shapes": {"features": (6,)}, "vocabulary_size": None}


@pytest.mark.parametrize(
    ("batch_norm", "kinds"),
    [
        (True, [nn.Linear, nn.ReLU, nn.BatchNorm1d, nn.Dropout]),
        (False, [nn.Linear, nn.ReLU, nn.Dropout]),
    ],
)
def test_a_layer_stands_in_the_documents_order(batch_norm: bool, kinds: list[type]) -> None:
    model = build(**SHAPES, hidden=[5, 4], dropouts=[0.4, 0.3], batch_norm=batch_norm)
    assert [type(layer) for layer in model.hidden[1]] == kinds
    assert model.hidden[1][-1].p == 0.3


def test_each_hidden_layer_needs_its_dropout() -> None:
    with pytest.raises(PipelineError, match=r"hidden names 2 layers, but architecture\.dropouts has 1"):
        build(**SHAPES, hidden=[5, 4], dropouts=[0.4], batch_norm=True)
