"""Whisper's encoder: OpenAI's values in a full window, and clips of any length."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
import whisper

from pipeline.audio.reading import load_mono
from pipeline.pretrained.speech_encoders import find_encoder
from pipeline.pretrained.whisper_checkpoint import find_checkpoint
from pipeline.pretrained.whisper_encoder import (
    STRIDE,
    Sizes,
    WhisperEncoder,
    block_outputs,
    log_mel,
    mel_filters,
    sinusoids,
)

WINDOW = 480_000  # samples


@pytest.fixture(scope="module")
def published(micro_whisper):
    """OpenAI's own network of the micro checkpoint."""
    return whisper.load_model(str(micro_whisper), device="cpu").encoder


@pytest.fixture(scope="module")
def encoder(micro_whisper):
    return find_encoder(str(micro_whisper), "x").load().network


def noise(n_samples, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, n_samples).astype(np.float32)


def published_outputs(published, mel):
    """Return what OpenAI's layers make of a spectrogram of any length: the first frames, and each block's."""
    gelu = torch.nn.functional.gelu
    with torch.inference_mode():
        frames = gelu(published.conv2(gelu(published.conv1(mel[None])))).permute(0, 2, 1)
        frames = frames + published.positional_embedding[: frames.shape[1]]
        outputs = [frames]
        for block in published.blocks:
            outputs.append(block(outputs[-1]))
    return torch.cat(outputs).numpy()


def test_the_last_block_is_that_of_openai_in_a_full_window(published, encoder):
    wave = noise(WINDOW)
    (ours,) = block_outputs(encoder, wave, [1])
    with torch.inference_mode():
        theirs = published(whisper.log_mel_spectrogram(wave)[None])[0]
        np.testing.assert_allclose(published.ln_post(torch.from_numpy(ours)), theirs, atol=2e-3)


def test_every_output_is_that_of_openai_at_the_clips_own_length(published, encoder):
    wave = noise(40_000)
    padded = np.pad(wave, (0, -(-43_200 // STRIDE) * STRIDE - 40_000))  # 0.2 s, and what fills the last frame
    theirs = published_outputs(published, whisper.log_mel_spectrogram(padded))
    ours = block_outputs(encoder, wave, [0, 1])
    assert (ours.shape, theirs.shape) == ((2, 125, 16), (2, 135, 16))
    np.testing.assert_allclose(ours, theirs[:, :125], atol=2e-3 * np.abs(theirs).max())


@pytest.mark.parametrize("n_mels", [80, 128])
def test_the_filters_are_those_that_whisper_ships(n_mels):
    theirs = whisper.audio.mel_filters("cpu", n_mels)
    np.testing.assert_allclose(mel_filters(n_mels), theirs, atol=1e-6)


def test_the_spectrogram_is_that_of_openai():
    wave = torch.from_numpy(noise(32_000))
    np.testing.assert_allclose(log_mel(wave, 80), whisper.log_mel_spectrogram(wave), atol=1e-4)


def test_positions_are_those_of_openai():
    np.testing.assert_allclose(sinusoids(1500, 64), whisper.model.sinusoids(1500, 64), atol=1e-3)


@pytest.mark.parametrize(
    ("n_samples", "n_frames"),
    [(1, 1), (320, 1), (321, 2), (16_000, 50), (WINDOW - 1, 1500), (WINDOW, 1500), (WINDOW + 1, 1501)],
)
def test_a_clip_has_a_frame_for_every_20_ms_that_it_has_begun(encoder, n_samples, n_frames):
    frames = block_outputs(encoder, noise(n_samples), [0, 1])
    assert frames.shape == (2, n_frames, 16)
    assert np.isfinite(frames).all()


def test_silence_has_finite_frames(encoder):
    assert np.isfinite(block_outputs(encoder, np.zeros(16_000, np.float32), [0, 1])).all()


def test_a_clip_of_40_seconds_is_30_seconds_and_10_end_to_end(encoder):
    wave = noise(40 * 16_000)
    parts = [block_outputs(encoder, part, [0, 1]) for part in (wave[:WINDOW], wave[WINDOW:])]
    np.testing.assert_array_equal(block_outputs(encoder, wave, [0, 1]), np.concatenate(parts, axis=1))


def test_a_frame_hears_the_whole_clip_from_the_first_block_on(encoder):
    wave = noise(16_000)
    changed = np.concatenate([wave[:12_000], noise(4_000, seed=1)])
    first, second = (block_outputs(encoder, clip, [0, 1]) for clip in (wave, changed))
    np.testing.assert_allclose(first[0, :30], second[0, :30], atol=1e-5)
    assert np.abs(first[1, :30] - second[1, :30]).max() > 1e-3


def test_blocks_come_in_the_order_asked_for(encoder):
    wave = noise(8_000)
    both = block_outputs(encoder, wave, [0, 1])
    np.testing.assert_array_equal(block_outputs(encoder, wave, [1, 0]), both[::-1])
    np.testing.assert_array_equal(block_outputs(encoder, wave, [0]), both[:1])


def test_base_has_the_published_number_of_parameters():
    with torch.device("meta"):
        network = WhisperEncoder(Sizes(80, 1500, 512, 8, 6))
    last_norm = 2 * 512
    assert sum(parameter.numel() for parameter in network.parameters()) + last_norm == 19_822_592


CLIPS = sorted(Path(os.environ.get("SER_CORPORA", "."), "ravdess").rglob("03-01-*.wav"))[::90][:16]


@pytest.mark.real
@pytest.mark.skipif(find_checkpoint("base") is None, reason="no base.pt of Whisper in $SER_WEIGHTS")
@pytest.mark.skipif(len(CLIPS) < 16, reason="no ravdess below $SER_CORPORA")
def test_the_published_weights_on_real_clips():
    published = whisper.load_model(str(find_checkpoint("base")), device="cpu").encoder
    encoder = find_encoder("base", "x").load()
    assert (encoder.n_blocks, encoder.width) == (6, 512)
    for path in CLIPS:
        wave = load_mono(path, 16_000)
        n_frames = -(-len(wave) // STRIDE)
        padded = np.pad(wave, (0, -(-(len(wave) + 3_200) // STRIDE) * STRIDE - len(wave)))
        theirs = published_outputs(published, whisper.log_mel_spectrogram(padded))[:, :n_frames]
        ours = encoder.outputs(wave, range(7))
        assert ours.shape == (7, n_frames, 512)
        difference = np.abs(ours - theirs).max(axis=(1, 2)) / np.abs(theirs).max(axis=(1, 2))
        assert (difference < 1e-3).all()
