"""`dvc repro` with several systems side by side: `python -m pipeline.jobs 2`, or `make repro JOBS=2`.

`dvc repro` runs one stage at a time. What all systems share (corpora, features, stores) uses every core, so it
runs first and as always; then as many `dvc repro` as there are jobs train and evaluate the systems, each taking the
next few that nobody has; then ensembles and the report. Each training gets its share of the cores. The results
are those of `dvc repro` with SER_THREADS set to that share.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Event

AT_A_TIME = 4  # systems for one `dvc repro`, which takes about two seconds to start
OWN = ("train", "evaluate")  # stages of one system
LAST = ("combine", "evaluate_ensemble", "report")


def list_stages() -> list[str]:
    """Return the names of all stages, in the order of dvc.yaml."""
    listed = subprocess.run(
        ["dvc", "stage", "list", "--name-only"], check=True, capture_output=True, text=True
    )
    return listed.stdout.split()


def shared_stages(stages: Sequence[str]) -> list[str]:
    """Return the stages that no single system owns and that come before them."""
    return [name for name in stages if name.partition("@")[0] not in (*OWN, *LAST)]


def batches_of_systems(stages: Sequence[str], size: int) -> list[list[str]]:
    """Return the stages of some systems at a time, each evaluated right after its training."""
    systems = iter(name.partition("@")[2] for name in stages if name.startswith("train@"))
    batches = iter(lambda: list(islice(systems, size)), [])
    return [[f"{stage}@{system}" for system in batch for stage in OWN] for batch in batches]


def repro(arguments: Sequence[str], environment: dict[str, str] | None = None) -> int:
    """Run `dvc repro`, waiting where another one holds the lock; return its exit status."""
    return subprocess.run(["dvc", "--wait-for-lock", "repro", *arguments], env=environment).returncode


def train_side_by_side(batches: Sequence[Sequence[str]], jobs: int) -> bool:
    """Run batches of stages in several `dvc repro`; return whether all went well. After a failure none is begun."""
    threads = os.environ.get("SER_THREADS") or str(max(1, (os.cpu_count() or 1) // jobs))
    environment = {
        **os.environ,
        "SER_THREADS": threads,
        "SER_WORKERS": os.environ.get("SER_WORKERS", threads),
    }
    failed = Event()

    def run(batch: Sequence[str]) -> None:
        if not failed.is_set() and repro(["--single-item", *batch], environment):
            failed.set()

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, batches))
    return not failed.is_set()


def main(jobs: int) -> int:
    """Bring everything up to date; return an exit status."""
    if jobs == 1:
        return repro([])
    stages = list_stages()
    if status := repro(shared_stages(stages)):
        return status
    if not train_side_by_side(batches_of_systems(stages, AT_A_TIME), jobs):
        print(
            "a system failed (see above): no further one was begun, and what is done is kept", file=sys.stderr
        )
        return 1
    return repro([])


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of jobs; expected 1 or more")
    return int(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.jobs", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("jobs", type=_positive, help="systems trained at the same time")
    sys.exit(main(parser.parse_args().jobs))
