"""Transforms of a clip's samples, for the augmented copies that a split trains on.

A split writes a copy down as "<name>=<value>@<seed>":

    noise=0.0050@42          Gaussian noise of this standard deviation is added; full scale is 1
    time_stretch=0.9312@42   played this many times as fast at the same pitch; the length changes
    pitch_shift=-1.2700@42   shifted by this many semitones; the length stays

Stretching and shifting are those of audiomentations (Signalsmith Stretch), which need no chance and so use no
seed. Noise is drawn here, since audiomentations draws it from numpy's global generator, whose state depends on
what else the process has done.

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

SPELLING = re.compile(r"(?P<name>\w+)=(?P<value>-?\d+(\.\d+)?)@(?P<seed>\d+)")


@dataclass(frozen=True)
class Transform:
    """What makes a copy of a clip.

    Attributes:
        name: Of `settings.TRANSFORM_BOUNDS`.
        value: Its strength.
        seed: Of what is random about it.
    """

    name: str
    value: float
    seed: int


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
    return Transform(name, value, int(found["seed"]))


def apply(wave: np.ndarray, rate: int, text: str, *, key: str) -> np.ndarray:
    """Make a copy of a clip.

    Args:
        wave: Samples, shape (n_samples,), float32; at least one.
        rate: Of the samples, Hz.
        text: See `parse`.
        key: Of the clip, such as its content hash: two clips get different noise from one seed.

    Returns:
        Shape (n_samples,), float32; with `time_stretch` about n_samples / value, at least one. The same bytes
        in any process and any order.

    Raises:
        PipelineError: The transform cannot be read, or the clip is empty, not mono, or has NaN in it.
    """
    transform = parse(text)
    wave = np.ascontiguousarray(check_wave(wave))
    if transform.name == "noise":
        return _add_noise(wave, transform, key)
    return at_least(_stretch(wave, rate, transform), 1)


def _add_noise(wave: np.ndarray, transform: Transform, key: str) -> np.ndarray:
    content = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=16).digest(), "little")
    generator = np.random.default_rng([transform.seed, content])
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
