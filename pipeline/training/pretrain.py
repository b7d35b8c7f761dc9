"""Greedy layer-wise pretraining of convolution blocks as autoencoders, ahead of training proper.

Source: the RAVDESS study, section 3.3.3 (CNN-3 only): one block after the other learns to have its input
reconstructed from its output by a transposed convolution, with the mean squared error, on what the blocks
before it, frozen, make of the training images. The fully connected layers stay as they were drawn.

Open in the document, and chosen: the encoder is the block as the network runs it, with batch normalisation,
pooling and ReLU; the decoder's kernel and stride of 2 undo the pooling, and it is thrown away afterwards;
Adam, its rate and the batches.
"""

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from tqdm import tqdm

from pipeline.core.errors import PipelineError
from pipeline.models.planes import with_planes
from pipeline.training.batches import shuffled_batches


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    """A system's `pretrain` in params.yaml.

    Attributes:
        epochs: For each block.
        lr: Learning rate of Adam.
        batch_size: Images a step.
    """

    epochs: int
    lr: float
    batch_size: int


def pretrain_blocks(
    blocks: list[nn.Sequential], images: Tensor, settings: Pretraining, seed: int
) -> list[list[float]]:
    """Train a model's blocks, in place; the same seed gives the same weights.

    Args:
        blocks: Each begins with a convolution and halves the image.
        images: Normalised training images, shape (clips, [channels,] bands, frames), float32, where the blocks are.
        settings: How long and how fast.
        seed: Of the decoders and of the order of the images.

    Returns:
        The mean reconstruction error of each epoch, by block.

    Raises:
        PipelineError: There are none.
    """
    if not blocks:
        raise PipelineError(
            "pretraining acts on blocks of convolutions, of which this architecture has none: give it `channels`, "
            "or set the system's pretrain to {}"
        )
    generator = torch.Generator().manual_seed(seed)
    errors = []
    with (
        torch.random.fork_rng(),
        tqdm(total=len(blocks) * settings.epochs, unit="epoch", disable=None) as bar,
    ):
        torch.manual_seed(seed)  # of the decoders
        for depth in range(len(blocks)):
            bar.set_description(f"pretraining block {depth + 1}")
            errors.append(_train_block(blocks[: depth + 1], images, settings, generator, bar))
    return errors


def _train_block(
    blocks: list[nn.Sequential], images: Tensor, settings: Pretraining, generator: torch.Generator, bar: tqdm
) -> list[float]:
    """Train the last of some blocks on what the others make of the images; return the error of each epoch."""
    *frozen, block = blocks
    for earlier in frozen:
        earlier.eval()  # statistics of batch normalisation are frozen too
    block.train()
    convolution = block[0]
    decoder = nn.ConvTranspose2d(convolution.out_channels, convolution.in_channels, kernel_size=2, stride=2)
    decoder.to(images.device)
    parameters = itertools.chain(block.parameters(), decoder.parameters())
    optimizer = torch.optim.Adam(parameters, lr=settings.lr)
    rows = torch.arange(len(images), device=images.device)
    errors = []
    for _ in range(settings.epochs):
        total = torch.zeros((), device=images.device)
        for batch in shuffled_batches(rows, settings.batch_size, generator):
            given = _forward(frozen, with_planes(images.index_select(0, batch)))  # (B, C, H, W)
            # Odd sizes lose a row or column to pooling: it comes back as the decoder's own padding.
            loss = mse_loss(decoder(block(given), output_size=given.shape[-2:]), given)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(batch)
        errors.append(float(total / len(images)))
        bar.set_postfix(error=errors[-1], refresh=False)
        bar.update()
    return errors


@torch.no_grad()
def _forward(blocks: list[nn.Sequential], images: Tensor) -> Tensor:
    for block in blocks:
        images = block(images)
    return images
