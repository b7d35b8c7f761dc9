"""A process that has imported what row work needs, and forks a copy of itself for every run.

    python -m tests.scale.zygote JOB ..

It computes nothing itself, so that it has no threads when it forks. It reads a run from each line of its input
(JSON) and writes two lines: the number of the process, which leads a process group, and how it ended.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from pipeline.core.row_cache import RowCache
from tests.scale.work import IMPORTS, JOBS

FOREVER = 600  # seconds


def work(run: dict[str, Any]) -> None:
    """Do a run in a process group of its own.

    Args:
        run: Job, `clips` (folder), `out` (table to write), `batch` (rows stored at a time), `environment`, and
            `n_batches`: after storing that many it stops and waits to be killed; None never stops.
    """
    os.setsid()
    print(os.getpid(), flush=True)
    os.environ.update(run["environment"])
    if run["n_batches"] is not None:
        stop_after(run["n_batches"])
    JOBS[run["job"]](Path(run["clips"]), Path(run["out"]), run["batch"])


def stop_after(n_batches: int) -> None:
    """Let the cache take so many batches, and wait with the next."""
    put_many = RowCache.put_many
    n_left = n_batches

    def put_some(self: RowCache, rows: Any) -> None:
        nonlocal n_left
        if n_left == 0:
            time.sleep(FOREVER)
        n_left -= 1
        put_many(self, rows)

    RowCache.put_many = put_some  # type: ignore[method-assign]


def main(jobs: list[str]) -> None:
    for name in [name for job in jobs for name in IMPORTS.get(job, [])]:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            work(json.loads(line))
            os._exit(0)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
