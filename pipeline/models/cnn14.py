"""CNN14, and its fusions with text: SFCNN14 at one place, MFCNN14 in every block.

Source: "Multistage linguistic conditioning of convolutional layers for speech emotion recognition", sections 3
and 4.2 (Triantafyllopoulos et al. 2023, DOI 10.3389/fcomp.2023.1072479), on CNN14 of PANNs (Kong et al. 2020,
DOI 10.1109/TASLP.2020.3030497). Batch normalisation of the mel bands; six blocks of two 3x3 convolutions without
bias, each with batch normalisation and ReLU, with 2x2 pooling behind the first five; mean over frequency;
maximum plus mean over time; a hidden layer; the output. Text comes as one vector a clip: `conditioning: single`
adds a projection of it to the last block's output, `multi` one to every block's (equations 3-5), the same at all
times and bands.

Parameters with 64 base channels, c = 64, 128, ..., 2048, and K outputs:

    batch normalisation of 64 bands     128
    block                               9 (c_in c + c c) + 4 c; six of them: 75,477,312
    hidden layer                        2048 x 2048 + 2048 = 4,196,352
    output                              2049 K = 8,196 for 4 classes
    none                                79,681,988 for 4 classes, 80,753,615 for PANNs' 527
    single                              + 769 x 2048 = 81,256,900
    multi                               + 769 (64 + ... + 2048) = 82,782,596

Open in the document, and settings here: the pooling (it says max, PANNs average), the dropout (PANNs: .2 behind
a block, .5 around the hidden layer), and that training sees a random 250 frames of a clip and evaluation the
whole of it. A clip shorter than the crop is repeated, so that training never sees padding.

Clips of different length come as a batch padded at the end, with their `lengths`. In evaluation padding never
changes a clip's logits: what lies behind its end is zero before every convolution, as at the end of a clip that
comes alone, and is left out of the pooling over time. Without a crop, batch normalisation does count it in
training.
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, pad

from pipeline.core.errors import PipelineError
from pipeline.models.registry import Architecture, Inputs, Networks, Probability
from pipeline.pretrained.take import Loaded, read_state, take_weights

N_BLOCKS = 6
SHORTEST = 2 ** (N_BLOCKS - 1)  # frames, and mel bands: as many as the poolings leave one of
POOLINGS = {"max": max_pool2d, "average": avg_pool2d}
CONDITIONED_BLOCKS = {"none": range(0), "single": range(N_BLOCKS - 1, N_BLOCKS), "multi": range(N_BLOCKS)}


class Settings(Architecture):
    """Of the layers, and of what training sees."""

    conditioning: Literal["none", "single", "multi"]  # where text comes in: single is behind the last block
    width: PositiveInt  # channels of the first block, 64 in CNN14; each further one has twice as many
    pooling: Literal["max", "average"]
    dropout: Probability  # behind each block
    head_dropout: Probability  # before and behind the hidden layer
    crop: Annotated[int, Field(ge=SHORTEST)] | None  # frames of a clip that training sees; null for all


class RandomCrop(nn.Module):
    """A random run of frames from each clip, in training only; a clip shorter than that is repeated.

    Args:
        n_frames: Length of the run.
    """

    def __init__(self, n_frames: int) -> None:
        super().__init__()
        self.n_frames = n_frames

    def forward(self, frames: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return frames, shape (clips, n_frames, bands), none of them padding; in evaluation what came.

        Args:
            frames: Shape (clips, time, bands).
            lengths: Frames of each clip, shape (clips,); None where all fill the batch.
        """
        if not self.training:
            return frames, lengths
        n_clips, n_steps, _ = frames.shape
        if lengths is None:
            lengths = frames.new_full((n_clips,), n_steps, dtype=torch.int64)  # (B,)
        n_starts = (lengths - self.n_frames).clamp(min=0) + 1  # (B,)
        start = (torch.rand(n_clips, device=frames.device) * n_starts).long()  # (B,)
        offsets = torch.arange(self.n_frames, device=frames.device)
        index = (start.unsqueeze(1) + offsets) % lengths.unsqueeze(1)  # (B, n_frames)
        return frames.take_along_dim(index.unsqueeze(2), dim=1), None


class Block(nn.Module):
    """Two convolutions, pooling, and what the text adds.

    Args:
        n_in: Channels that come in.
        n_out: Channels that go out.
        pooling: "max" or "average", 2x2; None for none.
        text: Size of the vector that is projected and added; None for none.
    """

    def __init__(self, n_in: int, n_out: int, pooling: str | None, text: int | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.projection = nn.Linear(text, n_out) if text else None
        self.pool = POOLINGS[pooling] if pooling else None

    def forward(self, x: Tensor, text: Tensor | None, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return the block's output and the clips' lengths in it.

        Args:
            x: Shape (clips, channels, time, bands), zero behind the end of each clip.
            text: Shape (clips, size); None where nothing is added.
            lengths: Steps of each clip, shape (clips,); None where all fill the batch.
        """
        x = zero_padding(self.bn1(self.conv1(x)).relu_(), lengths)  # (B, n_out, T, F)
        x = self.bn2(self.conv2(x)).relu_()  # (B, n_out, T, F)
        if self.pool is not None:
            x = self.pool(x, 2)  # (B, n_out, T / 2, F / 2)
            lengths = lengths // 2 if lengths is not None else None
        if self.projection is not None:
            x = x + self.projection(text)[:, :, None, None]
        return zero_padding(x, lengths), lengths


class Cnn14(nn.Module):
    """Six blocks, pooling over frequency and time, a hidden layer and the output.

    Args:
        n_bands: Mel bands.
        n_text: Size of the text's vector; 0 where there is none.
        settings: Of its layers.
        n_outputs: Number of logits, or of values.
    """

    def __init__(self, n_bands: int, n_text: int, settings: Settings, n_outputs: int) -> None:
        super().__init__()
        channels = [1, *(settings.width * 2**i for i in range(N_BLOCKS))]
        poolings = [settings.pooling] * (N_BLOCKS - 1) + [None]
        text = dict.fromkeys(CONDITIONED_BLOCKS[settings.conditioning], n_text)
        self.crop = RandomCrop(settings.crop) if settings.crop else None
        self.bn0 = nn.BatchNorm1d(n_bands)
        blocks = [
            Block(n_in, n_out, poolings[i], text.get(i)) for i, (n_in, n_out) in enumerate(pairwise(channels))
        ]
        self.blocks = nn.ModuleList(blocks).to(memory_format=torch.channels_last)
        self.dropout = nn.Dropout(settings.dropout)
        self.head_dropout = nn.Dropout(settings.head_dropout)
        self.fc1 = nn.Linear(channels[-1], channels[-1])
        self.output = nn.Linear(channels[-1], n_outputs)
        self.apply(_initialise)

    def forward(
        self, features: Tensor, second: Tensor | None = None, lengths: Tensor | None = None
    ) -> Tensor:
        """Return logits, shape (clips, classes).

        Args:
            features: Log-mel spectrograms, dB, shape (clips, time, bands), padded at the end.
            second: Text, shape (clips, size).
            lengths: Frames of each clip, shape (clips,), int64; None where all fill the batch.
        """
        if self.crop is not None:
            features, lengths = self.crop(features, lengths)  # (B, crop, n_bands)
        x = self.bn0(features.transpose(1, 2)).transpose(1, 2).unsqueeze(1)  # (B, 1, T, n_bands)
        x = zero_padding(x, lengths)
        x = pad(x, (0, 0, 0, max(0, SHORTEST - x.shape[2])))  # (B, 1, T, n_bands)
        lengths = lengths.clamp(min=SHORTEST) if lengths is not None else None
        for block in self.blocks:
            x, lengths = block(x, second, lengths)  # (B, C, T / 2^blocks, n_bands / 2^blocks)
            x = self.dropout(x)
        x = max_plus_mean(x.mean(dim=3), lengths)  # (B, 32 width)
        x = self.fc1(self.head_dropout(x)).relu()  # (B, 32 width)
        return self.output(self.head_dropout(x))  # (B, n_outputs)


def real_steps(x: Tensor, lengths: Tensor) -> Tensor:
    """Return a mask, shape (clips, time): True where x, shape (clips, channels, time, ...), is no padding."""
    return torch.arange(x.shape[2], device=x.device) < lengths.unsqueeze(1)


def zero_padding(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Set x, shape (clips, channels, time, bands), to zero behind the end of each clip."""
    return x if lengths is None else x.masked_fill(~real_steps(x, lengths)[:, None, :, None], 0.0)


def max_plus_mean(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Pool x, shape (clips, channels, time) and zero in padding, over the time of each clip: (clips, channels)."""
    if lengths is None:
        return x.amax(dim=2) + x.mean(dim=2)
    largest = x.masked_fill(~real_steps(x, lengths).unsqueeze(1), float("-inf")).amax(dim=2)  # (B, C)
    return largest + x.sum(dim=2) / lengths.unsqueeze(1)


def _initialise(module: nn.Module) -> None:
    """Initialise a layer as PANNs does."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> Cnn14:
    """Build the network for log-mel spectrograms and, where it is conditioned, a vector of text as `second`."""
    conditioned = settings.conditioning != "none"
    if conditioned != ("second" in inputs.shapes):
        raise PipelineError(
            f"cnn14: `architecture.conditioning` is {settings.conditioning!r}, but the system's `second` is "
            f"{'a feature set' if 'second' in inputs.shapes else 'none'}: single and multi need a vector of text "
            "there, none has no use for one"
        )
    n_bands = inputs.shapes["features"][-1]
    if n_bands < SHORTEST:
        raise PipelineError(
            f"cnn14: the feature set has {n_bands} mel bands, expected {SHORTEST} or more, since {N_BLOCKS - 1} "
            "poolings halve them"
        )
    return Cnn14(n_bands, inputs.shapes.get("second", (0,))[-1], settings, n_outputs)


def load_pretrained(model: Cnn14, weights: Path) -> Loaded:
    """Take the weights of PANNs' CNN14, all but its 527 outputs, from a published checkpoint.

    `Cnn14_16k_mAP=0.438.pth` was trained on the spectrograms of feature set log_mel_64 (16 kHz, 50-8000 Hz), and
    `Cnn14_mAP=0.431.pth` on those of 32 kHz up to 14 kHz; both have the same layout. It reads dB as they are: the
    system's `normalise` has to be of kind none.

    Raises:
        PipelineError: The file is no such checkpoint, or of another width.
    """
    state = {
        re.sub(r"^conv_block(\d)\.", lambda match: f"blocks.{int(match[1]) - 1}.", name): tensor
        for name, tensor in read_state(weights).items()
    }
    projections = tuple(f"blocks.{i}.projection." for i in range(N_BLOCKS))
    return take_weights(model, state, weights, fresh=("output.", *projections))


FAMILY = Networks(
    settings=Settings,
    build=build,
    reads=("frames",),
    reads_second=("none", "vector"),
    reads_lengths=True,
    load_pretrained=load_pretrained,
)
