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
from torch import Tensor, nn


class CnnMlp(nn.Module):
    """Image branch and scalar branch, concatenated and classified.

    Args:
        image_size: Mel bands and frames.
        n_scalars: Length of a clip's vector.
        channels: Feature maps of the two convolutions.
        scalar_hidden: Widths of the scalar branch.
        hidden: Widths of the classifier's hidden layers.
        dropout: Probability in the scalar branch and the classifier.
        n_classes: Number of logits.
    """

    def __init__(
        self,
        image_size: tuple[int, int],
        n_scalars: int,
        channels: tuple[int, int],
        scalar_hidden: list[int],
        hidden: list[int],
        dropout: float,
        n_classes: int,
    ) -> None:
        super().__init__()
        height, width = image_size
        first, second = channels
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
        scalar_widths = [n_scalars, *scalar_hidden]
        self.scalars = nn.Sequential(
            *(_layer(n_in, n_out, nn.BatchNorm1d(n_out), dropout) for n_in, n_out in pairwise(scalar_widths))
        )
        widths = [second * (height // 2) * width + scalar_widths[-1], *hidden]
        layers = [_layer(n_in, n_out, nn.Identity(), dropout) for n_in, n_out in pairwise(widths)]
        self.head = nn.Sequential(*layers, nn.Linear(widths[-1], n_classes))

    def forward(self, features: Tensor, second: Tensor) -> Tensor:
        """Return logits, shape (clips, classes).

        Args:
            features: Images, shape (clips, bands, frames).
            second: Scalars, shape (clips, scalars).
        """
        image = self.image(features.unsqueeze(1))  # (B, C, H / 2, W)
        scalars = self.scalars(second)  # (B, S)
        both = torch.cat([image.flatten(1), scalars], dim=1)  # (B, C H / 2 W + S)
        return self.head(both)  # (B, n_classes)


def _layer(n_in: int, n_out: int, norm: nn.Module, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, n_out), nn.ReLU(), norm, nn.Dropout(dropout))


def build(
    *,
    n_classes: int,
    input_shapes: dict[str, tuple[int, ...]],
    vocabulary_size: int | None,
    channels: list[int],
    scalar_hidden: list[int],
    hidden: list[int],
    dropout: float,
) -> CnnMlp:
    """Build the network for a feature set of images and one of vectors.

    Args:
        n_classes: Number of logits.
        input_shapes: `features`: mel bands and frames; `second`: number of scalars.
        vocabulary_size: Unused: this family reads no text.
        channels: Feature maps of the two convolutions.
        scalar_hidden: Widths of the scalar branch.
        hidden: Widths of the classifier's hidden layers.
        dropout: Probability in the scalar branch and the classifier.
    """
    height, width = input_shapes["features"]
    (n_scalars,) = input_shapes["second"]
    first, second = channels
    return CnnMlp((height, width), n_scalars, (first, second), scalar_hidden, hidden, dropout, n_classes)
