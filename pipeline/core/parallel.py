"""One parallel map for all row work: on the cores of this machine by joblib, or on a Dask cluster.

`SER_DASK=tcp://<host>:<port>` names a scheduler whose workers then do the work; see `pipeline.core.cluster`.
Where the work is done does not change a result.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import Any, Literal, TypeVar

from threadpoolctl import threadpool_limits
from tqdm import tqdm

from pipeline.core.machine import count_of

Item = TypeVar("Item")
Result = TypeVar("Result")
Backend = Literal["processes", "threads"]


def worker_count() -> int:
    """Return `$SER_WORKERS`, else the number of cores this process may use."""
    from joblib import cpu_count  # a quarter of a second to import, and some stages need none

    return count_of("SER_WORKERS") or cpu_count()


def scheduler() -> str | None:
    """Return the address of the Dask scheduler that row work goes to; None keeps it on this machine."""
    return os.environ.get("SER_DASK") or None


def batched(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """Cut a sequence into runs of at most `size` items."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def parallel_map(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    description: str,
    backend: Backend = "processes",
    batch_size: int = 32,
    workers: int | None = None,
    where: Literal["anywhere", "here"] = "anywhere",
    crashed: Callable[[Item], Result] | None = None,
    apart: bool = False,
) -> Iterator[Result]:
    """Apply a function to every item, several at a time; see `parallel_batches`.

    Args:
        function: Must be importable (no lambda) for the process backend.
        items: What to map over.
        description: Text of the progress bar.
        backend: Threads where the function releases the GIL, else processes.
        batch_size: Items sent to a worker at a time.
        workers: Number of workers; `worker_count()` if None.
        where: "here" keeps the work on this machine.
        crashed: Gives the result of an item that ends the process of its worker, such as a file whose decoder
            crashes; without it the map ends with an error. Of this machine's processes alone.
        apart: Have the work done in another process also where a single worker does all of it, which otherwise is
            this process, and would end with it. It takes a second to start.
    """
    n_done = 0
    n_processes = workers or worker_count()
    if apart and crashed and scheduler() is None and (n_processes == 1 or len(items) <= batch_size):
        bar = tqdm(items, desc=description, unit="clip", disable=None, mininterval=0.5)
        yield from _each_apart(function, bar, crashed, 1)
        return
    batches = parallel_batches(
        partial(_each, function),
        batched(items, batch_size),
        description=description,
        backend=backend,
        workers=workers,
        where=where,
    )
    try:
        for results in batches:
            n_done += len(results)
            yield from results
    except BrokenProcessPool:  # joblib's own error is one
        if crashed is None:
            raise
        yield from _each_apart(function, items[n_done:], crashed, n_processes)


def _each_apart(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    crashed: Callable[[Item], Result],
    n_processes: int,
) -> Iterator[Result]:
    """Apply a function to items in processes of one item at a time, so that it is known which item ends one."""
    local = threading.local()
    pools: list[ProcessPoolExecutor] = []

    def apart(item: Item) -> Result:
        if not hasattr(local, "pool"):
            local.pool = ProcessPoolExecutor(1, get_context("spawn"))
            pools.append(local.pool)
        try:
            return local.pool.submit(function, item).result()
        except BrokenProcessPool:
            del local.pool
            return crashed(item)

    try:
        with ThreadPoolExecutor(n_processes) as threads:
            yield from threads.map(apart, items)
    finally:
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)


def _each(function: Callable[[Any], Any], batch: Sequence[Any]) -> list[Any]:
    return [function(item) for item in batch]


def parallel_batches(
    function: Callable[[Sequence[Item]], Result],
    batches: Sequence[Sequence[Item]],
    *,
    description: str,
    backend: Backend = "processes",
    workers: int | None = None,
    threads: int = 1,
    where: Literal["anywhere", "here"] = "anywhere",
) -> Iterator[Result]:
    """Apply a function to every batch of items, several batches at a time, with a progress bar.

    Results come in the order of the batches and as soon as they are there, so that a caller can store them while
    the rest is still being computed. The result does not depend on the number of workers.

    Args:
        function: Takes a batch; must be importable (no lambda) for the process backend.
        batches: What to map over; each goes to a worker as a whole.
        description: Text of the progress bar, which counts items.
        backend: Threads where the function releases the GIL, else processes. On a cluster its workers decide.
        workers: Number of workers of this machine; `worker_count()` if None.
        threads: That each worker may compute with, if it is a thread itself. More than one may add sums up in
            another order.
        where: "here" keeps the work on this machine, for what is small beside its data or would be missed on the
            others' disks.
    """
    if not batches:
        return
    address = scheduler() if where == "anywhere" else None
    if address:
        from pipeline.core.cluster import map_batches  # takes 0.4 s to import, and few need it

        results = map_batches(function, batches, address)
    else:
        results = _map_here(function, batches, backend, workers, threads)
    n_items = sum(map(len, batches))
    with tqdm(total=n_items, desc=description, unit="clip", disable=None, mininterval=0.5) as bar:
        for batch, result in zip(batches, results, strict=True):
            bar.update(len(batch))
            yield result


def _map_here(
    function: Callable[[Sequence[Item]], Result],
    batches: Sequence[Sequence[Item]],
    backend: Backend,
    workers: int | None,
    threads: int,
) -> Iterator[Result]:
    """Yield the results of this machine's workers."""
    from joblib import Parallel, delayed, parallel_config

    name = "loky" if backend == "processes" else "threading"
    jobs = min(workers or worker_count(), len(batches))
    with parallel_config(backend=name, **({"inner_max_num_threads": 1} if name == "loky" else {})):
        run = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="2*n_jobs", batch_size=1)
    with threadpool_limits(limits=threads):  # joblib's own limit is for its processes, and one job runs here
        yield from run(delayed(function)(batch) for batch in batches)
