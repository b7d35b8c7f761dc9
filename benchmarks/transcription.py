"""Measure transcription: openai-whisper clip by clip, batches in its window of 30 s, and a short window first.

    SER_WEIGHTS=FOLDER python -m benchmarks.transcription FOLDER [--clips 64] [--model base] [--window 15]

FOLDER holds RAVDESS, TESS or both, unpacked: their file names say what is said. The clips are drawn from all, the
ways take turns clip for clip and batch for batch, and decoding of files is not counted. Printed are clips a second,
how many times that of openai-whisper, the word error rate (both sides normalised), and each text that the short
window changed.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from pipeline.audio.reading import load_mono
from pipeline.core.parallel import batched, worker_count
from pipeline.corpora import ravdess, tess
from pipeline.transcription.decode import RATE, Decoding, decode
from pipeline.transcription.quality import word_error_rate
from pipeline.transcription.weights import load_whisper

BATCH = 16
WHOLE = Decoding(language="en", beam_size=None, max_tokens=224, window=30, no_speech=0.6, precision="float32")

Way = Callable[[Sequence[np.ndarray]], list[str]]


def texts_of(files: Sequence[Path]) -> dict[Path, str]:
    """Return what is said in the clips of RAVDESS and TESS, as their names have it."""
    texts = {}
    for file in files:
        for adapter in (ravdess, tess):
            if text := adapter.parse(PurePosixPath(file.name)).text:
                texts[file] = text
    return texts


def compare(ways: dict[str, Way], waves: list[np.ndarray]) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Return the seconds that each way took for all clips, and its texts; the ways take turns, batch by batch."""
    seconds, texts = dict.fromkeys(ways, 0.0), {name: list[str]() for name in ways}
    for way in ways.values():
        way(waves[:1])  # what is set up once
    for batch in batched(waves, BATCH):
        for name, way in ways.items():
            started = time.perf_counter()
            texts[name] += way(batch)
            seconds[name] += time.perf_counter() - started
    return seconds, texts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--model", default="base")
    parser.add_argument("--window", type=int, default=15, help="seconds")
    given = parser.parse_args()
    import torch

    torch.set_num_threads(worker_count())
    known = texts_of(sorted(given.folder.rglob("*.wav")))
    if not known:
        sys.exit(f"{given.folder}: no clip of RAVDESS or TESS below it")
    files = random.Random(0).sample([*known], min(given.clips, len(known)))
    waves = [load_mono(file, RATE) for file in files]
    model = load_whisper(given.model, "cpu")
    short = replace(WHOLE, window=given.window)
    ways: dict[str, Way] = {
        "openai-whisper, clip by clip": lambda batch: [
            str(model.transcribe(wave, language="en", fp16=False)["text"]).strip() for wave in batch
        ],
        "batches of 16, 30 s": lambda batch: [one.text for one in decode(model, batch, WHOLE)],
        f"batches of 16, {given.window} s first": lambda batch: [
            one.text for one in decode(model, batch, short)
        ],
    }
    seconds, texts = compare(ways, waves)
    said = [known[file] for file in files]
    slowest = next(iter(seconds.values()))
    print(f"{'':<32}{'clips a second':>16}{'times':>8}{'word errors':>14}")
    for name, took in seconds.items():
        rate = 100 * word_error_rate(said, texts[name], "en")
        print(f"{name:<32}{len(files) / took:>16.2f}{slowest / took:>8.2f}{rate:>12.2f} %")
    _, whole, first = texts.values()
    for file, one, other in zip(files, whole, first, strict=True):
        if one != other:
            print(f"{file.name}: 30 s {one!r}, {given.window} s {other!r}; said {known[file]!r}")


if __name__ == "__main__":
    main()
