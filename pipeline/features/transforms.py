"""Transforms of a clip's samples, for the augmented copies that a split trains on.

A split writes a copy down as "<name>=<value>@<seed>":

    noise=0.0050@42                    Gaussian noise of this standard deviation is added; full scale is 1
    recorded_noise=10.0000@42~1f3a..   the noise whose sound has this hash is added, this many dB below the clip
    time_stretch=0.9312@42             played this many times as fast at the same pitch; the length changes
    pitch_shift=-1.2700@42             shifted by this many semitones; the length stays

Stretching and shifting are those of audiomentations (Signalsmith Stretch), which need no chance and so use no
seed. Recorded noise begins at a random place and goes round where it is shorter than the clip; it is scaled by the
power of the whole of both. Gaussian noise is drawn here, since audiomentations draws it from numpy's global
generator, whose state depends on what else the process has done.

Nothing is clipped: a copy may go a little beyond full scale, as what lossy formats decode to may, and a kind of
feature that needs samples in [-1, 1] clips them itself.
"""

import hashlib
import importlib.metadata
import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from pipeline.config.mistakes import one_of
from pipeline.config.splits import TRANSFORM_BOUNDS
from pipeline.core.errors import PipelineError
from pipeline.features.waves import at_least, check_wave

VERSION = "1"  # raised whenever the code makes another copy
LIBRARIES = ("numpy", "audiomentations", "python-stretch")

RECORDED_NOISE = "recorded_noise"
SPELLING = re.compile(r"(?P<name>\w+)=(?P<value>-?\d+(\.\d+)?)@(?P<seed>\d+)(~(?P<noise>[0-9a-f]{32}))?")


@dataclass(frozen=True)
class Transform:
    """What makes a copy of a clip.

    Attributes:
        name: Of `settings.TRANSFORM_BOUNDS`.
        value: Its strength.
        seed: Of what is random about it.
        noise: Hash of the recorded noise; None of other transforms.
    """

    name: str
    value: float
    seed: int
    noise: str | None = None


def parse(text: str) -> Transform:
    """Read a transform such as "noise=0.0050@42".

    Raises:
        PipelineError: It is none, or its value is out of bounds.
    """
    found = SPELLING.fullmatch(text)
    if not found:
        raise PipelineError(
            f"{text!r} is no transform; expected <name>=<value>@<seed>, such as noise=0.0050@42"
        )
    bounds = {str(key): span for key, span in TRANSFORM_BOUNDS.items()}
    name, value = one_of(found["name"], bounds, "transform"), float(found["value"])
    low, high = bounds[name]
    if not low <= value <= high:
        raise PipelineError(f"transform {text!r}: {value:g} is out of bounds; expected {low:g} to {high:g}")
    if (name == RECORDED_NOISE) != (found["noise"] is not None):
        raise PipelineError(
            f"transform {text!r}: expected ~ and the hash of a noise with {RECORDED_NOISE} alone"
        )
    return Transform(name, value, int(found["seed"]), found["noise"])


def apply(wave: np.ndarray, rate: int, text: str, *, key: str, noise: np.ndarray | None = None) -> np.ndarray:
    """Make a copy of a clip.

    Args:
        wave: Samples, shape (n_samples,), float32; at least one.
        rate: Of the samples, Hz.
        text: See `parse`.
        key: Of the clip, such as its content hash: two clips get different noise from one seed.
        noise: Samples of the recorded noise that the transform names, at the same rate.

    Returns:
        Shape (n_samples,), float32; with `time_stretch` about n_samples / value, at least one. The same bytes
        in any process and any order.

    Raises:
        PipelineError: The transform cannot be read, or the clip is empty, not mono, or has NaN in it.
    """
    transform = parse(text)
    wave = np.ascontiguousarray(check_wave(wave))
    if transform.name == RECORDED_NOISE:
        if noise is None:
            raise PipelineError(f"transform {text!r}: the noise that it names did not come along")
        return _mix(wave, np.ascontiguousarray(check_wave(noise)), transform, key)
    if transform.name == "noise":
        return _add_noise(wave, transform, key)
    return at_least(_stretch(wave, rate, transform), 1)


def _generator(transform: Transform, key: str) -> np.random.Generator:
    content = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=16).digest(), "little")
    return np.random.default_rng([transform.seed, content])


def _mix(wave: np.ndarray, noise: np.ndarray, transform: Transform, key: str) -> np.ndarray:
    """Add a noise from a random place on; a silent clip stays as it is, for nothing is so much below it."""
    start = int(_generator(transform, key).integers(len(noise)))
    places = np.arange(start, start + len(wave)) % len(noise)
    power, own = (float(np.mean(samples.astype(np.float64) ** 2)) for samples in (noise, wave))
    gain = np.sqrt(own / power) * 10 ** (-transform.value / 20)
    return wave + np.float32(gain) * noise[places]


def _add_noise(wave: np.ndarray, transform: Transform, key: str) -> np.ndarray:
    generator = _generator(transform, key)
    noise = generator.standard_normal(len(wave), dtype=np.float32)
    return wave + np.float32(transform.value) * noise


def _stretch(wave: np.ndarray, rate: int, transform: Transform) -> np.ndarray:
    from audiomentations import PitchShift, TimeStretch  # 0.5 s, and only copies need it

    value = transform.value
    if transform.name == "time_stretch":
        return TimeStretch(value, value, leave_length_unchanged=False, p=1.0)(wave, rate)
    return PitchShift(value, value, p=1.0)(wave, rate)


def version() -> str:
    """Name what, besides clip and transform, decides a copy: code and library versions."""
    return f"code {VERSION}, {_libraries()}"


@cache
def _libraries() -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
