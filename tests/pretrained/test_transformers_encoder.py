"""wav2vec 2.0 and its relatives as encoders: tiny networks that the test saves, no network of computers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.pretrained.speech_encoders import find_encoder
from pipeline.pretrained.torchaudio_cpu import prepare
from pipeline.pretrained.transformers_encoder import FAMILIES

prepare()
import transformers  # noqa: E402

TINY = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
    "conv_dim": [8] * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip


def save(folder: Path, family: str = "wav2vec2", *, do_normalize: bool | None = True, **changes: Any) -> Any:
    """Save a tiny network as the hub lays one out, and return it."""
    torch.manual_seed(0)
    config = transformers.AutoConfig.for_model(family, **TINY, **changes)
    model = transformers.AutoModel.from_config(config).eval()
    model.save_pretrained(folder)
    if do_normalize is not None:
        about = json.dumps({"do_normalize": do_normalize})
        (folder / "preprocessor_config.json").write_text(about, "utf-8")
    return model


def encoder(folder: Path) -> Any:
    return find_encoder(str(folder), "x").load()


def noise(n_samples: int, scale: float = 0.1) -> np.ndarray:
    return np.random.default_rng(0).normal(0, scale, n_samples).astype(np.float32)


@pytest.mark.parametrize("family", FAMILIES)
def test_blocks_are_the_hidden_states_of_transformers(family, tmp_path):
    model = save(tmp_path, family, do_normalize=False)
    wave = noise(8_000)
    with torch.inference_mode():
        theirs = model(torch.from_numpy(wave)[None], output_hidden_states=True).hidden_states
    ours = encoder(tmp_path).outputs(wave, [0, 1, 2])
    assert ours.shape == (3, 24, 16)
    np.testing.assert_allclose(ours, torch.cat(theirs).numpy(), atol=1e-4)


def test_no_norm_comes_behind_the_last_block(tmp_path):
    model = save(tmp_path, do_normalize=False, do_stable_layer_norm=True, feat_extract_norm="layer")
    with torch.no_grad():
        model.encoder.layer_norm.bias += 5.0
    model.save_pretrained(tmp_path)
    wave = noise(8_000)
    (ours,) = encoder(tmp_path).outputs(wave, [2])
    with torch.inference_mode():
        theirs = model(torch.from_numpy(wave)[None]).last_hidden_state[0]
        np.testing.assert_allclose(model.encoder.layer_norm(torch.from_numpy(ours)), theirs, atol=1e-4)
    assert np.abs(ours - theirs.numpy()).max() > 1.0


def test_a_head_is_left_aside(tmp_path):
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(**TINY, vocab_size=4)
    model = transformers.Wav2Vec2ForCTC(config).eval()
    model.save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text('{"do_normalize": false}', "utf-8")
    wave = noise(8_000)
    with torch.inference_mode():
        theirs = model.wav2vec2(torch.from_numpy(wave)[None]).last_hidden_state[0]
    np.testing.assert_allclose(encoder(tmp_path).outputs(wave, [2])[0], theirs, atol=1e-4)


@pytest.mark.parametrize("do_normalize", [True, False])
def test_a_clip_is_standardised_where_the_network_was_trained_so(do_normalize, tmp_path):
    save(tmp_path, do_normalize=do_normalize, feat_extract_norm="layer", conv_bias=True)
    with_bias = encoder(tmp_path)
    loud, quiet = (with_bias.outputs(noise(8_000, scale), [0]) for scale in (0.1, 0.01))
    assert np.allclose(loud, quiet, atol=1e-2) == do_normalize


@pytest.mark.parametrize("n_samples", [1, 399, 400, 16_000])
@pytest.mark.parametrize("value", [0.0, 0.1])
def test_short_clips_and_silence_have_finite_frames(n_samples, value, tmp_path):
    save(tmp_path)
    frames = encoder(tmp_path).outputs(np.full(n_samples, value, np.float32), [0, 2])
    assert frames.shape == (2, max(1, (n_samples - 400) // 320 + 1), 16)
    assert np.isfinite(frames).all()


def test_a_clip_of_40_seconds_is_computed_30_seconds_at_a_time(tmp_path):
    save(tmp_path, do_normalize=False)
    wave = noise(40 * 16_000)
    whole = encoder(tmp_path)
    parts = [whole.outputs(part, [2]) for part in (wave[:480_000], wave[480_000:])]
    np.testing.assert_array_equal(whole.outputs(wave, [2]), np.concatenate(parts, axis=1))


def test_whether_clips_are_standardised_is_not_guessed(tmp_path):
    save(tmp_path, do_normalize=None)
    with pytest.raises(PipelineError, match=r"preprocessor_config\.json does not say `do_normalize`"):
        encoder(tmp_path)


def test_weights_of_another_network_are_refused(tmp_path):
    save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    (tmp_path / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}), "utf-8")
    with pytest.raises(PipelineError, match=r"lacks .* of the network's"):
        encoder(tmp_path)


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html>not found</html>"])
def test_a_damaged_file_is_named(content, tmp_path):
    save(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(PipelineError, match=r"model\.safetensors is no safetensors file"):
        encoder(tmp_path)
