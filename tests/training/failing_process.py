"""One process of two that fails while the other waits for it.

python -m torch.distributed.run --standalone --nproc-per-node 2 -m tests.training.failing_process WHOSE
"""

import sys

import torch

from pipeline.training import distributed

if __name__ == "__main__":
    distributed.join("cpu")
    if distributed.rank() == 1:
        raise RuntimeError(f"the fault {sys.argv[1]}")
    torch.distributed.barrier()
