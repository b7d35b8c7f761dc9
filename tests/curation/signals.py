"""Signals that are as much like speech as a fingerprint needs, and tables with a row a clip."""

import numpy as np
import pandas as pd

from pipeline.core.schemas import CURATED

RATE = 16000


def speech(sentence: int, rendition: int = 0, rate: int = RATE, n_syllables: int = 12) -> np.ndarray:
    """Return harmonics under moving formants, shape (samples,), float32, about 0.2 s a syllable.

    Args:
        sentence: Seed of the syllables' formants.
        rendition: Seed of their lengths, pitch and loudness: another time that the same is said.
        rate: In Hz.
        n_syllables: How many.
    """
    what, how = np.random.default_rng([1, sentence]), np.random.default_rng([2, rendition])
    formants = what.uniform([300, 900, 2300], [800, 2200, 3200], size=(n_syllables, 3))
    ends = np.cumsum(how.uniform(0.13, 0.27, size=n_syllables))
    times = np.arange(int(ends[-1] * rate)) / rate
    f0 = np.interp(times, ends, how.uniform(110, 240, size=n_syllables))
    loudness = np.interp(times, ends, how.uniform(0.2, 1, size=n_syllables))
    tracks = [np.interp(times, ends, formant) for formant in formants.T]
    phase = 2 * np.pi * np.cumsum(f0) / rate
    wave = np.zeros_like(times)
    for harmonic in range(1, 30):
        gain = sum(1 / (1 + ((harmonic * f0 - track) / 80) ** 2) for track in tracks)
        wave += gain * np.cos(harmonic * phase) * (harmonic * f0 < rate / 2)
    breath = how.normal(0, 0.01, size=len(times))
    wave = (wave * loudness / 30 + breath) * np.clip(times * 20, 0, 1)
    return (0.5 * wave / np.abs(wave).max()).astype(np.float32)


def curated(rows: list[dict]) -> pd.DataFrame:
    """Make a table of curated utterances of what matters to a test; the rest is filled in."""
    defaults = {"corpus": "made_up", "sex": None, "seconds": 2.0}
    table = pd.DataFrame([{**defaults, **row} for row in rows], columns=CURATED.names)
    table["group"] = table["group"].fillna(table["utterance_id"])
    table["audio_hash"] = table["audio_hash"].fillna(table["group"])
    return table
