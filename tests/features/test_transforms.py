"""Transforms of samples: what each does, exactly where that can be said, and that it does the same anywhere."""

import hashlib
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest

from pipeline.config import splits
from pipeline.core.errors import PipelineError
from pipeline.features.transforms import Transform, apply, parse
from tests.features.examples import signal

RATE = 16000
EXAMPLES = ["noise=0.0050@42", "time_stretch=0.9312@42", "pitch_shift=-1.2700@42"]
EXTREMES = [
    "time_stretch=0.5000@1",
    "time_stretch=10.0000@1",
    "pitch_shift=-24.0000@1",
    "pitch_shift=24.0000@1",
]


@pytest.fixture(scope="module")
def tone():
    """One second of 440 Hz at half scale."""
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)


def frequency(wave):
    """Return the strongest frequency, Hz."""
    return np.argmax(np.abs(np.fft.rfft(wave * np.hanning(len(wave))))) * RATE / len(wave)


def digests():
    """Digest what every transform makes of a clip."""
    wave = signal("speech_like", RATE, 0.5)
    return [hashlib.sha256(apply(wave, RATE, text, key="a").tobytes()).hexdigest() for text in EXAMPLES]


def test_they_are_those_of_the_params():
    assert set(splits.TRANSFORM_BOUNDS) == set(get_args(splits.Transform))


HASH = "0123456789abcdef" * 2


@pytest.mark.parametrize("snr", [-10.0, 0.0, 15.0])
@pytest.mark.parametrize("length", [RATE // 3, 3 * RATE])
def test_recorded_noise_lies_so_far_below_the_clip(tone, snr, length):
    noise = np.random.default_rng(0).normal(0, 0.3, length).astype(np.float32)
    added = apply(tone, RATE, f"recorded_noise={snr:.4f}@1~{HASH}", key="a", noise=noise) - tone
    assert 10 * np.log10(np.mean(tone**2) / np.mean(added**2)) == pytest.approx(snr, abs=0.2)


def test_recorded_noise_begins_at_a_place_of_the_seed_and_the_clip(tone):
    noise = np.random.default_rng(0).normal(0, 0.3, RATE // 3).astype(np.float32)

    def mixed(seed, key):
        return apply(tone, RATE, f"recorded_noise=0.0000@{seed}~{HASH}", key=key, noise=noise) - tone

    assert np.array_equal(mixed(1, "a"), mixed(1, "a"))
    assert not np.allclose(mixed(1, "a"), mixed(2, "a"))
    assert not np.allclose(mixed(1, "a"), mixed(1, "b"))
    assert np.allclose(mixed(1, "a")[: RATE // 3], mixed(1, "a")[RATE // 3 : 2 * (RATE // 3)], atol=1e-6)


def test_silence_stays_silent_under_recorded_noise(tone):
    assert not apply(0 * tone, RATE, f"recorded_noise=0.0000@1~{HASH}", key="a", noise=tone).any()


def test_recorded_noise_has_to_come_along(tone):
    with pytest.raises(PipelineError, match="did not come along"):
        apply(tone, RATE, f"recorded_noise=0.0000@1~{HASH}", key="a")


def test_text_is_read():
    assert parse(f"recorded_noise=5.0000@3~{HASH}") == Transform("recorded_noise", 5.0, 3, HASH)
    assert parse("pitch_shift=-1.2700@42") == Transform("pitch_shift", -1.27, 42)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("noise", r"'noise' is no transform; expected <name>=<value>@<seed>, such as"),
        ("noise=0.1", "is no transform"),
        ("noise=loud@1", "is no transform"),
        ("noise=0.1@-1", "is no transform"),
        ("recorded_noise=5.0@1", "expected ~ and the hash of a noise with recorded_noise alone"),
        (f"noise=0.1@1~{HASH}", "expected ~ and the hash of a noise with recorded_noise alone"),
        ("pitchshift=1.0@1", r"unknown transform 'pitchshift', did you mean 'pitch_shift'\?"),
        ("time_stretch=0.4@1", r"0\.4 is out of bounds; expected 0\.5 to 10"),
    ],
)
def test_mistakes_are_told(text, message):
    with pytest.raises(PipelineError, match=message):
        apply(np.zeros(8, np.float32), RATE, text, key="a")


def test_noise_is_gaussian_of_the_strength_that_is_named(tone):
    noise = apply(tone, RATE, "noise=0.0050@42", key="a") - tone
    assert noise.std() == pytest.approx(0.005, rel=0.03)
    assert abs(noise.mean()) < 2e-4
    assert np.mean(np.abs(noise) < 0.005) == pytest.approx(0.6827, abs=0.02)


@pytest.mark.parametrize("other", [("noise=0.0050@42", "b"), ("noise=0.0050@43", "a")])
def test_another_clip_or_seed_gets_other_noise(tone, other):
    text, key = other
    noise = apply(tone, RATE, "noise=0.0050@42", key="a") - tone
    correlation = np.corrcoef(noise, apply(tone, RATE, text, key=key) - tone)[0, 1]
    assert abs(correlation) < 0.05


@pytest.mark.parametrize(("value", "n_samples"), [("0.8000", 20000), ("1.0000", 16000), ("1.2500", 12800)])
def test_stretching_changes_the_length_and_not_the_pitch(tone, value, n_samples):
    stretched = apply(tone, RATE, f"time_stretch={value}@42", key="a")
    assert len(stretched) == n_samples
    assert frequency(stretched) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(("value", "expected"), [("-12.0000", 220), ("0.0000", 440), ("12.0000", 880)])
def test_shifting_changes_the_pitch_and_not_the_length(tone, value, expected):
    shifted = apply(tone, RATE, f"pitch_shift={value}@42", key="a")
    assert len(shifted) == len(tone)
    assert frequency(shifted) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("text", ["time_stretch=1.0000@42", "pitch_shift=0.0000@42", "noise=0.0000@42"])
def test_doing_nothing_changes_nothing_but_the_ends(tone, text):
    inner = slice(1000, -1000)
    np.testing.assert_allclose(apply(tone, RATE, text, key="a")[inner], tone[inner], atol=1e-5)


def test_another_process_makes_the_same_bytes():
    script = "import random, tests.features.test_transforms as t; random.seed(9); print(*t.digests())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == digests()


@pytest.mark.parametrize("text", EXTREMES)
def test_extremes_give_the_same_bytes_twice(tone, text):
    first, second = (apply(tone, RATE, text, key="a") for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("text", EXAMPLES + EXTREMES)
@pytest.mark.parametrize("n_samples", [1, 2, 100])
def test_a_clip_of_a_few_samples_stays_one(text, n_samples):
    copy = apply(np.full(n_samples, 0.5, np.float32), RATE, text, key="a")
    assert len(copy) >= 1
    assert copy.dtype == np.float32
    assert np.isfinite(copy).all()


@pytest.mark.parametrize("text", EXAMPLES[1:])
def test_silence_stays_silent(text):
    assert not apply(np.zeros(RATE, np.float32), RATE, text, key="a").any()


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_full_scale_clip_is_not_clipped(text):
    wave = np.sign(signal("chirp", RATE, 0.5))
    copy = apply(wave, RATE, text, key="a")
    assert 1 < np.abs(copy).max() < 4


def test_the_clip_itself_is_left_alone(tone):
    before = tone.copy()
    apply(tone, RATE, "noise=0.5000@42", key="a")
    np.testing.assert_array_equal(tone, before)


@pytest.mark.parametrize(("wave", "message"), [([], "without samples"), ([np.nan], "1 of 1 samples are NaN")])
def test_what_is_no_clip_is_refused(wave, message):
    with pytest.raises(PipelineError, match=message):
        apply(np.array(wave, np.float32), RATE, "pitch_shift=1.0000@1", key="a")
