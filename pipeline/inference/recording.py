"""A recording of any length as windows: decoded, mixed and resampled as a stream, a few windows in memory.

Windows are cut at the recording's own rate and each is mixed to one channel by itself; the resampler runs on across
them, so that together they are what the resampled whole would be.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from pipeline.audio.decoders import Decoding
from pipeline.audio.reading import AudioError, open_sound
from pipeline.audio.wave import to_mono
from pipeline.core.errors import PipelineError
from pipeline.inference.bandwidth import Spectrum
from pipeline.inference.clips import Clip
from pipeline.inference.speech import RATE, Speech, VoiceActivity

FRAME = 0.025  # s, of which the level is taken
QUIET_DBFS = -55.0  # below it a frame holds no speech: studio noise lies below, the ends of quiet words above
LEAST_SPEECH = 0.25  # s of louder frames that a window needs; of one shorter than a second, a quarter
LEAST_REST = 0.5  # s: a shorter end of a recording belongs to the window before
SHORTEST_WINDOW = 0.1  # s


@dataclass(frozen=True)
class Stretch:
    """A window of a recording.

    Attributes:
        start: Seconds from the beginning.
        end: Likewise.
        speech_seconds: How much of it is speech.
        clip: Its samples at the rates that were asked for.
    """

    start: float
    end: float
    speech_seconds: float
    clip: Clip

    @property
    def speech(self) -> bool:
        """Whether there is enough to be asked about."""
        return self.speech_seconds >= min(LEAST_SPEECH, (self.end - self.start) / 4)


class Recording:
    """A file that is read once, window by window.

    Args:
        source: The file; or samples as they are decoded elsewhere, which are taken once.
        window: Length of a window in seconds; infinite for one window.
        rates: Sample rates at which samples are wanted, Hz.
        speech: What counts as speech: "level", whatever is loud enough; "silero", what its detector takes for it.

    Attributes:
        speech: As given.
        rate: Sample rate of the file in Hz; 0 before it is read.
        seconds: Read so far.

    Raises:
        PipelineError: The window is too short, or the detector is not at hand.
    """

    def __init__(
        self, source: Path | Decoding, window: float, rates: Sequence[int], speech: Speech = "level"
    ) -> None:
        if not window >= SHORTEST_WINDOW:
            raise PipelineError(f"a window of {window} s; expected {SHORTEST_WINDOW} s or more")
        self._source, self._window, self._rates = source, window, rates
        self._path = source if isinstance(source, Path) else Path("the recording")
        self._detector = VoiceActivity() if speech == "silero" else None
        self._loud_frames, self._loud_power = 0, 0.0
        self._spectrum = Spectrum()
        self.speech = speech
        self.rate = 0
        self.seconds = 0.0

    @property
    def level(self) -> float | None:
        """Level of all frames so far that are loud enough, dBFS; None where there is none."""
        if not self._loud_frames:
            return None
        return 10 * math.log10(self._loud_power / self._loud_frames)

    @property
    def bandwidth(self) -> float | None:
        """Frequency in Hz above which next to nothing lies of windows that are loud enough; None without any."""
        return self._spectrum.bandwidth(self.rate)

    def stretches(self) -> Iterator[Stretch]:
        """Yield the windows in order.

        Raises:
            AudioError: The file cannot be read; here, or while windows are taken.
        """
        with self._decoding() as decoding:
            self.rate = rate = decoding.rate
            n_samples = None if math.isinf(self._window) else round(self._window * rate)
            chunks = cut(decoding.blocks, n_samples, round(LEAST_REST * rate))
            resamplers = {wanted: _Resampler(rate, wanted) for wanted in self._needed_rates()}
            waiting: deque[tuple[float, float, float]] = deque()
            for chunk, last in chunks:
                mono = to_mono(chunk)
                if not np.isfinite(mono).all():
                    raise AudioError(self._path, f"NaN or infinite samples after {self.seconds:.2f} s")
                start = self.seconds
                self.seconds += len(mono) / rate
                waiting.append((start, self.seconds, self._loud_seconds(mono)))
                for resampler in resamplers.values():
                    resampler.put(mono, last)
                while waiting and (last or all(one.has(waiting[0][1]) for one in resamplers.values())):
                    start, end, loud = waiting.popleft()
                    until = math.inf if last and not waiting else end
                    waves = {wanted: one.take(until) for wanted, one in resamplers.items()}
                    own = {wanted: waves[wanted] for wanted in self._rates}
                    clip = Clip(own, f"{self._path}, from {start:.2f} s")
                    if self._detector is None:
                        yield Stretch(start, end, loud, clip)
                    else:
                        spoken = self._detector.seconds(waves[RATE], math.isinf(until))
                        yield Stretch(start, end, spoken, clip)
        if not self.seconds:
            raise AudioError(self._path, "it holds no samples")

    def batches(self, size: int) -> Iterator[list[Stretch]]:
        """Yield the windows, up to `size` at a time."""
        batch: list[Stretch] = []
        for stretch in self.stretches():
            batch.append(stretch)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch

    @contextmanager
    def _decoding(self) -> Iterator[Decoding]:
        if isinstance(self._source, Decoding):
            yield self._source
            return
        with open_sound(self._source) as stream:
            yield stream.decoding

    def _needed_rates(self) -> set[int]:
        return {*self._rates} if self._detector is None else {*self._rates, RATE}

    def _loud_seconds(self, mono: np.ndarray) -> float:
        """Return how many seconds of a window are loud enough, and add them to the recording's level."""
        power = frame_power(mono, max(1, round(FRAME * self.rate)))
        loud = power[power > 10 ** (QUIET_DBFS / 10)]
        self._loud_frames += len(loud)
        self._loud_power += float(loud.sum())
        if len(loud):
            self._spectrum.add(mono)
        return len(loud) / len(power) * len(mono) / self.rate


def frame_power(mono: np.ndarray, size: int) -> np.ndarray:
    """Return the variance of each frame, an offset being no sound; what is left at the end is a frame if it is all.

    Args:
        mono: Samples, shape (samples,), one or more.
        size: Of a frame, samples.
    """
    if len(mono) < size:
        return np.array([np.var(mono, dtype=np.float64)])
    frames = mono[: len(mono) // size * size].reshape(-1, size)
    frames = frames - frames.mean(axis=1, keepdims=True)
    return np.vecdot(frames, frames) / size


def cut(
    blocks: Iterable[np.ndarray], n_samples: int | None, least_rest: int
) -> Iterator[tuple[np.ndarray, bool]]:
    """Cut blocks, shape (channels, samples) each, into windows; yield each with whether it is the last.

    Args:
        blocks: Of any lengths.
        n_samples: Of a window; None for one window.
        least_rest: A shorter rest at the end belongs to the window before.
    """
    waiting: list[np.ndarray] = []
    n_waiting = 0
    for block in blocks:
        waiting.append(block)
        n_waiting += block.shape[1]
        # What follows a window has to be enough for another before the window may go.
        while n_samples is not None and n_waiting >= n_samples + max(1, least_rest):
            joined = np.concatenate(waiting, axis=1)
            yield joined[:, :n_samples], False
            waiting, n_waiting = [joined[:, n_samples:]], n_waiting - n_samples
    if n_waiting:
        yield np.concatenate(waiting, axis=1), True


class _Resampler:
    """Samples at another rate, as they come, equal to the resampled whole.

    Args:
        rate_in: Hz.
        rate_out: Hz.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._rate = rate_out
        self._stream = None
        if rate_in != rate_out:
            self._stream = soxr.ResampleStream(rate_in, rate_out, 1, dtype="float32", quality="HQ")
        self._held: list[np.ndarray] = []
        self._n_held = self._n_taken = 0

    def put(self, mono: np.ndarray, last: bool) -> None:
        """Add samples; the last ones bring out what the resampler holds back."""
        out = mono if self._stream is None else self._stream.resample_chunk(mono, last=last)
        self._held.append(out)
        self._n_held += len(out)

    def has(self, end: float) -> bool:
        """Tell whether all samples before a time are there."""
        return self._n_taken + self._n_held >= round(end * self._rate)

    def take(self, end: float) -> np.ndarray:
        """Return the samples that were not yet taken, up to a time in seconds."""
        joined = np.concatenate(self._held)
        n = len(joined) if math.isinf(end) else round(end * self._rate) - self._n_taken
        self._held, self._n_taken = [joined[n:]], self._n_taken + n
        self._n_held = len(joined) - n
        return joined[:n]
