"""The networks over MFCC: what their inputs are cut into, and sizes that do not fit."""

from typing import Any

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.models.build import build_model
from pipeline.models.mfcc_cnn import MfccCnn
from pipeline.models.registry import Inputs
from tests.models.cases import architecture_of


def small(frames: int, columns: int, **changes: Any) -> MfccCnn:
    architecture = {**architecture_of("annamalai_cnn_mfcc"), "channels": [2], "hidden": [], **changes}
    return build_model("mfcc_cnn", architecture, Inputs({"features": (frames, columns)}), 2)


def passed_on(model: MfccCnn, features: torch.Tensor) -> torch.Tensor:
    """Return what a model gives its blocks."""
    seen = []
    model.blocks.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    model(features)
    return seen[0]


def test_coefficients_are_the_channels_of_a_series() -> None:
    features = torch.randn(3, 7, 6)
    torch.testing.assert_close(passed_on(small(7, 6), features), features.transpose(1, 2))


def test_coefficients_deltas_and_second_deltas_are_three_planes() -> None:
    features = torch.randn(3, 7, 6)  # two coefficients, two deltas, two second deltas
    planes = passed_on(small(7, 6, planes=3), features)
    assert planes.shape == (3, 3, 2, 7)
    torch.testing.assert_close(planes[:, 1], features[:, :, 2:4].transpose(1, 2))


def test_the_average_of_a_constant_clip_does_not_depend_on_its_length() -> None:
    torch.manual_seed(0)
    model = small(40, 6, average=True, pool=True, batch_norm=True).eval()
    model.blocks[0][0].weight.data[:, :, [0, 2]] = 0  # no neighbours: no edges
    short, long = torch.ones(1, 20, 6), torch.ones(1, 40, 6)
    torch.testing.assert_close(model(short), model(long))


def test_a_clip_too_short_for_the_blocks_is_an_error() -> None:
    with pytest.raises(PipelineError, match=r"3 blocks halve 2 x 40 values to nothing"):
        small(40, 6, planes=3, channels=[2, 2, 2], pool=True)


def test_planes_of_different_sizes_are_an_error() -> None:
    with pytest.raises(PipelineError, match=r"7 coefficients cannot be cut into 3 planes"):
        small(40, 7, planes=3)


def test_an_unknown_activation_is_named() -> None:
    with pytest.raises(PipelineError, match=r"activation: Input should be 'relu' or 'silu'; came str 'silo'"):
        small(40, 6, activation="silo")
