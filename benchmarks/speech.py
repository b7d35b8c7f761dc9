"""Measure what tells speech from the rest: the level, and Silero's detector.

    python -m benchmarks.speech FOLDER [--clips 200]

Clips of speech, WAV files below a folder, are joined into two recordings: one with half a second of silence after
each, the other with half a second of white noise at -30 dBFS. Printed is how much of the clips' seconds is called
speech, which includes their pauses; how many clips would be asked about if each were a recording; how much of what
lies between them is called speech; and how much of a minute of silence, or noise, alone.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from pipeline.audio.reading import AudioError, load_mono
from pipeline.inference import recording
from pipeline.inference.clips import Clip
from pipeline.inference.recording import QUIET_DBFS, Stretch, frame_power
from pipeline.inference.speech import FRAME, RATE, SURE, VoiceActivity

BETWEEN = RATE // 2  # samples
NOISE_DBFS = -30.0


def by_level(wave: np.ndarray) -> np.ndarray:
    """Return for each sample whether its frame is loud enough."""
    size = round(recording.FRAME * RATE)
    return _by_sample(frame_power(wave, size) > 10 ** (QUIET_DBFS / 10), size, len(wave))


def by_silero(wave: np.ndarray) -> np.ndarray:
    """Return for each sample whether the detector takes its frame for speech."""
    return _by_sample(VoiceActivity().probabilities(wave, last=True) > SURE, FRAME, len(wave))


def _by_sample(frames: np.ndarray, size: int, n_samples: int) -> np.ndarray:
    samples = np.repeat(frames, size)[:n_samples]
    return np.pad(samples, (0, n_samples - len(samples)), "edge")


def measure(name: str, rule: Callable[[np.ndarray], np.ndarray], clips: list[np.ndarray]) -> None:
    """Print the lines of one rule."""
    generator = np.random.default_rng(0)
    for between, scale in (("silence", 0.0), ("noise", 10 ** (NOISE_DBFS / 20))):
        parts, is_clip = [], []
        for clip in clips:
            parts += [clip, generator.normal(0, scale, BETWEEN).astype(np.float32)]
            is_clip += [np.ones(len(clip), bool), np.zeros(BETWEEN, bool)]
        alone = rule(generator.normal(0, scale, 60 * RATE).astype(np.float32))
        wave, of_clip = np.concatenate(parts), np.concatenate(is_clip)
        started = time.perf_counter()
        called = rule(wave)
        speed = len(wave) / RATE / (time.perf_counter() - started)
        ends = np.cumsum([len(part) for part in parts])[::2]
        asked = [
            _is_asked(called[end - len(clip) : end].sum() / RATE, len(clip) / RATE)
            for end, clip in zip(ends, clips, strict=True)
        ]
        print(
            f"{name:<8}{between:<9}{called[of_clip].mean():>9.1%}{np.mean(asked):>9.1%}"
            f"{called[~of_clip].mean():>9.1%}{alone.mean():>9.1%}{speed:>9.0f}"
        )


def _is_asked(speech_seconds: float, seconds: float) -> bool:
    return Stretch(0.0, seconds, speech_seconds, Clip({}, "")).speech


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=200)
    given = parser.parse_args()
    files = sorted(given.folder.rglob("*.wav"))
    chosen = np.random.default_rng(0).choice(len(files), min(given.clips, len(files)), replace=False)
    clips = []
    for number in sorted(chosen):
        with suppress(AudioError):  # the demo has files that are spoiled on purpose
            clips.append(load_mono(files[number], RATE))
    print(f"{len(clips)} clips, {sum(map(len, clips)) / RATE:.0f} s")
    print(f"{'':<8}{'between':<9}{'clips':>9}{'asked':>9}{'between':>9}{'alone':>9}{'x real':>9}")
    measure("level", by_level, clips)
    measure("silero", by_silero, clips)


if __name__ == "__main__":
    main()
