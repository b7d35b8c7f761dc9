"""Standardisation and the other kinds of scaling."""

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.training.colours import MAPS, Coloured, colour_table
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


def test_a_picture_is_painted_byte_by_byte() -> None:
    pictures = torch.tensor([[[0, 255], [128, 0]]], dtype=torch.uint8)
    painted = Coloured((2, 2), torch.uint8, colours="viridis", standardise=False)
    values = painted.fit(pictures, torch.tensor([0]))(pictures)
    assert painted.out_shape == (3, 2, 2) == values.shape[1:]
    dark, bright = (
        [0.267004, 0.004874, 0.329415],
        [0.993248, 0.906157, 0.143936],
    )  # matplotlib's first and last
    torch.testing.assert_close(values[0, :, 0, 0], torch.tensor(dark))
    torch.testing.assert_close(values[0, :, 0, 1], torch.tensor(bright))
    torch.testing.assert_close(values[0, :, 1, 1], torch.tensor(dark))


@pytest.mark.parametrize("colours", MAPS)
def test_the_channels_of_the_training_pictures_are_standardised(colours: str) -> None:
    pictures = torch.randint(0, 256, (400, 3, 5), generator=torch.Generator().manual_seed(1)).byte()
    kind = {"kind": "colours", "colours": colours}
    normaliser = build_normaliser(kind, (3, 5), torch.uint8, "normalise.features")
    values = normaliser.fit(pictures, torch.arange(300))(pictures[:300])
    torch.testing.assert_close(values.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(values.std(dim=(0, 2, 3)), torch.ones(3), atol=1e-3, rtol=0)


def test_grey_is_the_standard_score_three_times() -> None:
    pictures = torch.arange(250).byte().reshape(10, 5, 5)
    grey = Coloured((5, 5), torch.uint8, colours="grey").fit(pictures, torch.arange(8))(pictures)
    plain = Normaliser((5, 5), torch.uint8).fit(pictures, torch.arange(8))(pictures)
    torch.testing.assert_close(grey, plain.unsqueeze(1).expand(-1, 3, -1, -1))


def test_a_map_in_one_colour_keeps_a_deviation_of_1() -> None:
    black = torch.zeros(2, 3, 3, dtype=torch.uint8)
    values = Coloured((3, 3), torch.uint8, colours="magma").fit(black, torch.arange(2))(black)
    torch.testing.assert_close(values, torch.zeros(2, 3, 3, 3))


def test_the_colours_lie_among_the_weights() -> None:
    pictures = torch.arange(250).byte().reshape(10, 5, 5)
    fitted = Coloured((5, 5), torch.uint8, colours="magma").fit(pictures, torch.arange(10))
    loaded = Coloured((5, 5), torch.uint8, colours="magma")
    loaded.load_state_dict(fitted.state_dict())
    assert torch.equal(loaded(pictures), fitted(pictures))
    assert colour_table("magma").shape == (256, 3)


@pytest.mark.parametrize(
    ("settings", "shape", "dtype", "message"),
    [
        ({"colours": "jet"}, (2, 2), torch.uint8, "expected grey, viridis or magma"),
        ({"colours": "magma"}, (5,), torch.float32, "paints pictures"),
    ],
)
def test_what_cannot_be_painted_is_told(
    settings: dict, shape: tuple, dtype: torch.dtype, message: str
) -> None:
    with pytest.raises(PipelineError, match=rf"normalise\.features: .*{message}"):
        build_normaliser({"kind": "colours", **settings}, shape, dtype, "normalise.features")
