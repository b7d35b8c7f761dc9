"""Decoding what strangers send: in a child process that can neither hang nor kill the server.

A process is forked for each file from one that has imported the decoders beforehand, which takes about 10 ms. It
has limits of processor time, memory and file size, and is killed when its time is up or nobody waits any more. What
it leaves is a plain WAVE file, so that no later step meets anything that a stranger wrote.
"""

import json
import multiprocessing
import os
import resource
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import reduce
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from pipeline.app.limits import Cancelled, Limits, Refusal
from pipeline.app.peaks import Peaks
from pipeline.audio.reading import AudioError, open_sound

PRELOADED = ["pipeline.app.decoding", "av"]
POLL_SECONDS = 0.1
CUT_SHORT = 0.95  # of the samples that a header promises
READABLE = "Send a recording as WAV, MP3, FLAC, OGG, M4A or WebM."


@dataclass(frozen=True)
class Decoded:
    """What was found in a file.

    Attributes:
        seconds: Its length, counted.
        rate: Sample rate in Hz.
        channels: Their number.
        container: Such as "WAV".
        notes: What is odd about it.
        peaks: The largest absolute value of each of up to 2,000 equal stretches, in [0, 1].
    """

    seconds: float
    rate: int
    channels: int
    container: str
    notes: list[str]
    peaks: list[float]


class Decoder:
    """Starts a guarded process for each file."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)
        self._starting = threading.Lock()

    def warm_up(self) -> None:
        """Start the process that the others are forked from."""
        with self._starting:
            process = self._context.Process(target=_nothing, daemon=True)
            process.start()
        process.join()

    def decode(self, source: Path, target: Path, cancelled: threading.Event) -> Decoded:
        """Decode a file of any kind into a WAVE file of 32-bit floats, with its own rate and channels.

        Args:
            source: What was sent.
            target: What is written.
            cancelled: Set when nobody waits any more.

        Raises:
            Refusal: It is no audio, is damaged, or is beyond the limits.
            Cancelled: Nobody waits any more.
        """
        ours, theirs = self._context.Pipe(duplex=False)
        arguments = (theirs, str(source), str(target), self._limits)
        process = self._context.Process(target=_run, args=arguments, daemon=True)
        with self._starting:  # the start of a process is not made for threads
            process.start()
        theirs.close()
        try:
            reply = self._wait(ours, cancelled)
        finally:
            process.kill()
            process.join()
            ours.close()
        if "refused" in reply:
            raise Refusal(*reply["refused"])
        return Decoded(**reply["decoded"])

    def _wait(self, connection: Connection, cancelled: threading.Event) -> dict:
        until = time.monotonic() + self._limits.decoding_seconds
        while not connection.poll(POLL_SECONDS):
            if cancelled.is_set():
                raise Cancelled
            if time.monotonic() > until:
                raise Refusal(
                    422, f"Decoding took longer than {self._limits.decoding_seconds:.0f} s.", READABLE
                )
        try:
            return json.loads(connection.recv_bytes())
        except EOFError:  # it was killed: by its limits, or by what the file did to a decoder
            raise Refusal(422, "The file could not be decoded within the limits.", READABLE) from None


def _nothing() -> None:
    pass


def _run(connection: Connection, source: str, target: str, limits: Limits) -> None:
    """Decode within limits: what the child process does."""
    _restrain(limits)
    _mute()
    reply: dict
    try:
        reply = {"decoded": asdict(_decode(Path(source), Path(target), limits))}
    except Refusal as refusal:
        reply = {"refused": [refusal.status, refusal.error, refusal.advice]}
    except AudioError as error:
        reply = {"refused": [422, f"The file cannot be read as audio: {error.why}.", READABLE]}
    except MemoryError:
        reply = {"refused": [422, "The file needs more memory than decoding may take.", READABLE]}
    connection.send_bytes(json.dumps(reply).encode())


def _restrain(limits: Limits) -> None:
    cpu, size = limits.decoding_cpu_seconds, limits.sound_bytes + (1 << 20)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # macOS knows no limit of address space
        resource.setrlimit(resource.RLIMIT_AS, (limits.decoding_memory, limits.decoding_memory))


def _mute() -> None:
    """Keep what decoders write about a file out of the log; Python's own errors still get there."""
    sys.stderr = os.fdopen(os.dup(2), "w")
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)


def _decode(source: Path, target: Path, limits: Limits) -> Decoded:
    peaks, n_samples = Peaks(), 0
    with open_sound(source) as stream, target.open("wb") as file:
        rate, channels = stream.decoding.rate, stream.decoding.channels
        file.write(_header(rate, channels, 0))
        for block in _bounded(stream.decoding.blocks, rate, limits):
            levels = reduce(np.maximum, map(np.abs, block))  # a channel at a time, however they lie in memory
            if not np.isfinite(levels.sum(dtype=np.float64)):
                raise Refusal(422, "The file holds samples that are not numbers (NaN or infinite).", READABLE)
            peaks.add(levels)
            file.write(np.ascontiguousarray(block.T, "<f4").data)
            n_samples += block.shape[1]
        file.seek(0)
        file.write(_header(rate, channels, n_samples))
    if not n_samples:
        raise Refusal(422, "The file holds no sound: it has a header and no samples.", READABLE)
    notes = []
    if stream.n_promised is not None and n_samples < CUT_SHORT * stream.n_promised:
        seconds, promised = n_samples / rate, stream.n_promised / rate
        notes.append(
            f"the file is cut short: it holds {seconds:,.1f} s of the {promised:,.1f} s that it promises"
        )
    return Decoded(n_samples / rate, rate, channels, stream.container or "audio", notes, peaks.values())


def _bounded(blocks: Iterator[np.ndarray], rate: int, limits: Limits) -> Iterator[np.ndarray]:
    """Pass blocks on until there are too many."""
    n_samples = n_bytes = 0
    for block in blocks:
        n_samples, n_bytes = n_samples + block.shape[1], n_bytes + block.nbytes
        if n_samples > limits.sound_seconds * rate:
            hours = limits.sound_seconds / 3600
            raise Refusal(413, f"The recording is longer than {hours:g} hours.", "Send a part of it.")
        if n_bytes > limits.sound_bytes:
            size = limits.sound_bytes / 1e9
            raise Refusal(413, f"Decoded it takes more than {size:.1f} GB.", "Send it mono, or a part of it.")
        yield block


def _header(rate: int, channels: int, n_samples: int) -> bytes:
    """Return the header of a WAVE file of 32-bit floats; libsndfile writes as well, and takes twice the time."""
    step = 4 * channels
    size = n_samples * step
    form = struct.pack("<HHIIHH", 3, channels, rate, rate * step, step, 32)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) + size) + b"WAVE" + chunks
