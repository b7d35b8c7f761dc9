"""Cutting parts out of recordings: each recording is decoded once, and each part is as if cut before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from pipeline.audio.reading import AudioError, open_sound

BITS = {  # libsndfile's names of encodings whose samples are whole numbers of so many bits
    **dict.fromkeys(("PCM_S8", "PCM_U8", "ULAW", "ALAW", "PCM_16"), 16),
    "PCM_24": 24,
}
TOLERANCE = 0.05  # seconds that a part may lack at the end of its recording
MOST_FRAMES = 1 << 28  # of a part: one that has no end goes on to that of its recording


@dataclass(frozen=True)
class Part:
    """A part of a recording.

    Attributes:
        target: The WAV to write.
        start: In seconds.
        end: In seconds; None for the recording's end.
    """

    target: Path
    start: float
    end: float | None


def cut(recording: Path, parts: Sequence[Part]) -> list[str | None]:
    """Write parts of a recording as WAV, with its channels, rate and samples.

    Returns:
        Why each could not be cut, None where it was; a WAV of what there is, maybe nothing, is written in any case.
    """
    try:
        with open_sound(recording) as stream:
            rate, channels = stream.decoding.rate, stream.decoding.channels
            bits = BITS.get(stream.decoding.encoding)
            spans = [(round(part.start * rate), _frames(part.end, rate)) for part in parts]
            pieces, n_frames = _collect(stream.decoding.blocks, spans)
    except AudioError as error:
        for part in parts:
            _write(part.target, np.zeros((1, 0), np.float32), 16_000, None)
        return [f"its recording {recording.name} cannot be read: {error.why}"] * len(parts)
    problems = []
    for part, (start, _), blocks in zip(parts, spans, pieces, strict=True):
        samples = np.concatenate(blocks, axis=1) if blocks else np.zeros((channels, 0), np.float32)
        _write(part.target, samples, rate, bits)
        problems.append(beyond(max(part.start, start / rate), part.end, n_frames / rate))
    return problems


def beyond(start: float, end: float | None, whole: float) -> str | None:
    """Say so where a part begins or ends after its recording; all in seconds."""
    if start >= whole:
        return f"from {start:g} s on, of a recording of {whole:.2f} s"
    if end is not None and end - whole > TOLERANCE:
        return f"up to {end:g} s, of a recording of {whole:.2f} s"
    return None


def _frames(end: float | None, rate: int) -> int:
    return MOST_FRAMES if end is None else round(end * rate)


def _collect(
    blocks: Iterator[np.ndarray], spans: Sequence[tuple[int, int]]
) -> tuple[list[list[np.ndarray]], int]:
    """Take the samples of spans (start, stop) out of blocks as they come; spans may overlap.

    Returns:
        The pieces of each span, and how many samples there were in all.
    """
    pieces: list[list[np.ndarray]] = [[] for _ in spans]
    waiting = sorted(range(len(spans)), key=lambda n: spans[n], reverse=True)
    running: list[int] = []
    position = 0
    for block in blocks:
        end = position + block.shape[1]
        while waiting and spans[waiting[-1]][0] < end:
            running.append(waiting.pop())
        for n in running:
            start, stop = spans[n]
            pieces[n].append(block[:, max(0, start - position) : max(0, stop - position)].copy())
        running = [n for n in running if spans[n][1] > end]
        position = end
    return pieces, position


def _write(path: Path, samples: np.ndarray, rate: int, bits: int | None) -> None:
    """Write samples, shape (channels, samples), so that they are read as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if bits is None:
        soundfile.write(path, samples.T, rate, "FLOAT", format="WAV")
        return
    whole = np.rint(samples.T.astype(np.float64) * 2 ** (bits - 1))
    if bits == 16:
        soundfile.write(path, whole.astype(np.int16), rate, "PCM_16", format="WAV")
    else:  # libsndfile takes the upper 24 of 32 bits
        soundfile.write(path, whole.astype(np.int32) << 8, rate, "PCM_24", format="WAV")
