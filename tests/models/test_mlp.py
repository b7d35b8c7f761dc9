"""The multilayer perceptron's layers."""

import pytest
from torch import nn

from pipeline.core.errors import PipelineError
from pipeline.models.build import build_model
from pipeline.models.mlp import Mlp, Settings
from pipeline.models.registry import Inputs


@pytest.mark.parametrize(
    ("batch_norm", "kinds"),
    [
        (True, [nn.Linear, nn.ReLU, nn.BatchNorm1d, nn.Dropout]),
        (False, [nn.Linear, nn.ReLU, nn.Dropout]),
    ],
)
def test_a_layer_stands_in_the_documents_order(batch_norm: bool, kinds: list[type]) -> None:
    model = Mlp(6, Settings(hidden=[5, 4], dropouts=[0.4, 0.3], batch_norm=batch_norm), 3)
    assert [type(layer) for layer in model.hidden[1]] == kinds
    assert model.hidden[1][-1].p == 0.3


def test_each_hidden_layer_needs_its_dropout() -> None:
    architecture = {"hidden": [5, 4], "dropouts": [0.4], "batch_norm": True}
    with pytest.raises(PipelineError, match=r"hidden names 2 layers, but dropouts has 1 probabilities"):
        build_model("mlp", architecture, Inputs({"features": (6,)}), 3)
