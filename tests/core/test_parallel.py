"""The parallel map: order, laziness, errors, any number of workers."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.parallel import batched, parallel_map, worker_count


def square(n: int) -> int:
    return n * n


def refuse(n: int) -> int:
    raise PipelineError(f"no {n}")


@pytest.mark.parametrize("backend", ["threads", "processes"])
@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(backend, workers):
    results = parallel_map(square, range(50), description="", backend=backend, batch_size=7, workers=workers)
    assert list(results) == [n * n for n in range(50)]


def test_nothing_to_do():
    assert list(parallel_map(square, [], description="")) == []


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_an_error_reaches_the_caller(backend):
    with pytest.raises(PipelineError, match="no 0"):
        list(parallel_map(refuse, [0, 1], description="", backend=backend))


def test_batches_cover_everything():
    assert batched("abcde", 2) == ["ab", "cd", "e"]


def test_the_environment_sets_the_workers(monkeypatch):
    monkeypatch.setenv("SER_WORKERS", "3")
    assert worker_count() == 3
