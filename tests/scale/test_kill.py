"""Row work that is killed with -9 at any moment ends in the bytes of an undisturbed run, and does nothing twice."""

import contextlib
import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.scale.clips import make_clips

logger = logging.getLogger(__name__)

BEYOND = 3  # batches that a run may still store when the moment of its kill draws near


@dataclass
class Runs:
    """Runs of one job on one set of clips.

    Attributes:
        zygote: A process of `tests.scale.zygote`.
        job: What is run.
        folder: Clips, caches and tables lie below.
        batch: Rows stored at a time.
        workers: Of each run.
    """

    zygote: subprocess.Popen
    job: str
    folder: Path
    batch: int
    workers: int

    def path(self, name: str) -> Path:
        """Where a table is written; the cache of the same name lies beside it."""
        return self.folder / name / "table.parquet"

    def files(self, name: str) -> list[Path]:
        """Return the batches that a cache holds."""
        return list((self.folder / name).rglob("*.arrow"))

    def seconds_a_batch(self, name: str) -> float:
        """Return how long a run that was not disturbed took from one batch to the next."""
        times = sorted(int(path.name[:20]) for path in self.files(name))  # nanoseconds
        return (times[-1] - times[0]) / (len(times) - 1) / 1e9

    def n_rows(self, name: str) -> int:
        """Count the rows that a cache holds, twice where one was stored twice."""
        return sum(
            pa.ipc.open_file(pa.memory_map(str(path))).read_all().num_rows for path in self.files(name)
        )

    def start(self, name: str, n_batches: int | None) -> int:
        """Start a run and return its process group."""
        run = {
            "job": self.job,
            "clips": str(self.folder / "clips"),
            "out": str(self.path(name)),
            "batch": self.batch,
            "n_batches": n_batches,
            "environment": {"SER_CACHE": str(self.folder / name), "SER_WORKERS": str(self.workers)},
        }
        self._say(run)
        return int(self._hear())

    def finish(self, name: str) -> bytes:
        """Run undisturbed and return the table's bytes."""
        group = self.start(name, None)
        assert int(self._hear()) == 0, "the run failed: see its errors above"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)  # workers that wait for more
        return self.path(name).read_bytes()

    def kill(self, name: str, n_batches: int, wait: float) -> None:
        """Start a run and kill it, with all its workers, some seconds after its cache holds so many batches."""
        group = self.start(name, max(0, n_batches - len(self.files(name))) + BEYOND)
        while len(self.files(name)) < n_batches:
            time.sleep(0.001)
        time.sleep(wait)
        os.killpg(group, signal.SIGKILL)
        assert os.WTERMSIG(int(self._hear())) == signal.SIGKILL
        logger.info("%s: killed %.1f ms after batch %d was stored", self.job, 1000 * wait, n_batches)

    def _say(self, run: dict[str, Any]) -> None:
        self.zygote.stdin.write(json.dumps(run) + "\n")
        self.zygote.stdin.flush()

    def _hear(self) -> str:
        return self.zygote.stdout.readline()


def start_zygote(*jobs: str) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "tests.scale.zygote", *jobs]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture(scope="module")
def light():
    yield from start_zygote("index", "features")


@pytest.fixture(scope="module")
def heavy():
    yield from start_zygote("index", "features", "copies", "transcripts")


def check(runs: Runs, n_batches: int, n_kills: int) -> None:
    """Kill a run again and again, finish it, and compare it with one that nobody disturbed."""
    undisturbed = runs.finish("undisturbed")
    chance = random.Random(runs.job)
    moments = [0, *sorted(chance.sample(range(1, n_batches - BEYOND), n_kills - 1))]
    for moment in moments:
        runs.kill("killed", moment, chance.uniform(0, BEYOND) * runs.seconds_a_batch("undisturbed"))
    assert not runs.path("killed").exists()
    n_rows = n_batches * runs.batch
    assert moments[-1] * runs.batch <= runs.n_rows("killed") < n_rows
    assert runs.finish("killed") == undisturbed
    assert runs.n_rows("killed") == n_rows  # what the killed runs had stored was not computed again


@pytest.mark.parametrize("job", ["index", "features"])
def test_three_kills(light, tmp_path, job):
    make_clips(tmp_path / "clips", 48, seconds=0.2)
    check(Runs(light, job, tmp_path, batch=4, workers=1), n_batches=12, n_kills=3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("job", "n_clips", "batch"),
    [("index", 160, 4), ("features", 160, 4), ("copies", 40, 4), ("transcripts", 80, 2)],
)
def test_ten_kills(heavy, tmp_path, micro_whisper, job, n_clips, batch):
    make_clips(tmp_path / "clips", n_clips, seconds=0.5)
    shutil.copy(micro_whisper, tmp_path / "clips" / "micro.pt")
    check(Runs(heavy, job, tmp_path, batch, workers=2), n_batches=40, n_kills=10)
