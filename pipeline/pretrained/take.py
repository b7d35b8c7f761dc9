"""Published weights: find them, read them, and take from them what a network has a place for."""

import hashlib
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config.systems import RANDOM
from pipeline.core.errors import PipelineError
from pipeline.core.paths import left_behind
from pipeline.pretrained.find import (
    CONFIG,
    WEIGHT_FILES,
    commit_of,
    hub_model,
    is_hub_id,
    is_model_folder,
    is_url,
    web_file,
    weight_file,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

COUNTER = "num_batches_tracked"  # of batch normalisation: older files lack it, and nothing here reads it
N_NAMED = 3  # tensors an error names
UNREADABLE = (pickle.UnpicklingError, RuntimeError, EOFError, IndexError)  # raised by torch.load


@dataclass(frozen=True)
class Loaded:
    """What became of the tensors of a file and of a network, by name.

    Attributes:
        taken: Now in the network.
        left: In the file, without a place in the network.
        fresh: In the network, not in the file: as they were initialised.
        source: What was read, as `describe_weights` tells it; empty where nobody asked.
    """

    taken: list[str]
    left: list[str]
    fresh: list[str]
    source: dict[str, Any] = field(default_factory=dict)


def find_weights(name: str, where: str = "weights") -> Path:
    """Return the file of published weights that a name means, or the folder of a model of the hub.

    Args:
        name: A path, a file or folder below `$SER_WEIGHTS`, a model of the hub as organisation/model@revision,
            the address of a file, or one of Whisper's own names. The last three are downloaded if they are not
            below `$SER_WEIGHTS`.
        where: Key in params.yaml, for errors.

    Raises:
        PipelineError: There is none, or it cannot be downloaded.
    """
    if name == RANDOM:
        raise PipelineError(f"{where}: {RANDOM!r} stands for no published weights, so there are none to find")
    if is_url(name):
        return web_file(name, where)
    if is_hub_id(name):
        return hub_model(name, where)
    folder = os.environ.get("SER_WEIGHTS")
    candidates = [Path(name)] + ([Path(folder) / name] if folder else [])
    for candidate in candidates:
        if candidate.is_file() or is_model_folder(candidate):
            return candidate
    from pipeline.pretrained.whisper_checkpoint import find_or_download, is_name

    if is_name(name):
        return find_or_download(name, where, "")
    raise PipelineError(
        f"{where}: pretrained weights {name!r}: no such file, and none below $SER_WEIGHTS ({folder or 'not set'}): "
        "put the file there, or set the system's `weights` to null; a model of the hub is written "
        f"organisation/model@revision{left_behind(name)}"
    )


def describe_weights(name: str, path: Path) -> dict[str, Any]:
    """Return what the weights of a trained network were: their name, SHA-256, and commit where the hub tells it.

    Args:
        name: A system's `weights` in params.yaml.
        path: What `find_weights` returned for it.
    """
    return {
        "name": name,
        "sha256": weights_digest(path),
        "commit": commit_of(path) if path.is_dir() else None,
    }


def weights_digest(path: Path) -> str:
    """Return the SHA-256 of a file; of a folder, that of the names and digests of its configuration and weights."""
    if path.is_dir():
        parts = [path / CONFIG, weight_file(path)]
        text = "".join(f"{part.name} {weights_digest(part)}\n" for part in parts)
        return hashlib.sha256(text.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_state(path: Path) -> "dict[str, Tensor]":
    """Read weights by name: of a safetensors file, or of `torch.save` (a state dict, or one under `model`).

    Args:
        path: The file, or the folder of a model of the hub.

    Raises:
        PipelineError: It is not there, or holds something else.
    """
    import torch

    if path.is_dir():
        path = weight_file(path)
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise PipelineError(f"{path} is not there: expected a file of pretrained weights") from error
    except UNREADABLE as error:
        raise PipelineError(
            f"{path} holds no weights that can be read safely ({error}): expected what torch.save makes of a "
            "state dict; a checkpoint with other objects in it has to be saved again without them"
        ) from error
    state = content.get("model", content) if isinstance(content, Mapping) else content
    if not isinstance(state, Mapping) or not all(isinstance(item, torch.Tensor) for item in state.values()):
        raise PipelineError(f"{path} holds a {type(state).__name__}, expected tensors by name")
    return dict(state)


def write_model(folder: Path, network: "nn.Module", config: str) -> None:
    """Write a network as the hub lays one out: its weights, and what config.json says of it."""
    from safetensors.torch import save

    folder.mkdir(parents=True)
    state = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    (folder / WEIGHT_FILES[0]).write_bytes(save(state))
    (folder / CONFIG).write_text(config, "utf-8")


def _read_safetensors(path: Path) -> "dict[str, Tensor]":
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise PipelineError(f"{path} is not there: expected a file of pretrained weights") from error
    except SafetensorError as error:
        raise PipelineError(f"{path} is no safetensors file ({error}): download it again") from error


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
