"""What is done to clips: each condition is a function of samples, with its own random numbers for each clip.

All clips are brought to 16 bits in the end, as they are written, so that a clip is the same in memory and in a
file. What goes beyond full scale is cut off there, as a converter does it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

from pipeline.audio.wave import resample
from pipeline.config.mistakes import one_of
from pipeline.stress.codecs import fit, narrow_band, telephone, through_codec

UNCHANGED = "unchanged"
N_VOICES = 6  # in a babble
CUT_SECONDS = 0.5
LEAST_SECONDS = 0.2  # that a cut leaves
DIRECT_TO_REVERBERANT = 1.0  # of energy, 0 dB
FULL_SCALE = 32768


@dataclass(frozen=True)
class Scene:
    """A clip that is to be changed.

    Attributes:
        wave: Mono samples, shape (n,), float32, full scale at 1.
        rate: Hz.
        generator: Its random numbers under one condition.
        voices: Other clips' samples with their rates, of which a babble is made.
    """

    wave: np.ndarray
    rate: int
    generator: np.random.Generator
    voices: Sequence[tuple[np.ndarray, int]]


Change = Callable[[Scene], np.ndarray]


@dataclass(frozen=True)
class Condition:
    """A way of changing clips.

    Attributes:
        name: Of files and tables.
        title: For people.
        change: Returns a clip's new samples, at its rate.
    """

    name: str
    title: str
    change: Change


def gain(decibels: float) -> Change:
    """Return a change of level."""
    return lambda scene: scene.wave * np.float32(10 ** (decibels / 20))


def white_noise(snr: float) -> Change:
    """Return a change that adds white noise at a signal-to-noise ratio in dB, over the whole clip."""
    return lambda scene: add_noise(scene.wave, scene.generator.standard_normal(len(scene.wave)), snr)


def babble(snr: float) -> Change:
    """Return a change that adds several voices at a signal-to-noise ratio in dB: other clips, each as loud."""

    def change(scene: Scene) -> np.ndarray:
        chosen = scene.generator.choice(len(scene.voices), min(N_VOICES, len(scene.voices)), replace=False)
        total = np.zeros(len(scene.wave))
        for number in chosen:
            voice = resample(scene.voices[number][0], scene.voices[number][1], scene.rate)
            voice = np.roll(voice, int(scene.generator.integers(len(voice))))
            total += np.resize(voice, len(total)) / max(root_mean_square(voice), 1e-9)
        return add_noise(scene.wave, total, snr)

    return change


def reverberation(rt60: float) -> Change:
    """Return a change that puts a clip into a room: noise that decays by 60 dB in `rt60` seconds, as loud as it.

    The clip keeps its length and its level; the room is another one for each clip.
    """

    def change(scene: Scene) -> np.ndarray:
        times = np.arange(round(rt60 * scene.rate)) / scene.rate
        tail = scene.generator.standard_normal(len(times)) * 10 ** (-3 * times / rt60)
        tail *= np.sqrt(1 / (DIRECT_TO_REVERBERANT * np.square(tail).sum()))
        tail[0] += 1.0
        wet = fftconvolve(scene.wave, tail)[: len(scene.wave)]
        return wet * (root_mean_square(scene.wave) / max(root_mean_square(wet), 1e-9))

    return change


def speed(factor: float) -> Change:
    """Return a change that plays a clip so many times as fast, its pitch with it."""
    return lambda scene: resample(scene.wave, round(scene.rate * factor), scene.rate)


def cut(*, start: bool) -> Change:
    """Return a change that takes half a second away, at the start or at the end; a short clip keeps 0.2 s."""

    def change(scene: Scene) -> np.ndarray:
        least = round(LEAST_SECONDS * scene.rate)
        n_cut = max(0, min(round(CUT_SECONDS * scene.rate), len(scene.wave) - least))
        return scene.wave[n_cut:] if start else scene.wave[: len(scene.wave) - n_cut]

    return change


_ALL = (
    Condition(UNCHANGED, "unchanged", lambda scene: scene.wave),
    Condition("louder_20", "20 dB louder, cut off at full scale", gain(20)),
    Condition("softer_20", "20 dB softer", gain(-20)),
    *(Condition(f"white_{snr}", f"white noise, {snr} dB", white_noise(snr)) for snr in (20, 10, 0)),
    *(Condition(f"babble_{snr}", f"babble of {N_VOICES}, {snr} dB", babble(snr)) for snr in (20, 10, 0)),
    Condition("rate_8k", "8 kHz", lambda scene: narrow_band(scene.wave, scene.rate)),
    Condition("telephone", "telephone, G.711", lambda scene: telephone(scene.wave, scene.rate)),
    Condition("mp3_32", "MP3, 32 kbit/s", lambda scene: through_codec(scene.wave, scene.rate, "mp3", 32_000)),
    Condition(
        "opus_16", "Opus, 16 kbit/s", lambda scene: through_codec(scene.wave, scene.rate, "opus", 16_000)
    ),
    Condition("reverb_300", "room, RT60 0.3 s", reverberation(0.3)),
    Condition("reverb_800", "room, RT60 0.8 s", reverberation(0.8)),
    Condition("faster_5", "5 % faster", speed(1.05)),
    Condition("slower_5", "5 % slower", speed(1 / 1.05)),
    Condition("cut_start", "first 0.5 s cut", cut(start=True)),
    Condition("cut_end", "last 0.5 s cut", cut(start=False)),
)
CONDITIONS: Mapping[str, Condition] = {condition.name: condition for condition in _ALL}


def choose(names: Sequence[str] | None) -> list[Condition]:
    """Return conditions by name, in their order, `unchanged` always first; all for None.

    Raises:
        PipelineError: There is none of a name.
    """
    wanted = {UNCHANGED, *(one_of(name, CONDITIONS, "condition") for name in names or CONDITIONS)}
    return [one for one in _ALL if one.name in wanted]


def change(
    condition: Condition,
    wave: np.ndarray,
    rate: int,
    clip: str,
    seed: int,
    voices: Sequence[tuple[np.ndarray, int]],
) -> np.ndarray:
    """Return a clip under a condition, in steps of 16 bits; the same whatever else is changed before.

    Args:
        condition: What is done.
        wave: Mono samples, shape (n,), float32.
        rate: Hz.
        clip: Its utterance id: each clip has random numbers of its own.
        seed: Of all of them.
        voices: See `Scene`.
    """
    key = hashlib.blake2b(f"{condition.name} {clip}".encode(), digest_size=8).digest()
    generator = np.random.default_rng([seed, int.from_bytes(key, "little")])
    changed = condition.change(Scene(wave, rate, generator, voices))
    steps = np.rint(np.asarray(changed, np.float64) * FULL_SCALE)
    return (np.clip(steps, -FULL_SCALE, FULL_SCALE - 1) / FULL_SCALE).astype(np.float32)


def add_noise(wave: np.ndarray, noise: np.ndarray, snr: float) -> np.ndarray:
    """Add noise at a signal-to-noise ratio in dB, both levels taken over all samples."""
    scale = root_mean_square(wave) / max(root_mean_square(noise), 1e-9) * 10 ** (-snr / 20)
    return fit(wave + scale * noise, len(wave))


def root_mean_square(wave: np.ndarray) -> float:
    """Return the level of samples, full scale at 1."""
    return float(np.sqrt(np.mean(np.square(wave, dtype=np.float64))))
