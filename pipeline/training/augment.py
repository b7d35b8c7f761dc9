"""Augmentation of spectrogram images, a whole batch at a time, in training only.

Source: the RAVDESS study, section 3.3.1: time masking, frequency masking (SpecAugment, Park et al. 2019,
DOI 10.21437/Interspeech.2019-2680) and Gaussian noise. Their strengths are not in the document (open). Images
are augmented after standardisation, so that a mask holds the training mean, as in SpecAugment.
"""

import torch
from torch import Tensor, nn


class SpectrogramAugmentation(nn.Module):
    """One time mask, one frequency mask and noise, drawn anew for each image; in evaluation it does nothing.

    Args:
        time_mask: Widest time mask in frames; widths are uniform from 0 to this.
        freq_mask: Widest frequency mask in bands.
        noise: Standard deviation of the noise, in standard deviations of the training images.
    """

    def __init__(self, *, time_mask: int, freq_mask: int, noise: float) -> None:
        super().__init__()
        self.time_mask = time_mask
        self.freq_mask = freq_mask
        self.noise = noise

    def forward(self, images: Tensor) -> Tensor:
        """Return images of the same shape, (clips, bands, frames)."""
        if not self.training:
            return images
        n_clips, n_bands, n_frames = images.shape
        noisy = images + self.noise * torch.randn_like(images)
        bands = draw_masks(n_clips, n_bands, self.freq_mask, images.device)  # (B, bands)
        frames = draw_masks(n_clips, n_frames, self.time_mask, images.device)  # (B, frames)
        return noisy.masked_fill(bands.unsqueeze(2) | frames.unsqueeze(1), 0.0)


def draw_masks(n_clips: int, length: int, widest: int, device: torch.device) -> Tensor:
    """Draw one masked run for each clip, its width uniform in 0..widest and its place uniform.

    Returns:
        Shape (clips, length), True where masked.
    """
    width = torch.randint(0, min(widest, length) + 1, (n_clips, 1), device=device)
    start = (torch.rand(n_clips, 1, device=device) * (length - width + 1)).long()
    position = torch.arange(length, device=device)
    return (position >= start) & (position < start + width)
