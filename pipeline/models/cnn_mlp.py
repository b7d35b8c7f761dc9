"""Two branches: convolutions over a spectrogram image, fully connected layers over scalars, then a classifier.

Source: the RAVDESS study, section 3.4 and table 5. Image: 3x3 convolution (padding 1), batch normalisation,
ReLU, 2x1 max-pooling (half as many bands, all frames); 3x3 convolution, batch normalisation, ReLU;
flattened. Scalars: Linear, ReLU, batch normalisation, dropout, twice. Both are concatenated; two fully
connected layers with ReLU and dropout, and the output, follow. The table gives kernel and padding by the
sizes alone (open: 3x3), lists the dropout of the classifier twice (read as one), and no size of the image
(open: the study's 128 x 128). The text has the images be spectrograms, but once says that the loader reads MFCC
(open: spectrograms).

Inputs: `features`, normalised images, shape (clips, bands, frames); `second`, scalars, shape (clips,
scalars), which the document scales to 0..1 by minimum and maximum. Output: logits, shape (clips, classes).

The first layer of the classifier reads `128 x H/2 x W + 64` values, so that it is nearly all of the
network. Trainable parameters for a 128 x 128 image, 388 scalars and 8 classes:

    image branch    640 + 128 + 73,856 + 256           74,880
    scalar branch   49,792 + 256 + 8,256 + 128         58,432
    classifier      (1,048,576 + 64) 128 + 128         134,226,048
                    128 x 64 + 64 + 64 x 8 + 8         8,776
    all                                                134,368,136
"""

from itertools import pairwise

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn

from pipeline.models.registry import Architecture, Inputs, Networks, Probability


class Settings(Architecture):
    """Of the layers."""

    channels: list[PositiveInt] = Field(min_length=2, max_length=2)  # feature maps of the convolutions
    scalar_hidden: list[PositiveInt]  # widths of the scalar branch
    hidden: list[PositiveInt]  # widths of the classifier's hidden layers
    dropout: Probability  # in the scalar branch and the classifier


class CnnMlp(nn.Module):
    """Image branch and scalar branch, concatenated and classified.

    Args:
        image_size: Mel bands and frames.
        n_scalars: Length of a clip's vector.
        settings: Of its layers.
        n_outputs: Number of logits.
    """

    def __init__(
        self, image_size: tuple[int, int], n_scalars: int, settings: Settings, n_outputs: int
    ) -> None:
        super().__init__()
        height, width = image_size
        first, second = settings.channels
        dropout = settings.dropout
        image = nn.Sequential(
            nn.Conv2d(1, first, kernel_size=3, padding=1),
            nn.BatchNorm2d(first),
            nn.MaxPool2d((2, 1)),  # ahead of ReLU, which commutes with it, at half the cost
            nn.ReLU(),
            nn.Conv2d(first, second, kernel_size=3, padding=1),
            nn.BatchNorm2d(second),
            nn.ReLU(),
        )
        self.image = image.to(memory_format=torch.channels_last)
        scalar_widths = [n_scalars, *settings.scalar_hidden]
        self.scalars = nn.Sequential(
            *(_layer(n_in, n_out, nn.BatchNorm1d(n_out), dropout) for n_in, n_out in pairwise(scalar_widths))
        )
        widths = [second * (height // 2) * width + scalar_widths[-1], *settings.hidden]
        layers = [_layer(n_in, n_out, nn.Identity(), dropout) for n_in, n_out in pairwise(widths)]
        self.head = nn.Sequential(*layers, nn.Linear(widths[-1], n_outputs))

    def forward(self, features: Tensor, second: Tensor) -> Tensor:
        """Return logits, shape (clips, classes).

        Args:
            features: Images, shape (clips, bands, frames).
            second: Scalars, shape (clips, scalars).
        """
        image = self.image(features.unsqueeze(1))  # (B, C, H / 2, W)
        scalars = self.scalars(second)  # (B, S)
        both = torch.cat([image.flatten(1), scalars], dim=1)  # (B, C H / 2 W + S)
        return self.head(both)  # (B, n_outputs)


def _layer(n_in: int, n_out: int, norm: nn.Module, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, n_out), nn.ReLU(), norm, nn.Dropout(dropout))


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> CnnMlp:
    """Build the network for a feature set of images, mel bands and frames, and a second one of vectors."""
    height, width = inputs.shapes["features"]
    (n_scalars,) = inputs.shapes["second"]
    return CnnMlp((height, width), n_scalars, settings, n_outputs)


FAMILY = Networks(settings=Settings, build=build, reads=("frames",), reads_second=("vector",))
