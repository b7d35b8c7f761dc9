"""The encoder of Whisper: from samples to the output of each of its blocks, at the clip's own length.

Source: Radford et al. 2023, "Robust Speech Recognition via Large-Scale Weak Supervision", arXiv:2212.04356, and its
code, https://github.com/openai/whisper, whose names the tensors have. Parameters, with d the width, b the blocks, m
the mel bands (80, or 128), two convolutions of three taps, and no bias of the keys:

    convolutions     3 m d + d + 3 d d + d
    b blocks         12 d d + 12 d: 4 d d + 3 d of attention, 8 d d + 5 d of the hidden layer, 4 d of two norms
    last norm        2 d, which no output here goes through; base (d = 512, b = 6, m = 80): 19,822,592 in all

OpenAI pads each clip with silence to 30 s, and computes them all. Here the clip is followed by 0.2 s of silence, so
that it ends as Whisper hears clips end, and the position embeddings are cut to that length: the cost is that of the
clip. Attention has no mask, so the values are others than those of 30 s: `python -m benchmarks.encoder` says by how
much.
"""

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.pretrained.torchaudio_cpu import prepare

RATE = 16_000  # Hz
N_FFT, HOP = 400, 160  # samples
STRIDE = 2 * HOP  # samples of a frame: the second convolution takes every other
SILENCE = RATE // 5  # samples behind each clip
FLOOR = 1e-10  # power
RANGE = 8.0  # what is this many powers of ten below the loudest is raised to that


@dataclass(frozen=True)
class Sizes:
    """The size of an encoder, as Whisper's checkpoints call them."""

    n_mels: int
    n_audio_ctx: int  # frames of a window at most
    n_audio_state: int  # width of a frame
    n_audio_head: int
    n_audio_layer: int


class Attention(nn.Module):
    """Attention of all frames to all.

    Args:
        width: Of a frame.
        heads: They divide the width.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, frames: Tensor, own: Tensor | None = None) -> Tensor:
        parts = [
            layer(frames).unflatten(2, (self.heads, -1)).transpose(1, 2)  # (B, heads, T, width / heads)
            for layer in (self.query, self.key, self.value)
        ]
        attended = functional.scaled_dot_product_attention(*parts, attn_mask=own)
        return self.out(attended.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """A transformer block with its norms before attention and hidden layer.

    Args:
        width: Of a frame.
        heads: Of attention.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(width, heads)
        self.attn_ln = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.mlp_ln = nn.LayerNorm(width)

    def forward(self, frames: Tensor, own: Tensor | None = None) -> Tensor:
        """Return frames of the same shape, (B, T, width).

        Args:
            frames: What comes in.
            own: Where it is True, shape (B, 1, 1, T), a frame is attended to; None for all.
        """
        frames = frames + self.attn(self.attn_ln(frames), own)
        return frames + self.mlp(self.mlp_ln(frames))


class WhisperEncoder(nn.Module):
    """Whisper's encoder without its last norm.

    Args:
        sizes: Its own.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width = sizes.n_audio_state
        self.sizes = sizes
        self.conv1 = nn.Conv1d(sizes.n_mels, width, kernel_size=3, padding=1)
        self.conv2 = nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1)
        self.register_buffer("positional_embedding", torch.zeros(sizes.n_audio_ctx, width))
        self.blocks = nn.ModuleList(Block(width, sizes.n_audio_head) for _ in range(sizes.n_audio_layer))

    def forward(self, mel: Tensor) -> Iterator[Tensor]:
        """Yield what enters the first block, then what each block puts out, each of shape (B, T, width).

        Args:
            mel: Log-mel spectrogram, shape (B, n_mels, 2 T), with T of at most `n_audio_ctx`.
        """
        frames = functional.gelu(self.conv2(functional.gelu(self.conv1(mel)))).transpose(1, 2)
        frames = frames + self.positional_embedding[: frames.shape[1]]
        yield frames
        for block in self.blocks:
            frames = block(frames)
            yield frames


def log_mel(wave: Tensor, n_mels: int) -> Tensor:
    """Return the spectrogram that Whisper hears, shape (n_mels, samples / 160), as its own code computes it.

    Args:
        wave: Samples at 16 kHz, float32, shape (samples,), a multiple of 160, more than 200.
        n_mels: Bands.
    """
    window = torch.hann_window(N_FFT, device=wave.device)
    spectrum = torch.stft(wave, N_FFT, HOP, window=window, return_complex=True)[:, :-1]
    mel = (mel_filters(n_mels).to(wave.device) @ spectrum.abs().square()).clamp(min=FLOOR).log10()
    return (torch.maximum(mel, mel.max() - RANGE) + 4.0) / 4.0


def block_outputs(encoder: WhisperEncoder, wave: np.ndarray, blocks: Sequence[int]) -> np.ndarray:
    """Return what chosen blocks make of a clip's own frames, 20 ms each.

    The clip is followed by 0.2 s of zeros, and by as many as make whole frames of that. What is longer than the
    encoder's window (30 s) is cut into windows, and their frames are laid end to end; in one that is full, or less
    than 0.2 s short of it, there is as much silence as it has room for.

    Args:
        encoder: In evaluation mode.
        wave: Samples at 16 kHz, shape (samples,), float32; at least one.
        blocks: Which, from 0 (what enters the first block) to `n_audio_layer`.

    Returns:
        Shape (blocks, frames, width), float32, with a frame for each 320 samples that the clip has begun.
    """
    window = encoder.sizes.n_audio_ctx * STRIDE
    starts = range(0, len(wave), window)
    parts = [_window_outputs(encoder, wave[start : start + window], blocks) for start in starts]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def _window_outputs(encoder: WhisperEncoder, wave: np.ndarray, blocks: Sequence[int]) -> np.ndarray:
    own = -(-len(wave) // STRIDE)  # frames
    n_frames = min(-(-(len(wave) + SILENCE) // STRIDE), encoder.sizes.n_audio_ctx)
    padded = np.zeros(n_frames * STRIDE, np.float32)
    padded[: len(wave)] = wave
    with torch.inference_mode():
        mel = log_mel(torch.from_numpy(padded).to(encoder.conv1.weight.device), encoder.sizes.n_mels)
        made = itertools.islice(
            encoder(mel[None]), max(blocks) + 1
        )  # no block behind the last that is asked for
        chosen = {number: frames[0, :own] for number, frames in enumerate(made) if number in blocks}
        return torch.stack([chosen[number] for number in blocks]).cpu().numpy()


@functools.cache
def mel_filters(n_mels: int) -> Tensor:
    """Return the filter bank, shape (n_mels, n_fft / 2 + 1): Slaney's, as Whisper's own file has it to 1e-7."""
    prepare()
    from torchaudio.functional import melscale_fbanks

    bank = melscale_fbanks(N_FFT // 2 + 1, 0.0, RATE / 2, n_mels, RATE, norm="slaney", mel_scale="slaney")
    return bank.T.contiguous()


def sinusoids(length: int, width: int) -> Tensor:
    """Return the position embeddings that Whisper starts from, shape (length, width)."""
    rates = torch.exp(-np.log(10_000.0) / (width // 2 - 1) * torch.arange(width // 2))
    angles = torch.arange(length)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
