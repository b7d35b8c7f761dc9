"""The parallel map: order, laziness, errors, any number of workers."""

import os
import signal
import sys

import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_info, threadpool_limits

from pipeline.core.errors import PipelineError
from pipeline.core.parallel import batched, parallel_batches, parallel_map, scheduler, worker_count


def square(n: int) -> int:
    return n * n


def refuse(n: int) -> int:
    raise PipelineError(f"no {n}")


@pytest.mark.parametrize("backend", ["threads", "processes"])
@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(backend, workers):
    results = parallel_map(square, range(50), description="", backend=backend, batch_size=7, workers=workers)
    assert list(results) == [n * n for n in range(50)]


def blas_threads(_: int) -> int:
    return max(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")


@pytest.mark.parametrize("backend", ["threads", "processes"])
@pytest.mark.parametrize("workers", [1, 2])
def test_each_worker_adds_up_on_one_thread(backend, workers):
    """Sums over threads differ in their last bits, so that rows would depend on the number of workers."""
    with threadpool_limits(limits=2):
        assert blas_threads(0) == 2
        threads = parallel_map(
            blas_threads, range(4), description="", backend=backend, batch_size=2, workers=workers
        )
        assert list(threads) == [1] * 4


def test_nothing_to_do():
    assert list(parallel_map(square, [], description="")) == []


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_a_batch_stays_together(backend):
    batches = [[1, 2, 3], [4], [5, 6]]
    assert list(parallel_batches(sum, batches, description="", backend=backend, workers=2)) == [6, 4, 11]


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_an_error_reaches_the_caller(backend):
    with pytest.raises(PipelineError, match="no 0"):
        list(parallel_map(refuse, [0, 1], description="", backend=backend))


def test_batches_cover_everything():
    assert batched("abcde", 2) == ["ab", "cd", "e"]


@pytest.mark.parametrize(("value", "address"), [("", None), ("tcp://host:8786", "tcp://host:8786")])
def test_the_environment_names_a_cluster(monkeypatch, value, address):
    monkeypatch.setenv("SER_DASK", value)
    assert scheduler() == address


def test_work_is_done_here_where_no_cluster_is_named(monkeypatch):
    monkeypatch.delenv("SER_DASK", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)  # importing it would fail
    assert list(parallel_map(square, [2], description="", workers=1)) == [4]


def test_the_environment_sets_the_workers(monkeypatch):
    monkeypatch.setenv("SER_WORKERS", "3")
    assert worker_count() == 3


def die_at_3(n: int) -> int:
    if n == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return n * n


def test_one_that_crashes_its_process_takes_no_other_with_it():
    results = parallel_map(die_at_3, range(8), description="", batch_size=2, workers=2, crashed=lambda n: -n)
    assert list(results) == [0, 1, 4, -3, 16, 25, 36, 49]


@pytest.mark.parametrize(
    ("items", "workers"), [(range(2, 4), 2), (range(8), 1)], ids=["one batch", "one worker"]
)
def test_one_that_would_crash_this_process_is_done_in_another(items, workers):
    results = parallel_map(
        die_at_3, items, description="", batch_size=2, workers=workers, crashed=lambda n: -n, apart=True
    )
    assert list(results) == [-3 if n == 3 else n * n for n in items]


def test_a_crash_that_nobody_expects_is_an_error():
    with pytest.raises(TerminatedWorkerError):
        list(parallel_map(die_at_3, range(8), description="", batch_size=2, workers=2))
