"""Row work on a Dask cluster: batches go to the workers of a scheduler, and their results come back in order.

    dask scheduler
    dask worker tcp://<host>:8786 --nworkers auto --nthreads 1      # in the repository's root, on each machine
    SER_DASK=tcp://<host>:8786 dvc repro

The workers read the audio themselves: they run in the same checkout, or one like it, and see the cache and the
corpora under the same names, on a file system that all machines share. A worker with other code or libraries
would not fail but compute other rows under the same keys; so each compares itself with the sender first. What
a worker had in hand when it died goes to another. The scheduler needs nothing of this project.

Batches are submitted to Dask directly. joblib's Dask backend waits forever for a batch whose workers all
died (seen with joblib 1.6.0), and with it the scheduler, too, must be able to import the function.
"""

import logging
import os
import pickle
import socket
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cloudpickle
from distributed import Client, Future, KilledWorker

from pipeline.core.code import Checkout, this_checkout
from pipeline.core.errors import PipelineError
from pipeline.core.machine import place_library_caches
from pipeline.core.paths import cache_dir

ANSWER_SECONDS = 5  # that a scheduler has to answer
WORKER_SECONDS = 60  # that work waits for a worker, where there is none
LOOK_SECONDS = 5  # between two looks whether there still are workers
AHEAD = 4  # batches submitted ahead of the results, for each thread of the workers
LEAST_AHEAD = 64  # and at least this many, for workers that join later

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sender:
    """What a worker must have in common with the process that sends it work.

    Attributes:
        checkout: Code and libraries.
        seen: Files and folders that must exist, under the names that the sender uses.
    """

    checkout: Checkout
    seen: tuple[str, ...]


def map_batches(
    function: Callable[[Any], Any], batches: Sequence[Sequence[Any]], address: str
) -> Iterator[Any]:
    """Apply a function to batches on the workers of a scheduler, and yield the results in order.

    Args:
        function: Importable by the workers, as are its arguments' types.
        batches: Anything that can be pickled.
        address: Of the scheduler, such as "tcp://10.0.0.1:8786".

    Raises:
        PipelineError: No scheduler or no worker answers, a worker is not like this process, or a batch kills
            every worker that tries it; and whatever the function raises.
    """
    start = _travelling_start()
    with _connect(address) as client, _shared_mark() as mark:
        sender = Sender(this_checkout(), (str(mark), *filter(None, [os.environ.get("SER_CORPORA")])))
        n_threads = _n_threads(client, address)
        logger.info("row work goes to %d threads of the Dask workers at %s", n_threads, address)
        waiting: deque[Future] = deque()
        for batch in batches:
            work = cloudpickle.dumps((function, batch))
            waiting.append(client.submit(start, pickle.dumps(sender), work, pure=False))
            if len(waiting) >= max(LEAST_AHEAD, AHEAD * n_threads):
                yield _result(client, waiting.popleft(), address)
        while waiting:
            yield _result(client, waiting.popleft(), address)


def _travelling_start() -> Callable[[bytes, bytes], Any]:
    """Return what a worker runs first.

    A function inside a function travels as code, not as the name of something to import: the scheduler, which
    unpacks it, and a worker that was just started do not find this project yet.
    """

    def start(sender: bytes, work: bytes) -> Any:
        import os
        import sys

        if os.getcwd() not in sys.path:
            sys.path.insert(0, os.getcwd())
        try:
            from pipeline.core.cluster import work_off
        except ImportError as error:
            return error
        return work_off(sender, work)

    return start


def work_off(sender: bytes, work: bytes) -> Any:
    """Do a piece of work, on a worker, which unpacks it only if it is like the sender.

    Raises:
        PipelineError: It is not; and whatever the function raises.
    """
    check_worker(pickle.loads(sender))
    function, batch = pickle.loads(work)
    return function(batch)


@lru_cache(maxsize=8)
def check_worker(sender: Sender) -> None:
    """Compare this process with the one that sends work, and make it ready for it; once for each sender."""
    place_library_caches()
    here = f"the Dask worker in {os.getcwd()} on {socket.gethostname()}"
    if different := sender.checkout.differences(this_checkout()):
        raise PipelineError(
            f"{here} has {'; '.join(different)}: it would compute other rows. Restart the workers with the "
            "code and the libraries of the process that sends the work"
        )
    unseen = [path for path in sender.seen if not Path(path).exists()]
    if unseen:
        raise PipelineError(
            f"{here} does not see {unseen[0]}: start the workers in the repository's root, and keep SER_CACHE and "
            "SER_CORPORA on a file system that all machines mount under the same path"
        )


@contextmanager
def _shared_mark() -> Iterator[Path]:
    """Put a file of a name of its own into the cache, by which workers know that they see the same folder."""
    mark = cache_dir() / "dask" / uuid.uuid4().hex
    mark.parent.mkdir(exist_ok=True)
    mark.touch()
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)


@contextmanager
def _connect(address: str) -> Iterator[Client]:
    """Connect to a scheduler that has workers."""
    _check_answer(address)
    _silence()
    try:
        client = Client(address, timeout=f"{ANSWER_SECONDS}s", set_as_default=False)
    except OSError as error:
        raise PipelineError(f"SER_DASK: what answers at {address} is no Dask scheduler ({error})") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError as error:
            raise PipelineError(_no_worker(address)) from error
        yield client


def _check_answer(address: str) -> None:
    """Raise an error if no scheduler answers at an address.

    Dask's client would say so less clearly and later, and never where something listens and says nothing.
    """
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port:
            raise ValueError("no such address")
    except ValueError as error:
        raise PipelineError(
            f"SER_DASK is {address!r}; expected a scheduler's address such as tcp://10.0.0.1:8786"
        ) from error
    try:
        with socket.create_connection((parts.hostname, parts.port), timeout=ANSWER_SECONDS) as connection:
            if parts.scheme == "tcp" and not connection.recv(1):  # a scheduler is the first to speak
                raise OSError("it hung up")
    except OSError as error:
        raise PipelineError(
            f"SER_DASK: no Dask scheduler answers at {address} ({error}). Start one with `dask scheduler`, or "
            "unset SER_DASK to work on this machine alone"
        ) from error


def _result(client: Client, future: Future, address: str) -> Any:
    """Wait for a result, as long as there are a scheduler and workers."""
    n_looks = 0  # without a worker
    while True:
        try:
            return _unpack(future.result(timeout=LOOK_SECONDS), address)
        except KilledWorker as error:
            raise PipelineError(
                f"a batch ended {error.allowed_failures + 1} Dask workers, one after the other, the last of them "
                f"{error.last_worker.address}. Look at their logs: they may have run out of memory"
            ) from error
        except TimeoutError:
            if future.done():
                raise  # the function's own
            n_looks = 0 if _n_threads(client, address) else n_looks + 1
            if n_looks * LOOK_SECONDS >= WORKER_SECONDS:
                raise PipelineError(_no_worker(address)) from None
        except (CancelledError, OSError) as error:
            if future.status == "error":
                raise  # the function's own
            raise PipelineError(_gone(address)) from error


def _unpack(result: Any, address: str) -> Any:
    if isinstance(result, ImportError):
        raise PipelineError(
            f"a Dask worker of {address} cannot import this project ({result}): start the workers in the "
            "repository's root, in the project's environment"
        )
    return result


def _n_threads(client: Client, address: str) -> int:
    """Count the threads of all workers."""
    try:
        return sum(client.nthreads().values())
    except OSError as error:
        raise PipelineError(_gone(address)) from error


def _no_worker(address: str) -> str:
    return (
        f"SER_DASK: the scheduler at {address} has had no worker for {WORKER_SECONDS} s; start some in the "
        f"repository's root with `dask worker {address}`. What is computed is kept"
    )


def _gone(address: str) -> str:
    return (
        f"SER_DASK: the scheduler at {address} went away. What is computed is kept: start it and its workers again "
        "and repeat the command"
    )


def _silence() -> None:
    """Leave the telling to this module: Dask logs every lost connection, with tracebacks."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
