"""What the process that decodes hands to the one that listens: messages by a pipe, samples by memory they share.

Samples through the pipe cost a request for ten minutes of WAVE another tenth of its processor time.
"""

import json
import mmap
import sys
import threading
import time
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Semaphore
from typing import Any

import numpy as np

from pipeline.app.limits import READABLE, Cancelled, Limits, Refusal

POLL_SECONDS = 0.1
MOST_BYTES = 1 << 20  # of a message
PIECE = 1 << 16  # samples of all channels together: they fit into a processor's cache
PIECES = 4  # in memory at a time
N_BYTES = PIECES * PIECE * np.dtype(np.float32).itemsize
ORPHAN_SECONDS = 1.0  # after which who waits for room asks whether anybody is left to make it


class Messages:
    """What a child process sends, waited for within limits."""

    def __init__(self, connection: Connection, limits: Limits, cancelled: threading.Event) -> None:
        self._connection, self._limits, self._cancelled = connection, limits, cancelled
        self._waited = 0.0  # seconds; while samples are listened to, nobody waits

    def receive(self) -> dict[str, Any]:
        """Return the next message.

        Raises:
            Refusal: It is one, or none comes any more.
            Cancelled: Nobody waits any more.
        """
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
            message = json.loads(self._connection.recv_bytes(MOST_BYTES))
        except (EOFError, OSError):  # it was killed: by its limits, or by what the file did to a decoder
            raise Refusal(422, "The file could not be decoded within the limits.", READABLE) from None
        if "refused" in message:
            raise Refusal(*message["refused"])
        return message


def send(connection: Connection, message: dict[str, Any]) -> None:
    """Send a message to `Messages`."""
    connection.send_bytes(json.dumps(message).encode())


class Passage:
    """Room for a few pieces of a recording: one process puts them in, and the other takes each of them in turn.

    Args:
        file: Descriptor of a file of `N_BYTES` bytes, which both processes have open.
        room: How many pieces may be put in, so `PIECES` at first; no process can be kept waiting by the one that
            puts in.
    """

    def __init__(self, file: int, room: Semaphore) -> None:
        self._pieces = np.frombuffer(mmap.mmap(file, N_BYTES), np.float32).reshape(PIECES, PIECE)
        self._room = room
        self._turn = 0

    def put(self, piece: np.ndarray) -> None:
        """Put in samples of shape (channels, samples), `PIECE` at most; wait until there is room."""
        while not self._room.acquire(timeout=ORPHAN_SECONDS):
            if (parent := parent_process()) is not None and not parent.is_alive():
                sys.exit()
        channels, n_samples = piece.shape
        self._next()[: piece.size].reshape(n_samples, channels)[:] = piece.T

    def take(self, n_samples: int, channels: int) -> np.ndarray:
        """Return samples that were put in, shape (channels, samples)."""
        piece = self._next()[: n_samples * channels].reshape(n_samples, channels).copy()
        self._room.release()
        return piece.T

    def _next(self) -> np.ndarray:
        self._turn += 1
        return self._pieces[self._turn % PIECES]
