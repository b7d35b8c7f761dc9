"""The CNNs over mel images."""

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.models.mel_cnn import build


def test_a_block_is_the_documents_although_pooling_stands_before_relu() -> None:
    torch.manual_seed(0)
    images = torch.randn(3, 8, 8)
    conv, norm, *_ = block = build(
        n_classes=2,
        input_shapes={"features": (8, 8)},
        vocabulary_size=None,
        channels=[4],
        hidden=[],
        dropout=0.0,
    ).blocks[0]
    expected = torch.nn.functional.max_pool2d(norm(conv(images.unsqueeze(1))).relu(), 2)
    torch.testing.assert_close(block(images.unsqueeze(1)), expected)


def test_an_image_too_small_for_the_blocks_is_an_error() -> None:
    with pytest.raises(PipelineError, match=r"5 blocks halve an image of \(16, 64\) to nothing"):
        build(
            n_classes=2,
            input_shapes={"features": (16, 64)},
            vocabulary_size=None,
            channels=[4] * 5,
            hidden=[],
            dropout=0.0,
        )
