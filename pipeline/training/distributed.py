"""One training in several processes, each with a part of every batch: the result is that of one process.

`SER_PROCESSES=2`, or `gpu` for one process a GPU, makes the train stage start itself once a process by torchrun;
they talk by NCCL on GPUs and by gloo on CPUs. All processes hold all clips and the same weights:

- A batch is cut in as many parts as there are processes. Each process passes its own part through the network and
  is told the outputs of the others, so that the loss is that of the whole batch, whatever kind it is: a mean, a
  mean weighted by class, or a statistic of the batch such as CCC. Backwards, each goes through its own part only,
  and the sum of their gradients is the gradient of the whole batch, also where parts are unequal or empty.
- Batch normalisation takes its statistics over the whole batch.
- Clips are predicted in parts, and every process is told all outputs: all choose the same best epoch.
- Only the first process writes files and shows progress.

The order of floating-point sums differs from that of one process, and so do the draws of dropout and augmentation,
which are seeded by process. Without several processes every function here does nothing.
"""

import itertools
import logging
import os
import subprocess
import sys
from typing import Any

import torch
import torch.distributed as dist
from joblib import cpu_count
from torch import Tensor, nn

from pipeline.core.errors import PipelineError

VARIABLE = "SER_PROCESSES"
MOST_PARTS = 10_000  # more processes than anyone starts: keeps apart the seeds of epochs


def processes_to_start() -> int:
    """Return `$SER_PROCESSES`, 1 if it is not set, or if this is one of the processes already.

    Raises:
        PipelineError: It is no count, or there are fewer GPUs.
    """
    named = os.environ.get(VARIABLE, "1")
    if "LOCAL_RANK" in os.environ:  # set by torchrun
        return 1
    n_gpus = torch.cuda.device_count()
    if named == "gpu":
        if not n_gpus:
            raise PipelineError(f"{VARIABLE} is gpu, but torch finds no GPU; unset it, or give a count")
        return n_gpus
    if not named.isdecimal() or int(named) < 1:
        raise PipelineError(f"{VARIABLE} is {named!r}; expected a count of 1 or more, or gpu for one a GPU")
    on_cpu = os.environ.get("SER_DEVICE", "").startswith("cpu") or not n_gpus
    if not on_cpu and int(named) > n_gpus:
        raise PipelineError(f"{VARIABLE} is {named}, but torch finds {n_gpus} GPU(s); set it to gpu or less")
    return int(named)


def start_processes(module: str, arguments: list[str], n_processes: int) -> None:
    """Run a module in several processes of this machine and wait for them; one that fails ends all.

    Args:
        module: As behind `python -m`.
        arguments: Its command line.
        n_processes: How many.

    Raises:
        PipelineError: One of them failed; what it says stands above.
    """
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(n_processes), "-m", module, *arguments]
    threads = max(1, cpu_count() // n_processes)  # each would take all cores for itself
    environment = {"OMP_NUM_THREADS": str(threads), **os.environ}
    code = subprocess.run(command, env=environment, check=False).returncode
    if code:
        raise PipelineError(
            f"training in {n_processes} processes failed (status {code}): the first error above is the cause; "
            f"unset {VARIABLE} to train in one"
        )


def join(name: str) -> str:
    """Join the processes that torchrun started; return the device of this one.

    Args:
        name: Of the device: `cpu`, or `cuda` for a GPU of its own.
    """
    if "LOCAL_RANK" not in os.environ:
        return name
    if name.startswith("cuda:"):
        raise PipelineError(
            f"SER_DEVICE is {name!r}, one GPU, but {VARIABLE} asks for one a process: set it to cuda, or unset it"
        )
    if name == "cuda":
        name = f"cuda:{os.environ['LOCAL_RANK']}"
    if not dist.is_initialized():
        on_gpu = name.startswith("cuda")
        dist.init_process_group(
            "nccl" if on_gpu else "gloo", device_id=torch.device(name) if on_gpu else None
        )
    if not is_first():
        logging.getLogger("pipeline").setLevel(logging.WARNING)  # of what all do, one tells
    return name


def leave() -> bool:
    """Take leave of the other processes at the end; return whether this is the one that writes files.

    One that fails just ends, and torchrun ends the others.
    """
    first = is_first()
    if dist.is_initialized():
        dist.destroy_process_group()
    return first


def size() -> int:
    """Return the number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Return the number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def is_first() -> bool:
    """Tell whether this process is the one that writes files and shows progress."""
    return rank() == 0


def own_part(n_rows: int) -> slice:
    """Return this process's part of so many rows: parts follow each other and differ in length by one at most."""
    least, more = divmod(n_rows, size())
    start = rank() * least + min(rank(), more)
    return slice(start, start + least + (rank() < more))


def forward(network: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    """Return the outputs of a batch, shape (clips, outputs), float32; gradients go through this process's part.

    Args:
        network: Called with the inputs as keyword arguments.
        inputs: Of the whole batch, each of shape (clips, ...).
    """
    if size() == 1:
        return network(**inputs).float()
    n_clips = len(next(iter(inputs.values())))
    own = own_part(n_clips)
    # Without a part of its own, a process passes a clip through that counts for nothing: its gradients are zero.
    given = own if own.start < own.stop else slice(n_clips - 1, n_clips)
    part = network(**{name: values[given] for name, values in inputs.items()}).float()
    return _whole(part[: own.stop - own.start], own, n_clips)


def _whole(part: Tensor, own: slice, n_rows: int) -> Tensor:
    """Return the rows of all processes."""
    rows = part.new_zeros((n_rows, *part.shape[1:]))
    rows[own] = part.detach()
    dist.all_reduce(rows)
    return torch.cat([rows[: own.start], part, rows[own.stop :]])


def add_gradients(network: nn.Module) -> None:
    """Add up the gradients of all processes, in one message; one that has none of a weight adds zeros.

    A weight of which none has any, as of a layer that all of them dropped, keeps none.
    """
    if size() == 1:
        return
    weights = [parameter for parameter in network.parameters() if parameter.requires_grad]
    given = torch.tensor([parameter.grad is not None for parameter in weights])
    gradients = [torch.zeros_like(item) if item.grad is None else item.grad for item in weights]
    flat = torch.cat([*(gradient.flatten() for gradient in gradients), given.to(gradients[0])])
    dist.all_reduce(flat)
    *sums, n_given = flat.split([*(weight.numel() for weight in weights), len(weights)])
    for weight, gradient, summed, n in zip(weights, gradients, sums, n_given.tolist(), strict=True):
        if n:
            gradient.copy_(summed.view_as(gradient))  # in place: optimisers count on its layout in memory
            weight.grad = gradient


def share(network: nn.Module, n_rows: int, batch_size: int) -> None:
    """Prepare a network to be trained by all processes: one start, and batch normalisation over all of them.

    Args:
        network: On its device.
        n_rows: Clips that it is trained on.
        batch_size: Of them a step.

    Raises:
        PipelineError: A batch has fewer clips than there are processes, and batch normalisation needs all of them.
    """
    if size() == 1:
        return
    normalised = any(map(_is_batch_norm, network.modules()))
    left = n_rows % batch_size
    smallest = left if left > 1 else min(n_rows, batch_size)  # a last batch of one joins the one before
    if normalised and smallest < size():
        raise PipelineError(
            f"{VARIABLE}: {n_rows} training clips in batches of {batch_size} leave a batch of {smallest}, too few "
            f"for {size()} processes and a model with batch normalisation: change batch_size or {VARIABLE}"
        )
    for item in itertools.chain(network.parameters(), network.buffers()):
        dist.broadcast(item.data, 0)
    _share_batch_norm(network)


def seed_epoch(seed: int, epoch: int) -> None:
    """Seed dropout and augmentation by process and epoch, so that no two processes draw alike.

    One process draws on from its seed and saves its state in its checkpoints; several could save the first one's
    only, and start each epoch anew.
    """
    if size() > 1:
        torch.manual_seed((seed * MOST_PARTS + rank()) * MOST_PARTS + epoch)


def _share_batch_norm(network: nn.Module) -> None:
    """Let batch normalisation take its statistics over all processes; names of weights stay."""
    if dist.get_backend() == "nccl":
        nn.SyncBatchNorm.convert_sync_batchnorm(network)  # replaces the modules below the network
        return
    for module in network.modules():
        if _is_batch_norm(module):
            module.__class__ = SharedBatchNorm


def _is_batch_norm(module: nn.Module) -> bool:
    return isinstance(module, nn.modules.batchnorm._BatchNorm)


class SharedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation over all processes on CPUs, for which torch's `SyncBatchNorm` does not exist."""

    def forward(self, values: Tensor) -> Tensor:
        """Return normalised values, same shape, (clips, channels, ...)."""
        if not self.training:
            return super().forward(values)
        axes = [0, *range(2, values.ndim)]
        shape = (1, -1, *[1] * (values.ndim - 2))
        count = torch.tensor([values.numel() / values.shape[1]], dtype=torch.float64)
        sums = _SumOfAll.apply(torch.cat([values.double().sum(axes), count]))
        n = sums[-1].detach()
        mean = (sums[:-1] / n).float()  # (channels,)
        from_mean = values.float() - mean.reshape(shape)
        squares = _SumOfAll.apply(from_mean.double().square().sum(axes))
        variance = (squares / n).float()  # (channels,)
        self._follow(mean.detach(), (squares / (n - 1)).detach())
        normal = from_mean * torch.rsqrt(variance + self.eps).reshape(shape)
        if self.affine:
            normal = normal * self.weight.reshape(shape) + self.bias.reshape(shape)
        return normal.to(values.dtype)

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics on, as torch's own."""
        if not self.track_running_stats:
            return
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_(variance.to(self.running_var.dtype), share)

    def _check_input_dim(self, values: Tensor) -> None:
        """Take any number of dimensions."""


class _SumOfAll(torch.autograd.Function):
    """Adds up a tensor of all processes; so are its gradients, as every process's sum depends on every tensor."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _SumOfAll.forward(ctx, gradient)
