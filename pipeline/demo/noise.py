"""Noise for the demo: what a microphone hears in a synthetic room where nobody speaks, a file a room."""

from pathlib import Path

import numpy as np
import soundfile

from pipeline.core.own_files import written_whole
from pipeline.demo.streams import stream

RATE, SECONDS = 16000, 6
RMS = 0.05  # of full scale


def write_noise(folder: Path, seed: int = 1) -> None:
    """Write the noise of a street and of a fan; the same seed gives the same bytes.

    A file is whole from the start: stages that run side by side write it anew, and may be reading it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in (("street", _street), ("fan", _fan)):
        wave = make(stream(seed, "noise", name))
        with written_whole(folder / f"{name}.wav") as partial:
            soundfile.write(partial, RMS * wave / wave.std(), RATE, subtype="PCM_16", format="WAV")


def _street(rng: np.random.Generator) -> np.ndarray:
    """Return noise that falls by 6 dB an octave and swells as cars pass."""
    times = np.arange(RATE * SECONDS) / RATE
    swell = 1 + 0.8 * sum(np.sin(2 * np.pi * (rate * times + rng.uniform())) for rate in (0.31, 0.73)) / 2
    return _falling(rng, 6.0) * swell


def _fan(rng: np.random.Generator) -> np.ndarray:
    """Return a hum with its overtones, and air."""
    times = np.arange(RATE * SECONDS) / RATE
    hum = sum(np.sin(2 * np.pi * (50 * n * times + rng.uniform())) / n for n in range(1, 9))
    return hum + 2 * _falling(rng, 3.0)


def _falling(rng: np.random.Generator, per_octave: float) -> np.ndarray:
    """Return noise of unit deviation that falls by so many dB an octave from 20 Hz on."""
    spectrum = np.fft.rfft(rng.normal(size=RATE * SECONDS))
    octaves = np.log2(np.maximum(np.arange(len(spectrum)) / SECONDS, 20.0) / 20.0)
    wave = np.fft.irfft(spectrum * 10 ** (-per_octave * octaves / 20), RATE * SECONDS)
    return wave / wave.std()
