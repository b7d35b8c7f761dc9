"""Rebuild what has changed, several stages side by side: `python -m pipeline.repro 2`, or `make repro JOBS=2`."""

import argparse
import subprocess
import sys
from functools import partial

from pipeline.core.errors import PipelineError
from pipeline.core.paths import METRICS
from pipeline.download.watch import changed_corpora
from pipeline.orchestration.moved import read_metrics, what_moved
from pipeline.orchestration.progress import Progress, clock_time
from pipeline.orchestration.schedule import PHASES, SHARED, Runner, batches, threads_each
from pipeline.orchestration.session import (
    changed_stages,
    few_to_run,
    missing_files,
    require_dvc,
    warm_process,
)

FAILED = "a stage failed (see above): no further one was begun, and what is done is kept"


def rebuild(jobs: int) -> int:
    """Bring everything up to date; return an exit status."""
    others = changed_corpora()
    for corpus in others:
        print(f"{corpus}: its files are others than when they were indexed, or its index is gone.")
    indexes = [f"index@{corpus}" for corpus in others]
    changed = indexes or changed_stages()
    if not changed:
        print("Nothing has changed.")
        return 0
    before = read_metrics(METRICS / "systems")
    progress = Progress(len(changed), partial(print, flush=True))
    few = few_to_run(changed)
    with warm_process(few=few) as environment:
        runner = Runner(progress, environment)
        # By force: nothing that DVC knows of has changed.
        status = runner.repro("--force", "--single-item", *indexes) if indexes else 0
        status = status or _run(runner, jobs, few)
    if status:
        for missing in missing_files():
            print(f"error: {missing}", file=sys.stderr)
        print(FAILED, file=sys.stderr)
        return status
    print(f"{progress.n_begun} stages in {clock_time(progress.seconds)}.")
    print(what_moved(before, read_metrics(METRICS / "systems")))
    print("Look at data/report/index.html.")
    return 0


def _run(runner: Runner, jobs: int, few: bool) -> int:
    if jobs > 1 and not few:
        if status := runner.repro(*SHARED):
            return status
        changed = changed_stages()
        for phase in PHASES:
            if not runner.side_by_side(batches(changed, phase), jobs):
                return 1
    return runner.repro(SER_THREADS=threads_each(jobs))


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of jobs; expected 1 or more")
    return int(text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m pipeline.repro", description=__doc__)
    parser.add_argument("jobs", type=_positive, help="stages that run at the same time")
    jobs = parser.parse_args().jobs
    try:
        require_dvc()
        return rebuild(jobs)
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130  # as a shell says it; what is done is kept
    except subprocess.CalledProcessError as error:  # what is wrong, DVC has said
        return error.returncode


if __name__ == "__main__":
    sys.exit(main())
