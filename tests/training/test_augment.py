"""Augmentation: training only, masks of the right size, drawn for each image."""

import torch

from pipeline.training.augment import SpectrogramAugmentation, draw_masks, shift_frames


def test_nothing_happens_in_evaluation() -> None:
    images = torch.randn(4, 8, 10)
    augmentation = SpectrogramAugmentation(time_shift=0, time_mask=5, freq_mask=5, noise=1.0).eval()
    assert augmentation(images) is images


def test_masks_are_whole_bands_and_frames_of_zeros() -> None:
    torch.manual_seed(0)
    augmentation = SpectrogramAugmentation(time_shift=0, time_mask=5, freq_mask=4, noise=0.0)
    masked = augmentation(torch.ones(50, 8, 10)) == 0
    bands, frames = masked.all(dim=2), masked.all(dim=1)
    assert torch.equal(masked, bands.unsqueeze(2) | frames.unsqueeze(1))
    assert bands.sum(dim=1).max() == 4
    assert frames.sum(dim=1).max() == 5


def test_masks_are_one_run_of_a_uniform_width() -> None:
    torch.manual_seed(0)
    masks = draw_masks(6000, 20, 5, torch.device("cpu"))
    widths = masks.sum(dim=1)
    edges = (
        masks.int().diff(dim=1, prepend=torch.zeros(6000, 1), append=torch.zeros(6000, 1)).abs().sum(dim=1)
    )
    assert torch.equal(edges, 2 * (widths > 0))
    shares = torch.bincount(widths) / 6000
    torch.testing.assert_close(shares, torch.full((6,), 1 / 6), atol=0.02, rtol=0)
    assert masks.any(dim=0).all()


def test_a_mask_wider_than_the_image_stays_inside() -> None:
    torch.manual_seed(0)
    assert draw_masks(100, 3, 50, torch.device("cpu")).sum(dim=1).max() == 3


def test_noise_has_the_strength_asked_for() -> None:
    torch.manual_seed(0)
    noise = SpectrogramAugmentation(time_shift=0, time_mask=0, freq_mask=0, noise=0.3)(
        torch.zeros(20, 50, 50)
    )
    torch.testing.assert_close(noise.std(), torch.tensor(0.3), atol=0.01, rtol=0)


def test_frames_are_shifted_in_a_circle_each_image_by_its_own() -> None:
    torch.manual_seed(0)
    shifted = shift_frames(torch.arange(10.0).expand(400, 2, 10), 3)
    assert torch.equal(shifted[:, 0], shifted[:, 1])
    assert torch.equal(shifted.diff(dim=2) % 10, torch.ones(400, 2, 9))
    assert sorted(shifted[:, 0, 0].unique().tolist()) == [0, 1, 2, 3, 7, 8, 9]


def test_the_channels_of_a_picture_in_colour_are_shifted_and_masked_together() -> None:
    augmentation = SpectrogramAugmentation(time_shift=3, time_mask=5, freq_mask=4, noise=0.0)
    one = torch.rand(20, 8, 10) + 1
    torch.manual_seed(0)
    plain = augmentation(one)
    torch.manual_seed(0)
    painted = torch.stack([one, 2 * one], dim=1)
    shifted = shift_frames(painted, 3)
    assert torch.equal(2 * shifted[:, 0], shifted[:, 1])
    augmented = augmentation(painted)
    assert torch.equal(2 * augmented[:, 0], augmented[:, 1])
    assert (augmented == 0).any()
    assert plain.shape == one.shape
