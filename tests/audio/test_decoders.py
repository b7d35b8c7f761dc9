"""Blocks of sound as decoders give them."""

import io

import numpy as np
import pytest
import soundfile

from pipeline.audio.decoders import LEAST, ffmpeg, joined


def test_short_blocks_are_joined_and_long_ones_left():
    lengths = [1000] * 70 + [3 * LEAST, 5]
    samples = np.arange(2 * sum(lengths), dtype=np.float32).reshape(2, -1)
    blocks = np.split(samples, np.cumsum(lengths)[:-1], axis=1)
    found = list(joined(iter(blocks)))
    assert [block.shape[1] for block in found] == [66_000, 4000 + 3 * LEAST, 5]
    np.testing.assert_array_equal(np.concatenate(found, axis=1), samples)
    assert list(joined(iter([]))) == []


@pytest.mark.parametrize("n_samples", [1000, LEAST + 1, 3 * LEAST])
def test_ffmpeg_gives_long_blocks_and_every_sample(n_samples):
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, (n_samples, 2)).astype(np.float32)
    file = io.BytesIO()
    soundfile.write(file, wave, 16_000, format="WAV", subtype="FLOAT")
    with ffmpeg(file, "WAV") as decoding:
        blocks = list(decoding.blocks)
    assert all(block.shape[1] >= LEAST for block in blocks[:-1])
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), wave.T)
