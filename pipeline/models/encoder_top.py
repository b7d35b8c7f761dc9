"""The top blocks of Whisper's encoder, fine-tuned for emotions from the stored frames of the block below them.

What lies below is frozen: its frames are computed once, as a feature set of kind `speech_encoder_frames` with that
one block, and no training runs it again. The blocks are those of `pipeline.pretrained.whisper_encoder` (Radford et
al. 2023, arXiv:2212.04356), 12 d d + 12 d parameters each, 3,151,872 for the width d = 512 of Whisper base. Behind
them the mean and the deviation of a clip's own frames are brought to the mean and deviation of the batch (batch
normalisation without weights; those of the training clips later), and a linear layer of 2 d k + k parameters says
the k classes.

Input: frames, shape (clips, frames, d), and where clips differ in length their `lengths`; `normalise` is of kind
none. What lies behind a clip's end takes no part, neither in attention nor in the statistics.
"""

from pathlib import Path

import torch
from pydantic import NonNegativeInt, PositiveInt
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.padding import inside, mean_over
from pipeline.models.registry import Architecture, Inputs, Networks, Probability
from pipeline.pretrained.take import Loaded
from pipeline.pretrained.whisper_encoder import Block

SMALLEST = 1e-5  # variance of the frames: its root has no gradient at zero


class Settings(Architecture):
    """Which blocks, and the head."""

    below: NonNegativeInt  # the block whose frames are read: the one that the feature set stores
    blocks: PositiveInt  # how many behind it are there, and trained
    heads: PositiveInt  # of their attention: 8 in Whisper base
    dropout: Probability  # ahead of the linear layer


class EncoderTop(nn.Module):
    """Blocks, statistics over frames, and a linear layer.

    Args:
        width: Of a frame.
        settings: Of the layers.
        n_outputs: Number of logits.
    """

    def __init__(self, width: int, settings: Settings, n_outputs: int) -> None:
        super().__init__()
        self.below = settings.below
        self.blocks = nn.ModuleList(Block(width, settings.heads) for _ in range(settings.blocks))
        self.norm = nn.BatchNorm1d(2 * width, affine=False)
        self.classifier = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(2 * width, n_outputs))

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return logits, shape (clips, classes).

        Args:
            features: Shape (clips, frames, width).
            lengths: Frames of each clip, shape (clips,); None where all are of one length.
        """
        own = None if lengths is None else inside(lengths, features.shape[1])[:, None, None]  # (B, 1, 1, T)
        frames = features
        for block in self.blocks:
            frames = block(frames, own)
        mean = mean_over(frames, lengths)
        variance = mean_over((frames - mean.unsqueeze(1)).square(), lengths)
        return self.classifier(self.norm(torch.cat([mean, (variance + SMALLEST).sqrt()], dim=1)))


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> EncoderTop:
    """Build the network for frames, with random weights.

    Raises:
        PipelineError: The heads do not divide the width.
    """
    width = inputs.shapes["features"][-1]
    if width % settings.heads:
        raise PipelineError(
            f"encoder_top: {settings.heads} heads do not divide frames of {width} values: set architecture.heads "
            "to that of the encoder, and let the feature set store one block"
        )
    return EncoderTop(width, settings, n_outputs)


def load_pretrained(model: EncoderTop, weights: Path) -> Loaded:
    """Take the blocks of Whisper's encoder from a checkpoint, or from the encoder's folder; the head stays.

    Raises:
        PipelineError: It is another network, or has other heads, another width or fewer blocks.
    """
    from pipeline.pretrained.speech_encoders import read_whisper

    encoder = read_whisper(weights)
    sizes, first, last = encoder.sizes, model.below, model.below + len(model.blocks)
    ours = (model.norm.num_features // 2, model.blocks[0].attn.heads)
    theirs = (sizes.n_audio_state, sizes.n_audio_head)
    if ours != theirs or last > sizes.n_audio_layer:
        raise PipelineError(
            f"{weights} has {sizes.n_audio_layer} blocks of width {theirs[0]} with {theirs[1]} heads, but the "
            f"system takes blocks {first + 1} to {last} of width {ours[0]} with {ours[1]} heads: its feature set "
            "has to store frames of that very encoder, and architecture has to name its heads"
        )
    taken: dict[str, str] = {}
    for number, block in enumerate(model.blocks):
        state = encoder.blocks[first + number].state_dict()
        block.load_state_dict(state)
        taken |= {f"blocks.{number}.{name}": f"blocks.{first + number}.{name}" for name in state}
    left = [name for name in encoder.state_dict() if name not in taken.values()]
    return Loaded([*taken], left, [name for name in model.state_dict() if name not in taken])


FAMILY = Networks(
    settings=Settings,
    build=build,
    reads=("frames",),
    reads_lengths=True,
    load_pretrained=load_pretrained,
)
