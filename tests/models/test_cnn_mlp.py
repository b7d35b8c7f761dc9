"""The network of an image branch and a scalar branch."""

import torch

from tests.models.cases import TORCH_CASES


def test_pooling_halves_bands_and_keeps_frames() -> None:
    case = TORCH_CASES["ravdess_cnn_mlp"]
    image = case.build(case.small_shapes).image
    assert image(torch.randn(2, 1, 9, 7)).shape == (2, 128, 4, 7)


def test_the_first_block_is_the_documents_although_pooling_stands_before_relu() -> None:
    case = TORCH_CASES["ravdess_cnn_mlp"]
    conv, norm, *_ = image = case.build(case.small_shapes).image
    given = torch.randn(3, 1, 8, 6)
    expected = torch.nn.functional.max_pool2d(norm(conv(given)).relu(), (2, 1))
    torch.testing.assert_close(image[:4](given), expected)


def test_both_inputs_reach_the_logits() -> None:
    case = TORCH_CASES["ravdess_cnn_mlp"]
    model = case.build(case.small_shapes).eval()
    inputs = case.inputs(2)
    other_image = model(inputs["features"].flip(0), inputs["second"])
    other_scalars = model(inputs["features"], inputs["second"].flip(0))
    assert not torch.allclose(model(**inputs), other_image)
    assert not torch.allclose(model(**inputs), other_scalars)
