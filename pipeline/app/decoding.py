"""Decoding what strangers send: in a child process that can neither hang nor kill the server.

A process is forked for each file from one that has imported the decoders beforehand, which takes about 10 ms. It
has limits of processor time and memory, may write no file, and is killed when its time is up or nobody waits any
more. It sends plain samples through a pipe, so that no later step meets anything that a stranger wrote; they are
listened to while it decodes.

What it sends: what is known before decoding, as JSON; samples; an empty message; what was found, as JSON. Where it
refuses, the empty message comes at once, or in the place of further samples.
"""

import json
import multiprocessing
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import reduce
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.app.limits import Cancelled, Limits, Refusal
from pipeline.app.peaks import Peaks
from pipeline.audio.decoders import LEAST, Decoding
from pipeline.audio.reading import AudioError, Stream, open_sound

PRELOADED = ["pipeline.app.decoding", "av"]
POLL_SECONDS = 0.1
MOST_BYTES = 1 << 25  # of a message
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

    @contextmanager
    def open(self, file: BinaryIO, cancelled: threading.Event) -> Iterator["Upload"]:
        """Have a file of any kind decoded, with its own rate and channels.

        Args:
            file: What was sent.
            cancelled: Set when nobody waits any more.

        Raises:
            Refusal: It is no audio, is damaged, or is beyond the limits; here, or while blocks are taken.
            Cancelled: Nobody waits any more; likewise.
        """
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_run, args=(theirs, self._limits), daemon=True)
        with self._starting:  # the start of a process is not made for threads
            process.start()
        theirs.close()
        try:
            number = file.fileno()  # now it is on disk, however small it is
            file.flush()
            send_handle(ours, number, process.pid)
            yield Upload(_Messages(ours, self._limits, cancelled), self._limits)
        finally:
            process.kill()
            process.join()
            ours.close()


class Upload:
    """A file that a child process decodes as its blocks are taken.

    Attributes:
        decoding: Its rate, its channels and its samples.
    """

    def __init__(self, messages: "_Messages", limits: Limits) -> None:
        self._messages, self._limits = messages, limits
        if not (head := messages.receive()):
            raise self._refusal()
        self.decoding = Decoding(**json.loads(head), encoding="", blocks=self._blocks())
        self._decoded: Decoded | None = None

    @property
    def decoded(self) -> Decoded:
        """What was found, once all blocks are taken."""
        if self._decoded is None:
            raise RuntimeError("there are blocks that were not taken")
        return self._decoded

    def _blocks(self) -> Iterator[np.ndarray]:
        """Pass samples on until there are too many: counted here, where no file has a say."""
        rate, channels, limits = self.decoding.rate, self.decoding.channels, self._limits
        n_samples = n_bytes = 0
        while content := self._messages.receive():
            block = np.frombuffer(content, np.float32).reshape(-1, channels).T
            n_samples, n_bytes = n_samples + block.shape[1], n_bytes + block.nbytes
            if n_samples > limits.sound_seconds * rate:
                hours = limits.sound_seconds / 3600
                raise Refusal(413, f"The recording is longer than {hours:g} hours.", "Send a part of it.")
            if n_bytes > limits.sound_bytes:
                size = limits.sound_bytes / 1e9
                advice = "Send it mono, or a part of it."
                raise Refusal(413, f"Decoded it takes more than {size:.1f} GB.", advice)
            yield block
        reply = json.loads(self._messages.receive())
        if "refused" in reply:
            raise Refusal(*reply["refused"])
        self._decoded = Decoded(**reply["decoded"])

    def _refusal(self) -> Refusal:
        return Refusal(*json.loads(self._messages.receive())["refused"])


class _Messages:
    """What a child process sends, waited for within limits."""

    def __init__(self, connection: Connection, limits: Limits, cancelled: threading.Event) -> None:
        self._connection, self._limits, self._cancelled = connection, limits, cancelled
        self._waited = 0.0  # seconds; while samples are listened to, nobody waits

    def receive(self) -> bytes:
        while True:
            started = time.monotonic()
            came = self._connection.poll(POLL_SECONDS)
            self._waited += time.monotonic() - started
            if self._cancelled.is_set():
                raise Cancelled
            if self._waited > self._limits.decoding_seconds:
                most = self._limits.decoding_seconds
                raise Refusal(422, f"Decoding took longer than {most:.0f} s.", READABLE)
            if came:
                break
        try:
            return self._connection.recv_bytes(MOST_BYTES)
        except (EOFError, OSError):  # it was killed: by its limits, or by what the file did to a decoder
            raise Refusal(422, "The file could not be decoded within the limits.", READABLE) from None


def _nothing() -> None:
    pass


def _run(connection: Connection, limits: Limits) -> None:
    """Decode within limits: what the child process does."""
    file = recv_handle(connection)
    _restrain(limits)
    _mute()
    reply: dict
    try:
        reply = {"decoded": asdict(_decode(file, connection))}
    except Refusal as refusal:
        reply = {"refused": [refusal.status, refusal.error, refusal.advice]}
    except AudioError as error:
        reply = {"refused": [422, f"The file cannot be read as audio: {error.why}.", READABLE]}
    except MemoryError:
        reply = {"refused": [422, "The file needs more memory than decoding may take.", READABLE]}
    connection.send_bytes(b"")
    connection.send_bytes(json.dumps(reply).encode())


def _restrain(limits: Limits) -> None:
    cpu = limits.decoding_cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # macOS knows no limit of address space
        resource.setrlimit(resource.RLIMIT_AS, (limits.decoding_memory, limits.decoding_memory))


def _mute() -> None:
    """Keep what decoders write about a file out of the log; Python's own errors still get there."""
    sys.stderr = os.fdopen(os.dup(2), "w")
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)


def _decode(file: int, connection: Connection) -> Decoded:
    """Send the samples of an open file."""
    os.lseek(file, 0, os.SEEK_SET)  # where /dev/fd gives the same opening, and not another one
    peaks, n_samples = Peaks(), 0
    with open_sound(Path(f"/dev/fd/{file}")) as stream:
        rate, channels = stream.decoding.rate, stream.decoding.channels
        connection.send_bytes(
            json.dumps({"rate": rate, "channels": channels, "n_promised": stream.n_promised}).encode()
        )
        for block in _pieces(stream.decoding.blocks):
            levels = reduce(np.maximum, map(np.abs, block))  # a channel at a time, however they lie in memory
            if not np.isfinite(levels.max(initial=0)):
                raise Refusal(422, "The file holds samples that are not numbers (NaN or infinite).", READABLE)
            peaks.add(levels)
            n_samples += block.shape[1]
            connection.send_bytes(np.ascontiguousarray(block.T, np.float32).data)
    if not n_samples:
        raise Refusal(422, "The file holds no sound: it has a header and no samples.", READABLE)
    container = stream.container or "audio"
    return Decoded(n_samples / rate, rate, channels, container, _notes(stream, n_samples), peaks.values())


def _pieces(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Cut long blocks: what fits into a processor's cache takes two thirds of the time to send."""
    for block in blocks:
        for start in range(0, block.shape[1], LEAST):
            yield block[:, start : start + LEAST]


def _notes(stream: Stream, n_samples: int) -> list[str]:
    if stream.n_promised is None or n_samples >= CUT_SHORT * stream.n_promised:
        return []
    seconds, promised = n_samples / stream.decoding.rate, stream.n_promised / stream.decoding.rate
    return [f"the file is cut short: it holds {seconds:,.1f} s of the {promised:,.1f} s that it promises"]
