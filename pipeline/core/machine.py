"""What of this machine a process may use, as the environment says: workers, threads, and the device of torch."""

import os
import re

from pipeline.core.errors import PipelineError


def count_of(variable: str) -> int | None:
    """Return the count that an environment variable names; None if it is not set.

    Raises:
        PipelineError: It is no count.
    """
    named = os.environ.get(variable)
    if not named:
        return None
    if not named.isdecimal() or int(named) < 1:
        raise PipelineError(f"{variable} is {named!r}; expected a count of 1 or more")
    return int(named)


def device_name() -> str:
    """Return what torch computes on: `$SER_DEVICE`, else "cuda" where there is a GPU, else "cpu".

    Raises:
        PipelineError: It names no device, or one that torch does not find.
    """
    import torch

    n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    named = os.environ.get("SER_DEVICE") or ("cuda" if n_gpus else "cpu")
    parts = re.fullmatch(r"(cpu)|cuda(?::(\d+))?", named)
    if parts is None:
        raise PipelineError(f"SER_DEVICE is {named!r}; expected cpu, cuda, or cuda:1 for the second GPU")
    if parts[1] is None and not n_gpus:
        raise PipelineError(f"SER_DEVICE is {named!r}, but torch finds no GPU; unset it to use the CPU")
    if parts[2] is not None and int(parts[2]) >= n_gpus:
        raise PipelineError(
            f"SER_DEVICE is {named!r}, but torch finds {n_gpus} GPU(s), the first of them cuda:0"
        )
    return named
