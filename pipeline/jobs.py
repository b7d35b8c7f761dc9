"""`dvc repro` with several systems side by side: `python -m pipeline.jobs 2`, or `make repro JOBS=2`.

`dvc repro` runs one stage at a time. What all systems share (corpora, features, stores) uses every core, so it
runs first and as always; then as many `dvc repro` as there are jobs train and evaluate the systems, each taking
the next few that nobody has; then ensembles, what is done with all predictions, and the report. Each training gets
its share of the cores. The results are those of `dvc repro` with SER_THREADS set to that share.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Event

AT_A_TIME = 4  # systems for one `dvc repro`, which takes about two seconds to start
OWN = ("train", "evaluate", "represent")  # stages of one system, in their order
# What all systems share ends here. Patterns, for DVC reads dvc.lock anew for each stage that is named.
SHARED = ["--glob", "store_*", "explore"]


def list_stages() -> list[str]:
    """Return the names of all stages, in the order of dvc.yaml."""
    listed = subprocess.run(
        ["dvc", "stage", "list", "--name-only"], check=True, stdout=subprocess.PIPE, text=True
    )
    return listed.stdout.split()


def stages_to_run() -> list[str]:
    """Return the stages that have changed; what only follows from another one's run is not among them.

    Asked of `dvc status`: a dry run stops at the first stage whose dependencies another one has yet to write.
    """
    status = subprocess.run(
        ["dvc", "--wait-for-lock", "status", "--json"], check=True, stdout=subprocess.PIPE, text=True
    )
    return list(json.loads(status.stdout))


def batches_of_systems(stages: Sequence[str], changed: Sequence[str], size: int) -> list[list[str]]:
    """Return the stages of some systems at a time, each evaluated right after its training.

    Args:
        stages: All that there are.
        changed: Those that have to run: a system without any is left out.
        size: How many systems at a time.
    """
    stale = {system for stage, _, system in (name.partition("@") for name in changed) if stage in OWN}
    trained = (name.partition("@") for name in stages)
    systems = iter(system for stage, _, system in trained if stage == "train" and system in stale)
    batches = iter(lambda: list(islice(systems, size)), [])
    there = set(stages)
    own = [[f"{stage}@{system}" for system in batch for stage in OWN] for batch in batches]
    return [[stage for stage in batch if stage in there] for batch in own]


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
    if status := repro(SHARED):
        return status
    try:
        batches = batches_of_systems(list_stages(), stages_to_run(), AT_A_TIME)
    except subprocess.CalledProcessError as error:  # what is wrong, DVC has said
        return error.returncode
    if not train_side_by_side(batches, jobs):
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
