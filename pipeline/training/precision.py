"""The precision of a forward pass, and what stays in float32 on a CPU that lacks bfloat16.

On any CPU torch can compute linear layers, convolutions and attention in bfloat16. An LSTM is different: oneDNN has
one in bfloat16 only where the processor has instructions for it, and elsewhere it raises an error.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from pipeline.config.systems import TorchSystem

log = logging.getLogger(__name__)
MIXED = "bf16, LSTM in float32"


@contextmanager
def autocast(device: torch.device, settings: TorchSystem) -> Iterator[None]:
    """Let a forward pass run in the system's precision, but LSTMs in float32 where the CPU has none in bfloat16."""
    if settings.precision != "bf16":
        yield
    elif _lacks_lstm(device):
        with torch.autocast(device.type, torch.bfloat16), _FullLstm():
            yield
    else:
        with torch.autocast(device.type, torch.bfloat16):
            yield


def precision_of(network: nn.Module, device: torch.device, settings: TorchSystem) -> str:
    """Name the precision that a network is computed in, for the run record: the system's own or `MIXED`."""
    has_lstm = any(isinstance(module, nn.LSTM) for module in network.modules())
    mixed = settings.precision == "bf16" and has_lstm and _lacks_lstm(device)
    return MIXED if mixed else settings.precision


@cache
def cpu_has_bfloat16_lstm() -> bool:
    """Tell whether this CPU computes an LSTM in bfloat16, by trying one.

    To try is surer than to list instruction sets: what oneDNN needs differs between architectures and versions, and
    `ONEDNN_MAX_CPU_ISA` forbids it sets that the processor has.
    """
    with (
        torch.inference_mode(False),
        torch.random.fork_rng(devices=[]),
        torch.autocast("cpu", torch.bfloat16),
    ):
        try:
            nn.LSTM(1, 1)(torch.zeros(1, 1, 1))[0].sum().backward()
        except RuntimeError:
            return False
    return True


def _lacks_lstm(device: torch.device) -> bool:
    return device.type == "cpu" and not cpu_has_bfloat16_lstm()


class _FullLstm(TorchFunctionMode):
    """While active, every LSTM takes and gives float32, whatever family of models it belongs to."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Call a function of torch."""
        if func is not torch.lstm:
            return func(*args, **(kwargs or {}))
        with torch.autocast("cpu", enabled=False):
            return func(*[_in_float32(value) for value in args], **(kwargs or {}))


def _in_float32(value: Any) -> Any:
    """Return an argument of an LSTM with its bfloat16 tensors, also those in lists, in float32."""
    if isinstance(value, tuple | list):
        return [_in_float32(item) for item in value]
    if isinstance(value, torch.Tensor) and value.dtype == torch.bfloat16:
        return value.float()
    return value
