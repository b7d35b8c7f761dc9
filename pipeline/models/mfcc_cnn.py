"""Convolutional networks over MFCC: cnn_mfcc, cnn_mfcc2, cnn_mfcc3, cnn_mfcc_delta and cnn_mfcc_delta2.

Source: the Annamalai study, section 6.1, figures 6.2 and 6.3. Input: shape (clips, frames, coefficients),
zero-padded to 172 frames (4 s). In one dimension (`planes: null`) the coefficients are the channels of
convolutions over time, of kernel 3 and padding 1; in two, coefficients, deltas and delta-deltas are three
planes of a picture, 3 x 40 x 172, under 3x3 convolutions. A block is convolution, batch normalisation,
activation, max-pooling, the second and fourth where asked for. Behind the blocks stand dropout, the
flattened maps or their mean over all positions, and fully connected layers with activation, dropout behind
the first. Output: logits, shape (clips, classes).

Padding is part of what the network sees, as in the document: it has one size, nothing is masked. The
document does not say that coefficients are normalised (open): they are standardised one by one, as all
frames are here.

Trainable parameters for 40 coefficients, 172 frames and 9 classes. A block has `c_in c_out k + c_out` (k =
3 or 9), batch normalisation `2 c_out` more:

    cnn_mfcc         1d 16-32-64-128      1,936 + 1,568 + 6,208 + 24,704
                     flat 128 x 172       2,818,176 -> 128, 8,256 -> 64, 585          2,861,433 (document)
    cnn_mfcc2, 3     1d 64-128-256-512    524,736, batch normalisation 1,920
                     mean of 512          65,664 -> 128, 1,161                          593,481
    cnn_mfcc_delta   2d 16-32-64-128      448 + 4,640 + 18,496 + 73,856
                     flat 128 x 2 x 10    327,808 -> 128, 8,256 -> 64, 585              434,089 (document)
    cnn_mfcc_delta2  2d 16-32-64-128      97,440, batch normalisation 480
                     mean of 128          16,512 -> 128, 8,256 -> 64, 585               123,273

Open: how many filters and layers are "more" and "fewer" in cnn_mfcc2 (chosen: four times the filters, one
hidden layer); whether cnn_mfcc3 changes the activation of cnn_mfcc or of cnn_mfcc2 (chosen: of cnn_mfcc2,
beside whose score its own lies); and all that the text does not name of cnn_mfcc_delta2 (as in
cnn_mfcc_delta).
"""

from itertools import pairwise
from math import prod
from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.registry import Architecture, Inputs, Networks, Probability

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU}
LAYERS = {
    1: (nn.Conv1d, nn.BatchNorm1d, nn.MaxPool1d),
    2: (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d),
}


class Settings(Architecture):
    """Of the layers."""

    # Pictures that the coefficients are cut into (3: themselves, deltas, delta-deltas) for convolutions in two
    # dimensions; null for convolutions over time.
    planes: PositiveInt | None
    channels: list[PositiveInt]  # feature maps of each block
    batch_norm: bool  # behind each convolution
    pool: bool  # halve each dimension behind each block
    average: bool  # take the mean of each map in place of all its values
    hidden: list[PositiveInt]  # widths of the fully connected layers before the last
    activation: Literal["relu", "silu"]
    dropout: Probability  # behind the blocks and behind the first hidden layer


class MfccCnn(nn.Module):
    """Convolution blocks, all their values or the means of their maps, fully connected layers.

    Args:
        planes: Pictures that the columns of a clip are cut into; None leaves them channels of a series.
        blocks: Act on shape (clips, columns, time), or (clips, planes, columns / planes, time).
        average: Take the mean of each map in place of all its values.
        head: Acts on shape (clips, values).
    """

    def __init__(self, planes: int | None, blocks: nn.Module, average: bool, head: nn.Module) -> None:
        super().__init__()
        self.planes = planes
        self.blocks = blocks
        self.average = average
        self.head = head

    def forward(self, features: Tensor) -> Tensor:
        """Return logits, shape (clips, classes), of frames, shape (clips, time, coefficients)."""
        x = features.transpose(1, 2)  # (B, F, T)
        if self.planes is not None:
            x = x.unflatten(1, (self.planes, -1))  # (B, P, F / P, T)
        x = self.blocks(x).flatten(2)  # (B, C, positions)
        x = x.mean(dim=2) if self.average else x.flatten(1)  # (B, C) or (B, C positions)
        return self.head(x)  # (B, n_outputs)


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> MfccCnn:
    """Build the network for a feature set of frames: frames and coefficients, deltas included."""
    planes, channels = settings.planes, settings.channels
    n_frames, n_columns = inputs.shapes["features"]
    size = (n_frames,) if planes is None else (_rows(n_columns, planes), n_frames)
    n_in = n_columns if planes is None else planes
    blocks = nn.Sequential(*(_block(len(size), a, b, settings) for a, b in pairwise([n_in, *channels])))
    if len(size) == 2:
        # Channels last: the same numbers, and on a CPU a fifth to a half less time.
        blocks = blocks.to(memory_format=torch.channels_last)
    n_positions = prod(length // 2 ** len(channels) if settings.pool else length for length in size)
    if not n_positions:
        raise PipelineError(
            f"mfcc_cnn: {len(channels)} blocks halve {' x '.join(map(str, size))} values to nothing; give it "
            "fewer channels, pool: false, or a feature set with more frames"
        )
    n_values = channels[-1] * (1 if settings.average else n_positions)
    return MfccCnn(planes, blocks, settings.average, _head(n_values, settings, n_outputs))


def _rows(n_columns: int, planes: int) -> int:
    if n_columns % planes:
        raise PipelineError(
            f"mfcc_cnn: {n_columns} coefficients cannot be cut into {planes} planes of one size: set "
            "architecture.planes to 1 + the feature set's deltas, or to null"
        )
    return n_columns // planes


def _block(n_dims: int, n_in: int, n_out: int, settings: Settings) -> nn.Sequential:
    conv, norm, max_pool = LAYERS[n_dims]
    layers: list[nn.Module] = [conv(n_in, n_out, kernel_size=3, padding=1)]
    layers += [norm(n_out)] if settings.batch_norm else []
    layers += [ACTIVATIONS[settings.activation]()]
    layers += [max_pool(2)] if settings.pool else []
    return nn.Sequential(*layers)


def _head(n_in: int, settings: Settings, n_outputs: int) -> nn.Sequential:
    widths = [n_in, *settings.hidden]
    layers: list[nn.Module] = [nn.Dropout(settings.dropout)]
    for depth, (a, b) in enumerate(pairwise(widths)):
        layers += [nn.Linear(a, b), ACTIVATIONS[settings.activation]()]
        layers += [nn.Dropout(settings.dropout)] if depth == 0 else []
    return nn.Sequential(*layers, nn.Linear(widths[-1], n_outputs))


FAMILY = Networks(settings=Settings, build=build, reads=("frames",))
