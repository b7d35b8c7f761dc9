"""The UTBM study's models: what a step is, how steps are pooled, the penalty."""

from typing import Any

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.models.build import build_model
from pipeline.models.crnn import Crnn
from pipeline.models.registry import Inputs
from tests.models.cases import architecture_of


def small(height: int = 6, width: int = 5, **changes: Any) -> Crnn:
    torch.manual_seed(0)
    sizes = {"channels": [], "lstm": 3, "attention": 4, "dense": 4}
    architecture = {**architecture_of("utbm_cnn_blstm_attention"), **sizes, **changes}
    return build_model("crnn", architecture, Inputs({"features": (height, width)}), 2).eval()


def head_input(model: Crnn, features: torch.Tensor) -> torch.Tensor:
    """Return the vector that a model classifies."""
    seen = []
    model.head.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    model(features)
    return seen[0]


def test_a_step_is_a_column_of_the_picture() -> None:
    model, pictures = small(lstm=None), torch.randn(2, 6, 5)
    shuffled = pictures[:, :, [3, 0, 4, 1, 2]]
    torch.testing.assert_close(model(shuffled), model(pictures))  # attention pools in any order
    assert not torch.allclose(model(pictures.flip(1)), model(pictures))


def test_without_attention_the_lstm_gives_its_last_outputs() -> None:
    model, pictures = small(attention=None), torch.randn(2, 6, 5)
    outputs, _ = model.lstm(pictures.transpose(1, 2))  # (B, T, forward and backward)
    expected = torch.cat([outputs[:, -1, :3], outputs[:, 0, 3:]], dim=1)
    torch.testing.assert_close(head_input(model, pictures), expected)


def test_attention_without_preference_is_the_mean() -> None:
    model, pictures = small(), torch.randn(2, 6, 5)
    torch.nn.init.zeros_(model.score[2].weight)
    outputs, _ = model.lstm(pictures.transpose(1, 2))
    torch.testing.assert_close(head_input(model, pictures), outputs.mean(dim=1))


def test_without_lstm_and_attention_all_steps_are_classified() -> None:
    model, pictures = small(lstm=None, attention=None), torch.randn(2, 6, 5)
    torch.testing.assert_close(head_input(model, pictures), pictures.transpose(1, 2).flatten(1))


def test_the_penalty_is_of_the_kernels_alone() -> None:
    model = small(8, 8, channels=[2, 3], l2=0.5)
    first, second = model.blocks[0][0].weight, model.blocks[1][0].weight
    penalty = model.penalty()
    torch.testing.assert_close(penalty, 0.5 * (first.square().sum() + second.square().sum()))
    penalty.backward()
    torch.testing.assert_close(first.grad, first)
    assert [name for name, p in model.named_parameters() if p.grad is not None] == [
        "blocks.0.0.weight",
        "blocks.1.0.weight",
    ]


@pytest.mark.parametrize("changes", [{"l2": 0.0, "channels": [2]}, {"channels": []}], ids=["off", "no CNN"])
def test_there_may_be_no_penalty(changes: dict[str, Any]) -> None:
    assert small(**changes).penalty() == 0


def test_an_image_too_small_for_the_blocks_is_an_error() -> None:
    with pytest.raises(PipelineError, match=r"3 blocks halve an image of \(8, 7\) to nothing"):
        small(8, 7, channels=[2, 2, 2])


@pytest.mark.parametrize("channels", [[], [2]])
def test_a_picture_in_colour_gives_wider_steps(channels: list[int]) -> None:
    shape, architecture = (3, 6, 8), {**architecture_of("utbm_cnn_blstm_attention"), "channels": channels}
    model = build_model("crnn", architecture, Inputs({"features": shape}), 2).eval()
    assert model.lstm.input_size == (6 if channels else 18)
    assert model(torch.randn(4, *shape)).shape == (4, 2)
