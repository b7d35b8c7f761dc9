"""The CNNs over mel images."""

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.models.mel_cnn import MelCnn, Settings


def test_a_block_is_the_documents_although_pooling_stands_before_relu() -> None:
    torch.manual_seed(0)
    images = torch.randn(3, 8, 8)
    model = MelCnn((8, 8), Settings(channels=[4], hidden=[], dropout=0.0), 2)
    conv, norm, *_ = block = model.blocks[0]
    expected = torch.nn.functional.max_pool2d(norm(conv(images.unsqueeze(1))).relu(), 2)
    torch.testing.assert_close(block(images.unsqueeze(1)), expected)


def test_an_image_too_small_for_the_blocks_is_an_error() -> None:
    with pytest.raises(PipelineError, match=r"5 blocks halve an image of \(16, 64\) to nothing"):
        MelCnn((16, 64), Settings(channels=[4] * 5, hidden=[], dropout=0.0), 2)


def test_a_picture_in_colour_has_three_channels() -> None:
    settings = Settings(channels=[4], hidden=[], dropout=0.0)
    grey, coloured = MelCnn((8, 8), settings, 2), MelCnn((3, 8, 8), settings, 2)
    assert coloured.blocks[0][0].weight.shape == (4, 3, 3, 3)
    coloured.load_state_dict(
        {**grey.state_dict(), "blocks.0.0.weight": grey.blocks[0][0].weight.expand(-1, 3, -1, -1) / 3}
    )
    images = torch.randn(5, 8, 8)
    painted = images.unsqueeze(1).expand(-1, 3, -1, -1)
    torch.testing.assert_close(coloured.eval()(painted), grey.eval()(images))
