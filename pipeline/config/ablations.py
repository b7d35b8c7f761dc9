"""Block `ablations`: systems that are another one with few settings changed.

A template: each entry of `systems` below `ablations.<title>` becomes a system `ablations_<title>_<entry>`. Of the
settings it says those that differ from the system `of`, by their dotted path, such as `architecture.dropouts`.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from pipeline.config.base import Settings
from pipeline.config.mistakes import describe, one_of
from pipeline.core.errors import PipelineError

ABLATIONS = "ablations"
Block = dict[str, Any]


class Ablation(Settings):
    """Systems that differ from one in few settings."""

    of: str  # the system
    systems: dict[str, Block]  # by name: new values by dotted path


def fill_in_ablations(written: Any, systems: Block, origins: dict[str, str]) -> list[str]:
    """Write the template's systems among the others, and return their names.

    Args:
        written: The block of params.yaml; None where there is none.
        systems: Those of params.yaml, recipes and defaults taken in; added to.
        origins: By key of what is written, where it stands in the file; added to.

    Raises:
        PipelineError: The block holds something that is not allowed, or a path that leads to no setting.
    """
    names = []
    for title, block in _blocks(written).items():
        where = f"{ABLATIONS}.{title}"
        try:
            ablation = Ablation.model_validate(block)
        except ValidationError as error:
            raise PipelineError(f"params.yaml: {describe(error, where, Ablation)}") from error
        base = systems[one_of(ablation.of, systems, "system", f"{where}.of")]
        for entry, changes in ablation.systems.items():
            name = f"{ABLATIONS}_{title}_{entry}"
            if name in systems:
                raise PipelineError(
                    f"params.yaml: {where}.systems.{entry}: there is a system {name}; choose another"
                )
            systems[name] = _changed(base, changes, f"{where}.systems.{entry}")
            names.append(name)
            origins[f"systems.{name}"] = f"{where}.systems.{entry}"
            for key in {*_keys(base)} - {str(path).partition(".")[0] for path in changes}:
                below = f"systems.{ablation.of}.{key}"
                origins[f"systems.{name}.{key}"] = origins.get(below, below)
    return names


def _blocks(written: Any) -> Mapping[str, Any]:
    if not isinstance(written or {}, dict):
        raise PipelineError(f"params.yaml: {ABLATIONS}: expected ablations by title, and came {written!r}")
    return written or {}


def _changed(base: Block, changes: Block, where: str) -> Block:
    made = deepcopy(base)
    if not isinstance(made, dict):  # told by its own validation
        return made
    for path, value in changes.items():
        *parents, last = str(path).split(".")
        place: Any = made
        for key in parents:
            place = place[one_of(key, _keys(place), "setting", f"{where}.{path}")]
        if parents:
            one_of(last, _keys(place), "setting", f"{where}.{path}")
        place[last] = value
    return made


def _keys(place: Any) -> list[str]:
    return list(place) if isinstance(place, dict) else []
