"""CNN-3, CNN-4 and CNN-5: convolutional networks over a mel-spectrogram image.

Source: the RAVDESS study, section 3.3.3 and table 2. A block is a 3x3 convolution (padding 1), batch
normalisation, ReLU and 2x2 max-pooling; two or three fully connected layers follow. The table rounds the
number of parameters and does not name the hidden widths, so they are chosen (open) to meet it within 1 %.

Trainable parameters for a 128 x 128 image of one channel and 8 classes. A block has `9 c_in c_out + c_out`
(convolution) `+ 2 c_out` (batch normalisation), a fully connected layer `n_in n_out + n_out`:

    CNN-3  16-32-64           23,520 + 16384 -> 72 -> 8           1,203,824  (table: ~1.2 M)
    CNN-4  16-32-64-128       97,632 +  8192 -> 208 -> 8          1,803,448  (table: ~1.8 M)
    CNN-5  32-64-128-256-512  1,569,984 + 8192 -> 896 -> 640 -> 8 9,490,120  (table: ~9.5 M)
"""

from itertools import pairwise

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.planes import planes_and_size, with_planes
from pipeline.models.registry import Architecture, Inputs, Networks, Probability


class Settings(Architecture):
    """Of the layers."""

    channels: list[PositiveInt]  # feature maps of each block
    hidden: list[PositiveInt]  # widths of the fully connected layers before the last
    dropout: Probability  # behind each hidden layer


class MelCnn(nn.Module):
    """Convolution blocks, then fully connected layers with ReLU between them.

    Args:
        image_shape: Mel bands and frames, or channels, bands and frames.
        settings: Of its layers.
        n_outputs: Number of logits.
    """

    def __init__(self, image_shape: tuple[int, ...], settings: Settings, n_outputs: int) -> None:
        super().__init__()
        channels = settings.channels
        n_planes, image_size = planes_and_size(image_shape)
        height, width = (size // 2 ** len(channels) for size in image_size)
        if not height * width:
            raise PipelineError(
                f"mel_cnn: {len(channels)} blocks halve an image of {image_size} to nothing; "
                "give it fewer channels or a feature set with a larger image"
            )
        blocks = [_block(n_in, n_out) for n_in, n_out in pairwise([n_planes, *channels])]
        # Channels last: the same numbers, and on a CPU a fifth to a half less time.
        self.blocks = nn.Sequential(*blocks).to(memory_format=torch.channels_last)
        widths = [channels[-1] * height * width, *settings.hidden]
        layers = [_hidden_layer(n_in, n_out, settings.dropout) for n_in, n_out in pairwise(widths)]
        self.head = nn.Sequential(nn.Flatten(), *layers, nn.Linear(widths[-1], n_outputs))

    def forward(self, features: Tensor) -> Tensor:
        """Return logits, shape (clips, classes), of normalised images, shape (clips, [channels,] bands, frames)."""
        x = with_planes(features)  # (B, 1 or 3, H, W)
        x = self.blocks(x)  # (B, C, H / 2^blocks, W / 2^blocks)
        return self.head(x)  # (B, n_outputs)


def _block(n_in: int, n_out: int) -> nn.Sequential:
    # ReLU commutes with max-pooling: behind it, it costs a quarter.
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_size=3, padding=1), nn.BatchNorm2d(n_out), nn.MaxPool2d(2), nn.ReLU()
    )


def _hidden_layer(n_in: int, n_out: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, n_out), nn.ReLU(), nn.Dropout(dropout))


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> MelCnn:
    """Build the network for a feature set of images: mel bands and frames, painted or not."""
    return MelCnn(inputs.shapes["features"], settings, n_outputs)


FAMILY = Networks(settings=Settings, build=build, reads=("frames",), blocks=lambda model: model.blocks)
