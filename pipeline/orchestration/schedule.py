"""Which stages run side by side, and running them so.

`dvc repro` runs one stage at a time. What all share (corpora, curation, splits, transcripts) runs first and as
always; then as many `dvc repro` as there are jobs make the feature sets, and after those train the systems, each
taking the next few that nobody has; then come ensembles, what is done with all predictions, and the report. Each
job gets its share of the cores. The results are those of `dvc repro` with SER_THREADS set to that share.
"""

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

from joblib import cpu_count

from pipeline.core.parallel import batched
from pipeline.core.paths import TRAINED_GROUPS
from pipeline.orchestration.progress import Progress

SHARED = ("split", "clips", "transcribe", "explore")


@dataclass(frozen=True)
class Phase:
    """Stages that may run side by side, item by item.

    Attributes:
        kinds: The stages of one item, without the item.
        n_items: For one `dvc repro`, which takes two seconds to start: few, that no job ends long after the others.
    """

    kinds: tuple[str, ...]
    n_items: int


PHASES = (
    Phase(("features", "store", "embed", "store_text", "store_transcripts"), 2),
    Phase(("train", *TRAINED_GROUPS, "represent"), 6),
)


def batches(stages: Sequence[str], phase: Phase) -> list[list[str]]:
    """Return patterns of the stages of some items at a time.

    First come the stages that have no items, since they do the work of many. A pattern an item: DVC reads dvc.lock
    anew for every target that is named. It begins with the initials of the phase's stages, since a later stage may
    have items of the same name.

    Args:
        stages: Those that have to run.
        phase: Which of them.
    """
    initials = "".join(sorted({kind[0] for kind in phase.kinds}))
    patterns: dict[str, None] = {}
    for name in stages:
        kind, _, item = name.partition("@")
        if kind in phase.kinds:
            patterns[f"[{initials}]*@{item}" if item else name] = None
    ordered = sorted(patterns, key=lambda pattern: "@" in pattern)
    return [list(batch) for batch in batched(ordered, phase.n_items)]


class Runner:
    """Runs `dvc repro`, and tells a progress what it prints.

    Args:
        progress: Of the whole.
        environment: Of every stage, besides this process's own.
    """

    def __init__(self, progress: Progress, environment: dict[str, str]) -> None:
        self.progress, self.environment = progress, environment

    def repro(self, *arguments: str, **environment: str) -> int:
        """Run `dvc repro`, waiting where another one holds the lock; return its exit status."""
        command = ["dvc", "--wait-for-lock", "repro", *arguments]
        with subprocess.Popen(
            command,
            env={**os.environ, **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            for line in process.stdout or []:
                self.progress.show(line)
        return process.returncode

    def side_by_side(self, work: Sequence[Sequence[str]], jobs: int) -> bool:
        """Run batches in several `dvc repro`; return whether all went well. After a failure none is begun."""
        threads = threads_each(jobs)
        environment = {"SER_THREADS": threads, "SER_WORKERS": os.environ.get("SER_WORKERS", threads)}
        failed = Event()

        def run(batch: Sequence[str]) -> None:
            if not failed.is_set() and self.repro("--single-item", "--glob", *batch, **environment):
                failed.set()

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(run, work))
        return not failed.is_set()


def threads_each(jobs: int) -> str:
    """Return how many threads one of several trainings has: `$SER_THREADS`, else its share of the cores."""
    return os.environ.get("SER_THREADS") or str(max(1, cpu_count() // jobs))
