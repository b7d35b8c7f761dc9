"""What a training takes of memory: whether its features fit before it starts, how it is kept, the most it took."""

import ctypes
import logging
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from pipeline.core.errors import PipelineError
from pipeline.training.run_record import peak_memory_mb

log = logging.getLogger(__name__)
MIB = 2**20
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of malloc.h
ROOM = 256 * MIB  # for the smallest model, its activations and the libraries' own buffers


def check_room(values: Iterable[np.ndarray | list[np.ndarray]], device: torch.device, name: str) -> None:
    """Raise a `PipelineError` where a study's features do not fit into a GPU's free memory.

    On a CPU they are not copied: the device sees what was loaded.

    Args:
        values: By slot, as stored; a list of one array a clip where shapes differ.
        device: They are to be moved to.
        name: The system's.
    """
    needed = sum(part.nbytes for slot in values for part in (slot if isinstance(slot, list) else [slot]))
    log.info("%s: features take %.0f MiB on %s", name, needed / MIB, device)
    if device.type != "cuda":
        return
    free, _ = torch.cuda.mem_get_info(device)
    if needed + ROOM > free:
        raise PipelineError(
            f"systems.{name}: its features take {needed / MIB:.0f} MiB, and training some {ROOM / MIB:.0f} more, "
            f"but {device} has {free / MIB:.0f} MiB free: name another GPU by SER_DEVICE=cuda:1, train on the CPU "
            "by SER_DEVICE=cpu, or give the system a smaller feature set"
        )


def keep_memory() -> bool:
    """Let this process keep what it has freed; return whether it can be told to (glibc only).

    The maps of a batch are tens of MiB each. As glibc comes, it asks the system for every one of them anew and
    gives it back: the zeroing of fresh pages takes half the time of training a small CNN on a CPU.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    never_map = library.mallopt(M_MMAP_MAX, 0)  # large blocks come from the heap too
    never_trim = library.mallopt(M_TRIM_THRESHOLD, -1)  # and the heap never shrinks
    return bool(never_map and never_trim)


def start_measuring(device: torch.device) -> None:
    """Forget the most that was taken of a GPU so far."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: torch.device) -> dict[str, Any]:
    """Return the largest resident size of this process so far, and what a run took of its GPU at most, MiB."""
    peaks = {"peak_memory_mb": peak_memory_mb()}
    if device.type == "cuda":
        peaks["peak_device_memory_mb"] = round(torch.cuda.max_memory_allocated(device) / MIB)
    return peaks


def describe_peak(peaks: dict[str, Any]) -> str:
    """Say what `peak_memory` returned."""
    on_gpu = f", {peaks['peak_device_memory_mb']} MiB of the GPU" if "peak_device_memory_mb" in peaks else ""
    return f"{peaks['peak_memory_mb']} MiB{on_gpu}"
