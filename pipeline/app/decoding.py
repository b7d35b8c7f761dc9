"""Decoding what strangers send: in a child process that can neither hang nor kill the server.

A process is forked for each file from one that has imported the decoders beforehand, which takes about 10 ms. It
has limits of processor time and memory, may write no file, and is killed when its time is up or nobody waits any
more. It passes plain samples on, so that no later step meets anything that a stranger wrote; they are listened to
while it decodes.

It sends messages in JSON: `rate` and more, what is known before decoding; `samples`, how many are in shared memory,
again and again; at last `decoded`, what was found. `refused` may come in the place of any.
"""

import multiprocessing
import os
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import reduce
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np

from pipeline.app.limits import READABLE, Limits, Refusal
from pipeline.app.passing import N_BYTES, PIECE, PIECES, Messages, Passage, send
from pipeline.app.peaks import Peaks
from pipeline.audio.decoders import Decoding
from pipeline.audio.reading import AudioError, Stream, open_sound

PRELOADED = ["pipeline.app.decoding", "av"]
CUT_SHORT = 0.95  # of the samples that a header promises


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
        room = self._context.Semaphore(PIECES)
        process = self._context.Process(target=_run, args=(theirs, room, self._limits), daemon=True)
        with self._starting:  # the start of a process is not made for threads
            process.start()
        theirs.close()
        try:
            number = file.fileno()  # now it is on disk, however small it is
            file.flush()
            with TemporaryFile() as shared:
                shared.truncate(N_BYTES)
                for handle in (number, shared.fileno()):
                    send_handle(ours, handle, process.pid)
                passage = Passage(shared.fileno(), room)
            yield Upload(Messages(ours, self._limits, cancelled), passage, self._limits)
        finally:
            process.kill()
            process.join()
            ours.close()


class Upload:
    """A file that a child process decodes as its blocks are taken.

    Attributes:
        decoding: Its rate, its channels and its samples.
    """

    def __init__(self, messages: Messages, passage: Passage, limits: Limits) -> None:
        self._messages, self._passage, self._limits = messages, passage, limits
        self.decoding = Decoding(**messages.receive(), encoding="", blocks=self._blocks())
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
        while "samples" in (message := self._messages.receive()):
            block = self._passage.take(message["samples"], channels)
            n_samples, n_bytes = n_samples + block.shape[1], n_bytes + block.nbytes
            if n_samples > limits.sound_seconds * rate:
                hours = limits.sound_seconds / 3600
                raise Refusal(413, f"The recording is longer than {hours:g} hours.", "Send a part of it.")
            if n_bytes > limits.sound_bytes:
                size = limits.sound_bytes / 1e9
                advice = "Send it mono, or a part of it."
                raise Refusal(413, f"Decoded it takes more than {size:.1f} GB.", advice)
            yield block
        self._decoded = Decoded(**message["decoded"])


def _nothing() -> None:
    pass


def _run(connection: Connection, room: Semaphore, limits: Limits) -> None:
    """Decode within limits: what the child process does."""
    file, shared = recv_handle(connection), recv_handle(connection)
    _restrain(limits)
    _mute()
    reply: dict
    try:
        reply = {"decoded": asdict(_decode(file, connection, Passage(shared, room)))}
    except Refusal as refusal:
        reply = {"refused": [refusal.status, refusal.error, refusal.advice]}
    except AudioError as error:
        reply = {"refused": [422, f"The file cannot be read as audio: {error.why}.", READABLE]}
    except MemoryError:
        reply = {"refused": [422, "The file needs more memory than decoding may take.", READABLE]}
    send(connection, reply)


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


def _decode(file: int, connection: Connection, passage: Passage) -> Decoded:
    """Pass on the samples of an open file."""
    os.lseek(file, 0, os.SEEK_SET)  # where /dev/fd gives the same opening, and not another one
    peaks, n_samples = Peaks(), 0
    with open_sound(Path(f"/dev/fd/{file}")) as stream:
        rate, channels = stream.decoding.rate, stream.decoding.channels
        send(connection, {"rate": rate, "channels": channels, "n_promised": stream.n_promised})
        for block in _pieces(stream.decoding.blocks, PIECE // channels):
            levels = reduce(np.maximum, map(np.abs, block))  # a channel at a time, however they lie in memory
            if not np.isfinite(levels.max(initial=0)):
                raise Refusal(422, "The file holds samples that are not numbers (NaN or infinite).", READABLE)
            peaks.add(levels)
            n_samples += block.shape[1]
            passage.put(block)
            send(connection, {"samples": block.shape[1]})
    if not n_samples:
        raise Refusal(422, "The file holds no sound: it has a header and no samples.", READABLE)
    container = stream.container or "audio"
    return Decoded(n_samples / rate, rate, channels, container, _notes(stream, n_samples), peaks.values())


def _pieces(blocks: Iterator[np.ndarray], most: int) -> Iterator[np.ndarray]:
    """Cut long blocks."""
    for block in blocks:
        for start in range(0, block.shape[1], most):
            yield block[:, start : start + most]


def _notes(stream: Stream, n_samples: int) -> list[str]:
    if stream.n_promised is None or n_samples >= CUT_SHORT * stream.n_promised:
        return []
    seconds, promised = n_samples / stream.decoding.rate, stream.n_promised / stream.decoding.rate
    return [f"the file is cut short: it holds {seconds:,.1f} s of the {promised:,.1f} s that it promises"]
