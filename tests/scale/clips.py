"""Clips to compute with."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from pipeline.audio.reading import read_sound
from pipeline.audio.wave import audio_hash

RATE = 16000  # Hz


def hash_of(path: Path) -> str:
    """Return what the index would call a clip."""
    sound = read_sound(path)
    return audio_hash(sound.mono, sound.rate)


def make_clips(folder: Path, n_clips: int, seconds: float) -> pd.DataFrame:
    """Write numbered clips of tones in noise.

    Returns:
        Columns utterance_id, path (absolute) and audio_hash.
    """
    folder.mkdir(parents=True, exist_ok=True)
    time_axis = np.arange(round(RATE * seconds)) / RATE
    rows = []
    for i in range(n_clips):
        noise = np.random.default_rng(i).normal(0, 0.05, len(time_axis))
        path = folder / f"{i:04d}.wav"
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * (150 + i) * time_axis) + noise, RATE)
        rows.append({"utterance_id": f"made_up/{i:04d}", "path": str(path), "audio_hash": hash_of(path)})
    return pd.DataFrame(rows)
