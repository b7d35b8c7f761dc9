"""The top blocks of a speech encoder, trained on frames of the block below."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.models.encoder_top import EncoderTop, Settings, build, load_pretrained
from pipeline.models.registry import Inputs
from pipeline.pretrained.speech_encoders import LoadedWhisper, random_encoder
from pipeline.pretrained.whisper_encoder import Sizes, log_mel

SIZES = Sizes(n_mels=80, n_audio_ctx=1500, n_audio_state=12, n_audio_head=2, n_audio_layer=3)


def top(**changes) -> EncoderTop:
    settings = {"below": 1, "blocks": 2, "heads": 2, "dropout": 0.0, **changes}
    torch.manual_seed(1)
    return build(Settings(**settings), Inputs({"features": (9, 12)}), 2)


@pytest.fixture(scope="module")
def encoder() -> LoadedWhisper:
    return random_encoder(SIZES).load()


def test_what_lies_behind_a_clips_end_takes_no_part():
    model, frames = top().eval(), torch.randn(2, 9, 12)
    frames[1, 4:] = 7.0
    together = model(frames, torch.tensor([9, 4]))
    alone = model(frames[1:, :4])
    np.testing.assert_allclose(together[1].detach(), alone[0].detach(), rtol=1e-4, atol=1e-5)


def test_every_parameter_learns():
    model = top().train()
    model(torch.randn(4, 9, 12), torch.tensor([9, 4, 1, 6])).square().sum().backward()
    still = [name for name, item in model.named_parameters() if item.grad is None or not item.grad.any()]
    assert still == []
    assert all(torch.isfinite(item.grad).all() for item in model.parameters())


def test_frames_of_the_block_below_become_those_of_the_encoders_last(encoder, tmp_path: Path):
    wave = np.random.default_rng(1).normal(0, 0.1, 3200).astype(np.float32)
    with torch.inference_mode():
        made = list(encoder.network(log_mel(torch.from_numpy(wave), SIZES.n_mels)[None]))
    whole = [made[number][0].numpy() for number in (1, 3)]
    encoder.save(tmp_path / "encoder")
    model = top().eval()
    loaded = load_pretrained(model, tmp_path / "encoder")
    frames = torch.from_numpy(whole[0])[
        None
    ]  # with those of the silence that the encoder hears behind a clip
    for block in model.blocks:
        frames = block(frames)
    np.testing.assert_allclose(frames[0].detach(), whole[1], rtol=1e-3, atol=1e-4)
    names = {f"blocks.{number}.{name}" for number in (0, 1) for name in model.blocks[0].state_dict()}
    assert set(loaded.taken) == names
    assert "blocks.0.attn.query.weight" in loaded.left
    assert set(loaded.fresh) == {*model.state_dict()} - names
    assert torch.equal(model.blocks[1].mlp[0].weight, encoder.network.blocks[2].mlp[0].weight)
    assert not torch.equal(model.blocks[1].mlp[0].weight, encoder.network.blocks[1].mlp[0].weight)


@pytest.mark.parametrize("changes", [{"below": 2}, {"heads": 3}])
def test_weights_of_another_encoder_are_refused(encoder, tmp_path: Path, changes):
    encoder.save(tmp_path / "encoder")
    with pytest.raises(PipelineError, match=r"has 3 blocks of width 12 with 2 heads, but the system takes"):
        load_pretrained(top(**changes), tmp_path / "encoder")


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(PipelineError, match="5 heads do not divide frames of 12 values"):
        top(heads=5)
