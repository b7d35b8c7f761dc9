"""Samples once they are decoded: mixed to one channel, brought to another rate, named by their content."""

import hashlib
import struct

import numpy as np
import soxr

TIE = 1e-3  # of two channels that are as loud the first is taken as it is
DEAD_DB = 40.0  # this far below the loudest channel there is no speaker, but hiss, dither or an offset
INVERTED = -0.9  # correlation with the loudest channel, below which a channel has its poles exchanged


def to_mono(wave: np.ndarray) -> np.ndarray:
    """Average the channels that hold the sound: dead ones are left out, inverted ones turned round.

    Args:
        wave: Samples, shape (channels, samples).

    Returns:
        Shape (samples,), float32. Neither a dead channel halves the level nor an inverted one takes it away.
    """
    if wave.shape[0] == 1:
        return wave[0]
    signs = channel_signs(wave)
    live = wave[signs != 0]
    if np.any(signs < 0):
        live = live * signs[signs != 0, None]
    return live.mean(axis=0, dtype=np.float32)


def channel_signs(wave: np.ndarray) -> np.ndarray:
    """Say what `to_mono` makes of each channel: 1 as it is, -1 turned round, 0 left out.

    Args:
        wave: Samples, shape (channels, samples).

    Returns:
        Shape (channels,), float32. Levels are those without the mean; where all are silent none is left out.
    """
    level = np.std(wave, axis=1, dtype=np.float64) if wave.shape[1] else np.zeros(len(wave))
    if not np.isfinite(level).all() or not level.any():
        return np.ones(len(wave), np.float32)
    loudest = int(np.flatnonzero(level > level.max() * (1 - TIE))[0])
    signs = np.ones(len(wave), np.float32)
    centred = wave[loudest] - wave[loudest].mean(dtype=np.float64)
    for number in range(len(wave)):
        if level[number] <= level[loudest] * 10 ** (-DEAD_DB / 20):
            signs[number] = 0
        elif np.mean(wave[number] * centred) < INVERTED * level[number] * level[loudest]:
            signs[number] = -1
    return signs


def resample(wave: np.ndarray, rate_in: int, rate_out: int) -> np.ndarray:
    """Resample mono samples (soxr, high quality); no copy where the rates agree."""
    if rate_in == rate_out:
        return wave
    return soxr.resample(wave, rate_in, rate_out, quality="HQ").astype(np.float32, copy=False)


def audio_hash(mono: np.ndarray, rate: int) -> str:
    """Return a hash of mono samples and their rate: equal for equal sound, whatever the file."""
    digest = hashlib.blake2b(struct.pack("<q", rate), digest_size=16)
    digest.update(np.ascontiguousarray(mono, "<f4").data)
    return digest.hexdigest()
