"""Augmentation of spectrogram images, a whole batch at a time, in training only.

Sources: the RAVDESS study, section 3.3.1: time masking, frequency masking (SpecAugment, Park et al. 2019,
DOI 10.21437/Interspeech.2019-2680) and Gaussian noise; the UTBM study, section 3.1.4: time shift and
Gaussian noise. Their strengths are not in the documents (open), nor what comes in where a shifted image
leaves room (open): what leaves on the other side. Images are augmented after standardisation, so that a
mask holds the training mean, as in SpecAugment.
"""

import torch
from torch import Tensor, nn


class SpectrogramAugmentation(nn.Module):
    """A shift, one time mask, one frequency mask and noise, drawn anew for each image; nothing in evaluation.

    Args:
        time_shift: Largest shift in frames, either way; 0 for none.
        time_mask: Widest time mask in frames; widths are uniform from 0 to this.
        freq_mask: Widest frequency mask in bands.
        noise: Standard deviation of the noise, in standard deviations of the training images.
    """

    def __init__(self, *, time_shift: int, time_mask: int, freq_mask: int, noise: float) -> None:
        super().__init__()
        self.time_shift = time_shift
        self.time_mask = time_mask
        self.freq_mask = freq_mask
        self.noise = noise

    def forward(self, images: Tensor) -> Tensor:
        """Return images of the same shape, (clips, bands, frames), or (clips, channels, bands, frames)."""
        if not self.training:
            return images
        n_clips, *_, n_bands, n_frames = images.shape
        if self.time_shift:
            images = shift_frames(images, self.time_shift)
        noisy = images + self.noise * torch.randn_like(images)
        bands = draw_masks(n_clips, n_bands, self.freq_mask, images.device)  # (B, bands)
        frames = draw_masks(n_clips, n_frames, self.time_mask, images.device)  # (B, frames)
        masked = bands.unsqueeze(2) | frames.unsqueeze(1)  # (B, bands, frames)
        return noisy.masked_fill(masked if images.ndim == 3 else masked.unsqueeze(1), 0.0)


def shift_frames(images: Tensor, furthest: int) -> Tensor:
    """Shift each image along its last axis by a number drawn uniformly from -furthest..furthest, in a circle."""
    n_clips, n_frames = len(images), images.shape[-1]
    shift = torch.randint(-furthest, furthest + 1, (n_clips, *[1] * (images.ndim - 1)), device=images.device)
    source = (torch.arange(n_frames, device=images.device) - shift) % n_frames  # (B, 1.., frames)
    return images.gather(-1, source.expand_as(images))


def draw_masks(n_clips: int, length: int, widest: int, device: torch.device) -> Tensor:
    """Draw one masked run for each clip, its width uniform in 0..widest and its place uniform.

    Returns:
        Shape (clips, length), True where masked.
    """
    width = torch.randint(0, min(widest, length) + 1, (n_clips, 1), device=device)
    start = (torch.rand(n_clips, 1, device=device) * (length - width + 1)).long()
    position = torch.arange(length, device=device)
    return (position >= start) & (position < start + width)
