"""`dvc repro` with several stages side by side: `python -m pipeline.repro 3`, or `make repro JOBS=3`.

`dvc repro` runs one stage at a time. What all share (corpora, curation, splits, transcripts) runs first and as
always; then as many `dvc repro` as there are jobs make the feature sets, and after those train and evaluate the
systems, each taking the next few that nobody has; then come ensembles, what is done with all predictions, and the
report. Each job gets its share of the cores. The results are those of `dvc repro` with SER_THREADS set to that
share.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from threading import Event

from joblib import cpu_count

from pipeline.core.parallel import batched

SHARED = ["--glob", "split@*", "clips", "transcribe", "explore"]
FEATURE_SET = ("features_*", "store_*")  # stages of one feature set
SYSTEM = ("train", "evaluate", "represent")  # stages of one system
# Systems, or feature sets, for one `dvc repro`, which takes two seconds to start: few, that no job ends long after.
AT_A_TIME = {FEATURE_SET: 1, SYSTEM: 4}


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


def batches(
    stages: Sequence[str], changed: Sequence[str], kinds: Sequence[str], size: int
) -> list[list[str]]:
    """Return patterns of the stages of some systems, or feature sets, at a time.

    A pattern each: DVC reads all of dvc.lock anew for every target that is named.

    Args:
        stages: All that there are.
        changed: Those that have to run: what has none of them is left out.
        kinds: Patterns of the stages, without their item, that belong to one.
        size: How many systems, or feature sets, at a time.
    """
    own: dict[str, set[str]] = {}
    for name in stages:
        kind, _, item = name.partition("@")
        if any(fnmatchcase(kind, pattern) for pattern in kinds):
            own.setdefault(f"*@{item}" if item else name, set()).add(name)
    stale = [pattern for pattern, names in own.items() if not names.isdisjoint(changed)]
    return [list(batch) for batch in batched(stale, size)]


def repro(*arguments: str, **environment: str) -> int:
    """Run `dvc repro`, waiting where another one holds the lock; return its exit status."""
    command = ["dvc", "--wait-for-lock", "repro", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}).returncode


def threads_each(jobs: int) -> str:
    """Return how many threads one of several trainings has: `$SER_THREADS`, else its share of the cores."""
    return os.environ.get("SER_THREADS") or str(max(1, cpu_count() // jobs))


def run_side_by_side(batches: Sequence[Sequence[str]], jobs: int) -> bool:
    """Run batches in several `dvc repro`; return whether all went well. After a failure none is begun."""
    threads = threads_each(jobs)
    environment = {"SER_THREADS": threads, "SER_WORKERS": os.environ.get("SER_WORKERS", threads)}
    failed = Event()

    def run(batch: Sequence[str]) -> None:
        if not failed.is_set() and repro("--single-item", "--glob", *batch, **environment):
            failed.set()

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, batches))
    return not failed.is_set()


def main(jobs: int) -> int:
    """Bring everything up to date; return an exit status."""
    if shutil.which("dvc") is None:
        print(
            "there is no dvc: activate the environment (. .venv/bin/activate), or use make repro",
            file=sys.stderr,
        )
        return 1
    if jobs == 1:
        return repro()
    if status := repro(*SHARED):
        return status
    try:
        stages = list_stages()
        for kinds, size in AT_A_TIME.items():
            if not run_side_by_side(batches(stages, stages_to_run(), kinds, size), jobs):
                print(
                    "a stage failed (see above): no further one was begun, and what is done is kept",
                    file=sys.stderr,
                )
                return 1
    except subprocess.CalledProcessError as error:  # what is wrong, DVC has said
        return error.returncode
    return repro(SER_THREADS=threads_each(jobs))


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of jobs; expected 1 or more")
    return int(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.repro", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("jobs", type=_positive, help="stages that run at the same time")
    sys.exit(main(parser.parse_args().jobs))
