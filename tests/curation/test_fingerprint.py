"""Fingerprints: exact bits on tones, silence, short clips, invariances."""

import numpy as np
import pytest

from pipeline.audio.wave import resample
from pipeline.curation.fingerprint import (
    FRAME,
    HOP,
    LAG,
    PAUSE,
    RATE,
    band_energies,
    fingerprint,
    from_bytes,
    to_bytes,
)
from tests.curation.signals import speech

CLIP = speech(1, rate=RATE)


def test_one_value_a_hop():
    assert len(fingerprint(CLIP, RATE)) == pytest.approx((len(CLIP) - FRAME) / HOP + 1 - LAG, abs=3)


def test_a_tone_lies_in_its_band():
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    energies = band_energies(tone)
    edges = np.geomspace(250, 3300, 34)
    assert edges[energies.mean(axis=0).argmax()] <= 1000 <= edges[energies.mean(axis=0).argmax() + 1]


def test_bits_say_which_band_gains():
    """A tone that moves up from band 10 to band 20 loses in the difference 10 - 11 and gains in 20 - 21."""
    edges = np.geomspace(250, 3300, 34)
    low, high = (np.sqrt(edges[band] * edges[band + 1]) for band in (10, 20))
    share = np.linspace(0, 1, RATE)
    times = np.arange(RATE) / RATE
    wave = (1 - share) * np.sin(2 * np.pi * low * times) + share * np.sin(2 * np.pi * high * times)
    middle = fingerprint(wave.astype(np.float32), RATE)[10:-10]
    assert not (middle >> 10 & 1).any()
    assert (middle >> 20 & 1).all()


@pytest.mark.parametrize("n_samples", [0, 1, 100, FRAME, FRAME + HOP])
def test_silence_and_clips_that_are_too_short_have_none(n_samples):
    assert len(fingerprint(np.zeros(n_samples, np.float32), RATE)) == 0
    assert len(fingerprint(CLIP[:n_samples], RATE)) == 0


def test_the_shortest_clip_that_has_one():
    assert len(fingerprint(CLIP[RATE // 2 :][: FRAME + LAG * HOP], RATE)) == 1


def test_pauses_are_marked_and_cut_off_at_the_ends():
    pause = np.zeros(RATE, np.float32)
    values = fingerprint(np.concatenate([pause, CLIP, pause, CLIP, pause]), RATE)
    assert values[0] != PAUSE
    assert values[-1] != PAUSE
    assert np.count_nonzero(values == PAUSE) == pytest.approx((len(pause) - FRAME) / HOP, abs=12)


@pytest.mark.parametrize("gain", [0.01, 0.5, 1.9])
def test_gain_changes_nothing(gain):
    same = fingerprint(np.float32(gain) * CLIP, RATE) == fingerprint(CLIP, RATE)
    assert same.mean() > 0.99


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24414, 48000])
def test_the_rate_changes_little(rate):
    one, other = fingerprint(CLIP, RATE), fingerprint(resample(CLIP, RATE, rate), rate)
    n = min(len(one), len(other))
    assert np.bitwise_count(one[:n] ^ other[:n]).mean() / 32 < 0.03


def test_a_long_recording_counts_from_its_beginning(monkeypatch):
    monkeypatch.setattr("pipeline.curation.fingerprint.MAX_SECONDS", 1)
    assert np.array_equal(fingerprint(CLIP, RATE), fingerprint(CLIP[:RATE], RATE))


def test_bytes_round_trip():
    values = fingerprint(CLIP, RATE)
    assert np.array_equal(from_bytes(to_bytes(values)), values)
