"""Convolutions, LSTM and attention over a spectrogram picture: five models of the UTBM study, and its ablations.

Source: the UTBM study, sections 3.3.1 to 3.3.4 and table 10. A block is a 3x3 convolution (padding 1),
ReLU, batch normalisation, 2x2 max-pooling, dropout. What stands over a moment, all maps and all remaining
bands, is a step of the sequence: 8 steps of 2,048 values for 128 x 128 pixels and four blocks, the 128
columns of 128 pixels without blocks. Steps go through an LSTM, are pooled by attention (Linear, tanh,
Linear, softmax over time), and classified by a dense layer, ReLU, dropout, and the output. Every part is a
setting; cnn_blstm_attention has all of them, and the others are it with some changed:

    cnn                 attention: null, lstm: null
    lstm                attention: null, bidirectional: false, channels: []
    cnn_lstm            attention: null, bidirectional: false
    cnn_blstm           attention: null
    no regularisation   l2: 0.0
    no dropout          dropout: 0.0
    no CNN              channels: []
    no LSTM             lstm: null

Open in the document, and chosen: ReLU ahead of batch normalisation (as Keras layers with an activation have
it); the steps; one LSTM layer; dropout behind attention; 128 units in the dense layer; without attention
the LSTM's last outputs of both directions, and without an LSTM all steps, flattened.

The document's pictures have three channels, a colour map of one number. Ours stores that number, and the
first convolution reads it as one channel, or as the three that `normalise` of kind colours paints, with 576
weights more.

L2 of 0.01 on the convolutions' kernels is a term of the loss, as in Keras: 0.01 times the sum of their
squares, which `penalty` returns for the trainer to add.

Input: normalised pictures, shape (clips, bands, frames). Output: logits, shape (clips, classes). Trainable
parameters for 128 x 128 pixels and 7 classes; a direction of an LSTM has `4 h (n_in + h) + 8 h` (Keras: 4 h
fewer):

    blocks                 320 + 18,496 + 73,856 + 295,168, batch normalisation 960     388,800
    BiLSTM of 2,048        2 (512 (2,048 + 128) + 1,024)                                2,230,272
    attention of 256       32,768 + 128 + 128 + 1                                       33,025
    dense, output          32,896 + 903                                                 33,799
    cnn_blstm_attention    all of them                                                  2,685,896
    cnn_blstm              without attention                                            2,652,871
    cnn_lstm               one direction 1,115,136, dense of 128 16,512                 1,521,351
    cnn                    dense of 16,384: 2,097,280                                   2,486,983
    lstm                   one direction of 128: 132,096                                149,511
    no CNN                 BiLSTM of 128: 264,192                                       331,016
    no LSTM                attention of 2,048: 262,401, dense of 2,048: 262,272         914,376
"""

from itertools import pairwise

import torch
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.planes import planes_and_size, with_planes
from pipeline.models.registry import Architecture, Inputs, Networks, Probability


class Settings(Architecture):
    """Of the layers."""

    channels: list[PositiveInt]  # feature maps of each block; [] for no blocks
    lstm: PositiveInt | None  # units a direction; null for no LSTM
    bidirectional: bool  # read the steps both ways
    attention: PositiveInt | None  # width of the attention's hidden layer; null for no attention
    dense: PositiveInt  # width of the layer before the output
    dropout: Probability  # behind each block, behind the pooled sequence and behind the dense layer
    l2: NonNegativeFloat  # share of the kernels' sum of squares in the loss


class Crnn(nn.Module):
    """Convolution blocks, LSTM, attention: each of them only where it is asked for.

    Args:
        image_shape: Bands and frames, or channels, bands and frames.
        settings: Of its layers.
        n_outputs: Number of logits.
    """

    def __init__(self, image_shape: tuple[int, ...], settings: Settings, n_outputs: int) -> None:
        super().__init__()
        channels, dropout = settings.channels, settings.dropout
        n_planes, image_size = planes_and_size(image_shape)
        height, n_steps = (size // 2 ** len(channels) for size in image_size)
        if not height * n_steps:
            raise PipelineError(
                f"crnn: {len(channels)} blocks halve an image of {image_size} to nothing; "
                "give it fewer channels or a feature set with a larger image"
            )
        self.l2 = settings.l2
        blocks = [_block(n_in, n_out, dropout) for n_in, n_out in pairwise([n_planes, *channels])]
        # Channels last: the same numbers, and on a CPU a fifth to a half less time.
        self.blocks = nn.Sequential(*blocks).to(memory_format=torch.channels_last)
        width = height * (channels[-1] if channels else n_planes)
        self.lstm = None
        if settings.lstm is not None:
            self.lstm = nn.LSTM(width, settings.lstm, batch_first=True, bidirectional=settings.bidirectional)
            width = settings.lstm * (2 if settings.bidirectional else 1)
        self.score = None
        if settings.attention is not None:
            hidden = settings.attention
            self.score = nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, 1))
        elif settings.lstm is None:
            width *= n_steps
        self.head = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(width, settings.dense),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(settings.dense, n_outputs),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return logits, shape (clips, classes), of pictures, shape (clips, [channels,] bands, frames)."""
        maps = self.blocks(with_planes(features))  # (B, C, H, T)
        steps = maps.flatten(1, 2).transpose(1, 2)  # (B, T, C H)
        return self.head(self._pool(steps))  # (B, n_outputs)

    def penalty(self) -> Tensor:
        """Return what L2 regularisation adds to the loss: `l2` times the sum of the kernels' squares."""
        kernels = [layer.weight for layer in self.blocks.modules() if isinstance(layer, nn.Conv2d)]
        return self.l2 * sum((kernel.square().sum() for kernel in kernels), torch.zeros(()))

    def _pool(self, steps: Tensor) -> Tensor:
        """Make one vector of the steps, shape (clips, time, values)."""
        if self.lstm is not None:
            steps, (last, _) = self.lstm(steps)  # (B, T, directions h), (directions, B, h)
            if self.score is None:
                return last.transpose(0, 1).flatten(1)  # (B, directions h)
        if self.score is None:
            return steps.flatten(1)  # (B, T C H)
        weights = self.score(steps).softmax(dim=1)  # (B, T, 1)
        return (weights * steps).sum(dim=1)  # (B, values)


def _block(n_in: int, n_out: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(n_out),
        nn.MaxPool2d(2),
        nn.Dropout(dropout),
    )


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> Crnn:
    """Build the network for a feature set of images: bands and frames."""
    return Crnn(inputs.shapes["features"], settings, n_outputs)


FAMILY = Networks(
    settings=Settings, build=build, reads=("frames",), penalty=Crnn.penalty, blocks=lambda model: model.blocks
)
