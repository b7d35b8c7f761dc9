"""Functions that workers import: little, so that they start quickly."""

import os
import signal
import time

from pipeline.core.errors import PipelineError


def square(n: int) -> int:
    return n * n


def square_slowly(n: int) -> tuple[int, int]:
    """Return a square, and which process computed it."""
    time.sleep(0.01)
    return n * n, os.getpid()


def refuse(n: int) -> int:
    raise PipelineError(f"no {n}")


def run_into_a_timeout(n: int) -> int:
    raise TimeoutError(f"{n} took too long")


def die(n: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return n
