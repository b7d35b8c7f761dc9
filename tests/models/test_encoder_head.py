"""The head on stored outputs of a speech encoder."""

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.models.encoder_head import Settings, build
from pipeline.models.registry import Inputs

POOLINGS = ["mean", "attentive", "queries"]


def head(shape, pooling, **changes):
    settings = {"n_blocks": 3, "pooling": pooling, "attention": 4, "hidden": 32, "dropout": 0.0, **changes}
    torch.manual_seed(1)
    return build(Settings(**settings), Inputs({"features": shape}), 2).eval()


@pytest.mark.parametrize("pooling", POOLINGS)
def test_what_lies_behind_a_clips_end_takes_no_part(pooling):
    model, frames = head((9, 12), pooling), torch.randn(2, 9, 12)
    frames[1, 4:] = 7.0
    together = model(frames, torch.tensor([9, 4]))
    alone = model(frames[1:, :4])
    np.testing.assert_allclose(together[1].detach(), alone[0].detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_every_parameter_learns(pooling):
    model = head((9, 12), pooling)
    model(torch.randn(4, 9, 12), torch.tensor([9, 4, 1, 6])).square().sum().backward()
    still = {name for name, item in model.named_parameters() if item.grad is None or not item.grad.any()}
    assert still <= {
        "score.2.bias"
    }  # a softmax over frames does not see what all have in common, but by rounding
    assert all(torch.isfinite(item.grad).all() for item in model.parameters())


def test_blocks_are_weighted_and_the_mean_of_means_is_the_mean():
    """Weighted means of blocks are means of weighted blocks: pooled features give what their frames give."""
    frames = torch.randn(2, 9, 12)
    pooled, whole = head((12,), "none"), head((9, 12), "mean")
    with torch.no_grad():
        whole.block_weights.copy_(torch.tensor([2.0, 0.0, -1.0]))
    pooled.load_state_dict(whole.state_dict())
    np.testing.assert_allclose(
        pooled(frames.mean(dim=1)).detach(), whole(frames).detach(), rtol=1e-4, atol=1e-5
    )
    with torch.no_grad():
        whole.block_weights.copy_(torch.tensor([-99.0, 99.0, -99.0]))
    changed = frames.clone()
    changed[..., :4] += 5.0  # the first block, which has no weight
    changed[..., 8:] += 5.0
    np.testing.assert_allclose(whole(changed).detach(), whole(frames).detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "pooling", "changes", "message"),
    [
        ((12,), "mean", {}, "expected none for vectors"),
        ((9, 12), "none", {}, "expected mean, attentive or queries for frames"),
        ((13,), "none", {}, "13 values cannot be 3 blocks"),
        ((9, 12), "queries", {"attention": None}, "needs `architecture.attention`"),
    ],
)
def test_settings_that_do_not_fit(shape, pooling, changes, message):
    with pytest.raises(PipelineError, match=message):
        head(shape, pooling, **changes)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_what_is_pooled_is_standardised_by_the_batch_and_later_by_its_running_values(pooling):
    model, seen = head((9, 12), pooling).train(), []
    model.classifier.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    frames = 100.0 + torch.randn(64, 9, 12)
    for _ in range(200):  # until the running values have come to what they follow
        model(frames)
    model.eval()(frames[:5])
    np.testing.assert_allclose(seen[0].mean(dim=0), 0.0, atol=0.01)
    np.testing.assert_allclose(seen[0].std(dim=0, correction=0), 1.0, atol=0.05)
    np.testing.assert_allclose(seen[-1], seen[0][:5], atol=0.1)
