"""Standardisation."""

import pytest
import torch

from pipeline.training.normalise import Normaliser


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
