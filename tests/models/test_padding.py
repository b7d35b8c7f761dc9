"""Statistics of clips in a padded batch."""

import pytest
import torch
from torch import nn

from pipeline.models.padding import inside, largest_over, masked_group_norm, mean_over, standardise

LENGTHS = torch.tensor([3, 5, 1])


@pytest.fixture
def frames() -> torch.Tensor:
    """Three clips of 3, 5 and 1 frames of two values; what lies behind their ends is large."""
    frames = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(0)) - 5
    return frames.masked_fill(~inside(LENGTHS, 5).unsqueeze(2), 1e6)


def test_a_step_is_inside_up_to_the_length() -> None:
    assert inside(LENGTHS, 5).int().tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("pool", "plain"), [(mean_over, torch.Tensor.mean), (largest_over, torch.Tensor.amax)]
)
def test_pooling_is_over_a_clips_own_frames(frames: torch.Tensor, pool, plain) -> None:
    expected = torch.stack([plain(frames[0, :3], dim=0), plain(frames[1], dim=0), frames[2, 0]])
    torch.testing.assert_close(pool(frames, LENGTHS), expected)
    torch.testing.assert_close(pool(frames[1:2], None), expected[1:2])


def test_standard_scores_are_over_a_clips_own_samples_and_zero_behind_them() -> None:
    clips = torch.tensor([[1.0, 2.0, 3.0, 0.0], [4.0, 4.0, 8.0, 8.0]])
    scores = standardise(clips, torch.tensor([3, 4]))
    root = 1.5**0.5
    torch.testing.assert_close(scores, torch.tensor([[-root, 0, root, 0], [-1, -1, 1, 1]]))
    torch.testing.assert_close(standardise(clips[1:], None), scores[1:])


def test_silence_stays_silent() -> None:
    assert not standardise(torch.full((1, 4), 0.25), torch.tensor([3])).any()


def test_a_masked_group_norm_is_the_norm_of_each_clip_alone(frames: torch.Tensor) -> None:
    norm = nn.GroupNorm(2, 2)
    nn.init.uniform_(norm.weight)
    nn.init.uniform_(norm.bias)
    channels_first = frames.transpose(1, 2)
    normed = masked_group_norm(channels_first, LENGTHS, norm)
    torch.testing.assert_close(normed[0, :, :3], norm(channels_first[:1, :, :3])[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(normed[1], norm(channels_first[1:2])[0], rtol=1e-4, atol=1e-5)
