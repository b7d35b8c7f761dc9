"""One parallel map for all row work, on joblib."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, TypeVar

from joblib import Parallel, cpu_count, delayed, parallel_config
from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")


def worker_count() -> int:
    """Return `$SER_WORKERS`, else the number of cores this process may use."""
    named = os.environ.get("SER_WORKERS")
    return max(1, int(named)) if named else cpu_count()


def batched(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """Cut a sequence into runs of at most `size` items."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _run_batch(function: Callable[[Any], Any], batch: Iterable[Any]) -> list[Any]:
    return [function(item) for item in batch]


def parallel_map(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    description: str,
    backend: Literal["processes", "threads"] = "processes",
    batch_size: int = 32,
    workers: int | None = None,
) -> Iterator[Result]:
    """Apply a function to every item, several at a time, with a progress bar.

    Results come in the order of the items and as soon as their batch is done, so that a caller can store them
    while the rest is still being computed. The result does not depend on the number of workers.

    Args:
        function: Must be importable (no lambda) for the process backend.
        items: What to map over.
        description: Text of the progress bar.
        backend: Threads where the function releases the GIL, else processes.
        batch_size: Items sent to a worker at a time.
        workers: Number of workers; `worker_count()` if None.
    """
    batches = batched(items, batch_size)
    if not batches:
        return
    name = "loky" if backend == "processes" else "threading"
    jobs = min(workers or worker_count(), len(batches))
    with (
        tqdm(total=len(items), desc=description, unit="clip", disable=None, mininterval=0.5) as bar,
        parallel_config(backend=name, **({"inner_max_num_threads": 1} if name == "loky" else {})),
    ):
        run = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="2*n_jobs", batch_size=1)
        for results in run(delayed(_run_batch)(function, batch) for batch in batches):
            bar.update(len(results))
            yield from results
