"""Samples in memory that two processes share: each piece once, in order, and nobody waits for the dead."""

import multiprocessing
import queue
import threading
from tempfile import TemporaryFile

import numpy as np
import pytest

from pipeline.app import passing
from pipeline.app.passing import N_BYTES, PIECE, PIECES, Passage


@pytest.fixture
def ends():
    """Both ends of the same memory."""
    with TemporaryFile() as file:
        file.truncate(N_BYTES)
        room = multiprocessing.get_context("forkserver").Semaphore(PIECES)
        yield Passage(file.fileno(), room), Passage(file.fileno(), room)


def test_pieces_come_out_as_they_went_in(ends):
    inside, outside = ends
    pieces = np.random.default_rng(0).random((3 * PIECES, 2, PIECE // 2), np.float32)
    messages: queue.Queue = queue.Queue()
    putting = threading.Thread(target=lambda: [messages.put(inside.put(piece)) for piece in pieces])
    putting.start()
    taken = []
    for _ in pieces:
        messages.get(timeout=10)
        taken.append(outside.take(PIECE // 2, 2))
    putting.join()
    np.testing.assert_array_equal(taken, pieces)


def test_who_waits_for_room_ends_with_the_process_that_takes(ends, monkeypatch):
    class Dead:
        def is_alive(self):
            return False

    monkeypatch.setattr(passing, "ORPHAN_SECONDS", 0.01)
    monkeypatch.setattr(passing, "parent_process", Dead)
    for _ in range(PIECES):
        ends[0].put(np.zeros((1, 10), np.float32))
    with pytest.raises(SystemExit):
        ends[0].put(np.zeros((1, 10), np.float32))
