"""Seeds, threads and the device: the same seed on the same machine gives the same bytes.

Sums are split over threads, so another number of threads, like another processor, changes the last bits of a
weight; `SER_THREADS` fixes it. The run record says what was used.
"""

import logging
import os
import random
from typing import Any

import numpy as np
import torch

from pipeline.core.machine import count_of, device_name
from pipeline.training import distributed
from pipeline.training.memory import keep_memory

log = logging.getLogger(__name__)


def prepare_torch() -> torch.device:
    """Set the number of threads, repeatable kernels and how memory is kept; return the device to train on.

    The device is `$SER_DEVICE`, else the GPU where there is one; each of several processes has its own. A kernel
    without a repeatable version warns.
    """
    if threads := count_of("SER_THREADS"):
        torch.set_num_threads(threads)
    os.environ.setdefault(
        "CUBLAS_WORKSPACE_CONFIG", ":4096:8"
    )  # cuBLAS and cuDNN LSTMs are repeatable only so
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = (
        False  # a debugging aid that costs a pass over memory
    )
    torch.backends.cudnn.benchmark = False
    device = torch.device(distributed.join(device_name()))
    if device.type == "cuda":
        torch.cuda.set_device(device)  # whose generator a checkpoint saves
    keep_memory()
    log.info("training on %s, %d threads", device, torch.get_num_threads())
    return device


def seed_everything(seed: int) -> None:
    """Seed Python, numpy and torch (all devices)."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def random_state() -> dict[str, Any]:
    """Return the state of numpy's and torch's generators, as plain values and tensors."""
    name, keys, position, has_gauss, gauss = np.random.get_state()
    return {
        "numpy": (name, torch.from_numpy(np.asarray(keys, dtype=np.int64)), position, has_gauss, gauss),
        "torch": torch.get_rng_state(),
        # Of the GPU in use alone, if any: to ask one takes hundreds of MiB of it.
        "cuda": [torch.cuda.get_rng_state()] if torch.cuda.is_initialized() else [],
    }


def restore_random_state(state: dict[str, Any]) -> None:
    """Put the generators back to where `random_state` saw them."""
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if state["cuda"]:
        torch.cuda.set_rng_state(state["cuda"][0])
