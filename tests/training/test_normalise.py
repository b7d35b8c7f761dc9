"""Standardisation and the other kinds of scaling."""

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.training.normalise import MinMax, Normaliser, Unscaled, build_normaliser


def test_frames_are_standardised_coefficient_by_coefficient() -> None:
    torch.manual_seed(0)
    values = torch.randn(3000, 5, 3) * torch.tensor([1.0, 10.0, 0.1]) + torch.tensor([0.0, 5.0, -500.0])
    scores = Normaliser((5, 3), values.dtype).fit(values, torch.arange(3000))(values)
    torch.testing.assert_close(scores.mean(dim=(0, 1)), torch.zeros(3), atol=1e-3, rtol=0)
    torch.testing.assert_close(scores.std(dim=(0, 1)), torch.ones(3), atol=1e-3, rtol=0)


def test_an_image_keeps_the_contrast_between_its_bands() -> None:
    images = torch.tensor([[[0, 0], [255, 255]]], dtype=torch.uint8)
    scores = Normaliser((2, 2), images.dtype).fit(images, torch.tensor([0]))(images)
    assert scores.tolist() == [[[-1, -1], [1, 1]]]


def test_only_the_rows_named_are_looked_at() -> None:
    values = torch.tensor([[1.0], [3.0], [1000.0]])
    normaliser = Normaliser((1,), values.dtype).fit(values, torch.tensor([0, 1]))
    assert normaliser(values[:2]).tolist() == [[-1], [1]]


@pytest.mark.parametrize("value", [0.0, 7.0, -0.1, 1e6 / 3])
def test_a_constant_value_becomes_zero(value: float) -> None:
    values = torch.full((7, 2), value)
    normaliser = Normaliser((2,), values.dtype).fit(values, torch.arange(7))
    assert normaliser.deviation.tolist() == [1, 1]
    torch.testing.assert_close(normaliser(values), torch.zeros(7, 2))


def test_minimum_and_maximum_of_the_rows_named_become_0_and_1() -> None:
    values = torch.tensor([[2.0, -1.0, 7.0], [4.0, -3.0, 7.0], [8.0, 0.0, 9.0]])
    scaled = MinMax((3,), values.dtype).fit(values, torch.tensor([0, 1]))(values)
    assert scaled.tolist() == [[0, 1, 0], [1, 0, 0], [3, 1.5, 2]]


def test_an_image_is_scaled_as_a_whole() -> None:
    images = torch.tensor([[[10, 20], [30, 60]]], dtype=torch.uint8)
    scaled = MinMax((2, 2), images.dtype).fit(images, torch.tensor([0]))(images)
    torch.testing.assert_close(scaled, torch.tensor([[[0, 0.2], [0.4, 1]]]))


@pytest.mark.parametrize(
    ("values", "expected"),
    [(torch.tensor([[0, 255]], dtype=torch.uint8), [[0, 1]]), (torch.tensor([[-2.0, 5.0]]), [[-2, 5]])],
    ids=["bytes", "numbers"],
)
def test_an_unscaled_input_is_left_alone_but_for_bytes(values: torch.Tensor, expected: list) -> None:
    assert Unscaled((2,), values.dtype).fit(values, torch.tensor([0]))(values).tolist() == expected


def test_an_unknown_kind_of_scaling_is_named() -> None:
    with pytest.raises(
        PipelineError, match=r"normalise\.second\.kind: unknown .* 'minmax', did you mean 'min_max'\?"
    ):
        build_normaliser({"kind": "minmax"}, (3,), torch.float32, "normalise.second")
