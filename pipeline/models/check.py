"""What a system asks of its family of models, checked before anything is trained.

Stage `plan` checks all systems, on every change of params.yaml. To do so it has to import their families, and torch
with them: three seconds of CPU, where all the rest of the stage takes one. So a check that was passed is remembered
in the cache folder, under a digest of what the system asks for and of the code that answered. Another learning rate
imports nothing; another architecture imports the one family that is about to be trained anyway. Training checks
again: a memory that was wrong would cost time, and no result.

The alternative, settings in a file of their own that imports no torch, would cut every family in two.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pipeline.config
import pipeline.models
import pipeline.pretrained
from pipeline.config.base import Form
from pipeline.config.systems import SklearnSystem, TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.core.paths import cache_dir
from pipeline.core.row_cache import digest
from pipeline.models.registry import Estimators, load_estimators, load_networks, parse_settings

if TYPE_CHECKING:
    from torch import nn

    from pipeline.pretrained.take import Loaded

GIVEN: dict[Form, str] = {
    "vector": "one vector a clip",
    "frames": "frames or a picture",
    "samples": "the sound itself",
    "text": "what is said",
    "none": "nothing",
}


def check_model(system: TorchSystem | SklearnSystem, where: str, forms: Mapping[str, Form]) -> None:
    """Check that there is the family that a system names, and that it takes and offers what the system asks for.

    Args:
        system: Its settings, resolved for the profile.
        where: Its key in params.yaml, for errors.
        forms: Of the features in each feature set.

    Raises:
        PipelineError: It does not.
    """
    inputs = {"features": system.features, "second": system.second}
    given = {slot: forms[feature_set] for slot, feature_set in inputs.items()}
    asked: list[Any] = [system.trainer, system.model, system.architecture, given]
    if isinstance(system, TorchSystem):
        asked += [system.weights is not None, system.checkpointing, bool(system.pretrain)]
    else:
        asked.append(system.grid)
    passed = cache_dir() / "checked_models" / digest([_code_digest(), asked])
    if passed.exists():
        return
    load = load_networks if isinstance(system, TorchSystem) else load_estimators
    family = load(system.model, f"{where}.model")
    settings = parse_settings(family, system.architecture, f"{where}.architecture")
    for slot, taken in (("features", family.reads), ("second", family.reads_second)):
        if given[slot] not in taken:
            raise PipelineError(
                f"params.yaml: {where}.{slot} is {inputs[slot]!r}, {GIVEN[given[slot]]}, but model "
                f"{system.model!r} takes {' or '.join(GIVEN[form] for form in taken)} there: name another "
                "feature set or model"
            )
    if isinstance(system, TorchSystem):
        _check_offers(system, where)
    elif isinstance(family, Estimators) and family.check_grid is not None:
        grid = system.grid if isinstance(system.grid, list) else [system.grid]
        if fault := family.check_grid(settings, grid):
            raise PipelineError(f"params.yaml: {where}.grid: {fault}")
    passed.parent.mkdir(parents=True, exist_ok=True)
    passed.touch()


def _check_offers(system: TorchSystem, where: str) -> None:
    try:
        if system.weights is not None:
            weights_loader(system.model, system.weights)
        if system.checkpointing:
            checkpointer(system.model)
        if system.pretrain:
            pretrained_blocks(system.model)
    except PipelineError as error:
        raise PipelineError(f"params.yaml: {where}: {error}") from error


def weights_loader(name: str, weights: str) -> "Callable[[Any, Path], Loaded]":
    """Return what takes published weights into a family's networks.

    Args:
        name: The family.
        weights: A system's `weights`, for the error.

    Raises:
        PipelineError: The family reads none.
    """
    load = load_networks(name).load_pretrained
    if load is None:
        raise PipelineError(
            f"weights is {weights!r}, but model {name!r} reads no published weights: set it to null"
        )
    return load


def checkpointer(name: str) -> Callable[[Any], None]:
    """Return what lets a family's networks forget their activations.

    Raises:
        PipelineError: The family keeps them.
    """
    enable = load_networks(name).enable_checkpointing
    if enable is None:
        raise PipelineError(
            f"checkpointing is true, but model {name!r} keeps all its activations: leave it out, or take a smaller "
            "batch_size and accumulate"
        )
    return enable


def pretrained_blocks(name: str) -> "Callable[[Any], Iterable[nn.Sequential]]":
    """Return what gives the blocks of a family's networks that can be pretrained.

    Raises:
        PipelineError: The family has no such blocks.
    """
    blocks = load_networks(name).blocks
    if blocks is None:
        raise PipelineError(
            f"pretrain acts on blocks of convolutions over images, which model {name!r} has not: name model "
            "mel_cnn, or set pretrain to {}"
        )
    return blocks


@cache
def _code_digest() -> str:
    """Return a digest of all that families are checked with: themselves, and what they take their settings from."""
    folders = [*pipeline.config.__path__, *pipeline.models.__path__, *pipeline.pretrained.__path__]
    files = [file for folder in folders for file in sorted(Path(folder).glob("*.py"))]
    return hashlib.blake2b(b"".join(file.read_bytes() for file in files), digest_size=8).hexdigest()
