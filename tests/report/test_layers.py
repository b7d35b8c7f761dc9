"""Layers of a network from its file of weights: names, shapes, and what is no weight."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from pipeline.core.paths import trained_dir
from pipeline.report import layers
from pipeline.report.layers import read_layers

TENSORS = {
    "model.conv.10.weight": (4, 2, 3, 3),
    "model.conv.10.bias": (4,),
    "model.conv.2.weight": (2, 1, 3, 3),
    "model.norm.weight": (4,),
    "model.norm.running_mean": (4,),
    "model.norm.num_batches_tracked": (),
    "model.scale": (),
    "normalise.mean": (7,),
}


@pytest.fixture
def trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained_dir("net").mkdir(parents=True)
    tensors = {name: np.zeros(shape, np.float32) for name, shape in TENSORS.items()}
    save_file(tensors, trained_dir("net") / "seed0_fold0.safetensors", {"a": "note"})


def test_weights_are_counted_by_layer_and_statistics_are_not(trained):
    found = read_layers("net")
    assert [(layer.name, layer.shapes, layer.parameters) for layer in found.shown] == [
        ("conv.2", "2 x 1 x 3 x 3", 18),
        ("conv.10", "4, 4 x 2 x 3 x 3", 76),
        ("norm", "4", 4),
        ("scale", "1", 1),
    ]
    assert (found.parameters, found.n_more) == (99, 0)


def test_those_beyond_a_number_are_counted(trained, monkeypatch):
    monkeypatch.setattr(layers, "MOST_LAYERS", 3)
    found = read_layers("net")
    assert (len(found.shown), found.n_more, found.parameters) == (3, 1, 99)


def test_a_system_without_a_network_has_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_layers("forest") is None
