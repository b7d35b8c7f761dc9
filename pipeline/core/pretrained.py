"""Published weights: find a file, read it, and take from it what a network has a place for."""

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from torch import Tensor, nn

COUNTER = "num_batches_tracked"  # of batch normalisation: older files lack it, and nothing here reads it
N_NAMED = 3  # tensors an error names


@dataclass(frozen=True)
class Loaded:
    """What became of the tensors of a file and of a network, by name.

    Attributes:
        taken: Now in the network.
        left: In the file, without a place in the network.
        fresh: In the network, not in the file: as they were initialised.
    """

    taken: list[str]
    left: list[str]
    fresh: list[str]


def find_weights(name: str) -> Path:
    """Return the file of published weights that a name means: a path, or a file below `$SER_WEIGHTS`.

    Raises:
        PipelineError: There is none.
    """
    folder = os.environ.get("SER_WEIGHTS")
    candidates = [Path(name)] + ([Path(folder) / name] if folder else [])
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise PipelineError(
        f"pretrained weights {name!r}: no such file, and none below $SER_WEIGHTS ({folder or 'not set'}): put the "
        "file there, or set the system's `weights` to null"
    )


def read_state(path: Path) -> "dict[str, Tensor]":
    """Read a file of `torch.save`: a state dict, or a mapping that holds one under `model`.

    Raises:
        PipelineError: It is not there, or holds something else.
    """
    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise PipelineError(f"{path} is not there: expected a file of pretrained weights") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise PipelineError(
            f"{path} holds no weights that can be read safely ({error}): expected what torch.save makes of a "
            "state dict; a checkpoint with other objects in it has to be saved again without them"
        ) from error
    state = content.get("model", content) if isinstance(content, Mapping) else content
    if not isinstance(state, Mapping) or not all(isinstance(item, torch.Tensor) for item in state.values()):
        raise PipelineError(f"{path} holds a {type(state).__name__}, expected tensors by name")
    return dict(state)


def take_weights(
    network: "nn.Module", state: "Mapping[str, Tensor]", path: Path, *, fresh: tuple[str, ...] = ()
) -> Loaded:
    """Copy the tensors of a file into a network, by name.

    Args:
        network: Filled in place.
        state: The file's tensors, named as the network names its own.
        path: The file, for errors.
        fresh: How the names begin that the file need not have.

    Raises:
        PipelineError: A shape is another one, or the file lacks a tensor. The network is then as it was.
    """
    own = network.state_dict()
    taken = [name for name in own if name in state]
    absent = [name for name in own if name not in state]
    wrong = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(own[name].shape)}"
        for name in taken
        if state[name].shape != own[name].shape
    ]
    if wrong:
        raise PipelineError(
            f"{path}: {len(wrong)} of {len(taken)} tensors have another shape than the network's, such as "
            f"{', '.join(wrong[:N_NAMED])}: it holds another network, or one of another width"
        )
    lacking = [name for name in absent if not name.startswith(fresh) and not name.endswith(COUNTER)]
    if lacking:
        raise PipelineError(
            f"{path} lacks {len(lacking)} of the network's {len(own)} tensors, such as "
            f"{', '.join(lacking[:N_NAMED])}: it holds another network"
        )
    network.load_state_dict({name: state[name] for name in taken}, strict=False)
    return Loaded(taken, [name for name in state if name not in own], absent)
