"""A small system that hears pitch, sounds for it, and the application around it: in this process, or a server."""

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline.app.limits import Limits
from pipeline.app.replies import Card, Score
from pipeline.app.server import create_app
from pipeline.app.systems import Catalogue
from pipeline.core.errors import PipelineError
from pipeline.inference.answers import Answer, Window, whole

PITCHES = {"neutral": 200, "happy": 400, "sad": 600, "angry": 800, "fearful": 1000}  # Hz
RATE = 16_000
SILENT = 0.01


class Pitch:
    """Says which class's pitch is in a window, the surer the purer it is."""

    kind = "classes"
    outputs = (*PITCHES,)

    def __init__(self, name="pitch", slowness=0.0):
        self.name, self.slowness = name, slowness

    def answer(self, source, window=5.0, *, speech="level", progress=None, cancelled=None):
        rate = source.rate
        mono, length, windows = np.concatenate([*source.blocks], axis=1).mean(axis=0), int(window * rate), []
        for start in range(0, len(mono), length):
            if cancelled is not None and cancelled.is_set():
                break
            time.sleep(self.slowness)
            part = mono[start : start + length]
            loud = bool(np.sqrt(np.mean(part**2)) > SILENT)
            scores = self.scores(part, rate) if loud else None
            windows.append(
                Window(start / rate, (start + len(part)) / rate, loud, scores, loud * len(part) / rate)
            )
            if progress is not None:
                progress(windows[-1].end)
        notes = [] if speech == "level" else [f"speech by {speech}"]
        return Answer(
            self.name, "classes", len(mono) / rate, windows, whole(windows), notes, "its only seed", True
        )

    def scores(self, part, rate):
        power = np.abs(np.fft.rfft(part)) ** 2
        frequencies = np.fft.rfftfreq(len(part), 1 / rate)
        near = {name: float(power[np.abs(frequencies - hz) < 50].sum()) for name, hz in PITCHES.items()}
        total = sum(near.values()) + 1e-9
        return {name: value / total for name, value in near.items()}


class Rating(Pitch):
    """Rates what it hears: arousal by level, valence below 0."""

    kind = "dimensions"
    outputs = ("arousal", "valence")

    def answer(self, source, window=5.0, **settings):
        return replace(super().answer(source, window, **settings), kind="dimensions")

    def scores(self, part, rate):
        return {"arousal": float(np.sqrt(np.mean(part**2))), "valence": -0.5}


def card(name="pitch", **changes) -> Card:
    score = Score(metric="UAR", value=0.58, low=0.39, high=0.75, chance=0.2, words="58.0 % (39.0–75.0 %)")
    facts = {
        "kind": "classes",
        "study": "sounds",
        "corpora": ["tones"],
        "protocol": "speaker-independent 70/15/15",
        "new_speakers": True,
        "synthetic": True,
        "score": score,
        "random_weights": False,
        "reads_text": False,
        "calibrated": True,
    }
    return Card(name=name, **{**facts, **changes})


def tones(*names, seconds=5.0, rate=RATE, mix=0.0) -> np.ndarray:
    """Return a stretch of each class's pitch, silence for None; `mix` adds some of the next class's."""
    time_axis, known, parts = np.arange(int(seconds * rate)) / rate, [*PITCHES], []
    for name in names:
        if name is None:
            parts.append(np.zeros_like(time_axis))
            continue
        other = known[(known.index(name) + 1) % len(known)]
        parts.append(
            0.3 * np.sin(2 * np.pi * PITCHES[name] * time_axis)
            + 0.3 * mix * np.sin(2 * np.pi * PITCHES[other] * time_axis)
        )
    return np.concatenate(parts).astype(np.float32)


def write(path, samples, rate=RATE, **settings):
    soundfile.write(path, samples, rate, **settings)
    return path


def load(name):
    if name == "rating":
        return Rating(name)
    if name == "broken":
        raise PipelineError("data/trained/broken is not there: `dvc repro`")
    return Pitch(name, slowness=0.3 if name == "slow" else 0.0)


CARDS = [
    card(),
    card("slow", new_speakers=False, synthetic=False),
    card("rating", kind="dimensions"),
    card("broken", new_speakers=None, score=None, synthetic=False),
]


def make_app(**limits):
    return create_app(Catalogue(CARDS, load, "pitch"), Limits(**limits))


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """The application in this process."""
    with TestClient(make_app(), raise_server_exceptions=False) as client:
        yield client


class Server:
    """The application on a port of this machine, in a thread."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = uvicorn.Server(uvicorn.Config(self.app, log_level="warning", access_log=False))
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)

    def __enter__(self) -> "Server":
        self.thread.start()
        until = time.monotonic() + 30
        while not self.server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.02)
        return self

    def __exit__(self, *_) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        self.socket.close()

    def settles(self) -> bool:
        """Wait until nothing is in work; return whether that happened and no process is left."""
        until = time.monotonic() + 5
        while self.app.state.slots.busy or multiprocessing.active_children():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server(make_app()) as server:
        yield server
