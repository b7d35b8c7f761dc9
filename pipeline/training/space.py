"""The space of a search: which settings of a system are drawn, from what, by their dotted path in it.

    lr: {choices: [0.00001, 0.0001, 0.01]}
    weight_decay: {low: 0.000001, high: 0.01, log: true}
    normalise.features.select_k: {low: 100, high: 1000, step: 100}
    architecture.hidden: {each: {choices: [16, 32, 64]}, length: {low: 1, high: 3}}
    architecture.dropouts: {all: {low: 0.1, high: 0.5, step: 0.1}, length_of: architecture.hidden}

`each` makes a list of as many draws as `length` says; `all` makes one of equal values, as long as another list of
the system. Both bounds of a range can be drawn; between whole ones only whole numbers are.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipeline.config.mistakes import describe, nearest
from pipeline.config.systems import System, TorchSystem
from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

Space = Mapping[str, Mapping[str, Any]]
KINDS = ({"choices"}, {"low", "high", "step", "log"}, {"each", "length"}, {"all", "length_of"})
# What a trial cannot change: its data, and what it is judged by.
FIXED = {*System.model_fields, "trainer", "targets", "joint", "monitor", "search"} - {"architecture"}
DIGITS = 12  # 0.1 + 2 x 0.1 is 0.30000000000000004


def check_space(space: Space, system: TorchSystem, where: str) -> None:
    """Raise a `PipelineError` where a path leads nowhere or cannot be searched, or a range is no range.

    Args:
        space: Ranges by path.
        system: Whose settings they are of.
        where: Key of the space in params.yaml.
    """
    if not space:
        raise PipelineError(
            f"params.yaml: {where} is empty: name the settings to draw, or set search to {{}}"
        )
    settings = system.model_dump()
    for path, spec in space.items():
        first = path.partition(".")[0]
        if first in FIXED:
            raise PipelineError(
                f"params.yaml: {where}: {path!r} decides what a trial is trained on or judged by, so it cannot "
                "be drawn"
            )
        get(settings, path, where)
        _check_spec(spec, f"{where}.{path}", settings)


def draw(trial: "BaseTrial", space: Space, system: TorchSystem, where: str) -> TorchSystem:
    """Return a system with settings that a trial suggests.

    Args:
        trial: Suggests values by name: a setting's path, with `.length` and `.0`, `.1` ... behind that of a list.
        space: Checked.
        system: What the rest of the settings is taken from.
        where: Key of the space in params.yaml.
    """
    settings = deepcopy(system.model_dump())
    for path, spec in sorted(
        space.items(), key=lambda item: "all" in item[1]
    ):  # copied lengths are drawn first
        try:
            value = _draw(trial, path, spec, settings)
        except ValueError as error:
            raise PipelineError(f"params.yaml: {where}.{path}: {error}") from error
        *parents, last = path.split(".")
        get(settings, ".".join(parents), where)[last] = value
    try:
        return TorchSystem.model_validate(settings)
    except ValidationError as error:
        raise PipelineError(describe(error, where, TorchSystem)) from error


def searched_values(space: Space, system: TorchSystem) -> dict[str, Any]:
    """Return a system's values of the settings in a space, by path."""
    settings = system.model_dump()
    return {path: get(settings, path, "search.space") for path in space}


def get(settings: Mapping[str, Any], path: str, where: str) -> Any:
    """Return what lies at a dotted path of a system's settings; all of them for an empty one."""
    value: Any = settings
    for key in filter(None, path.split(".")):
        if not isinstance(value, Mapping) or key not in value:
            known = list(value) if isinstance(value, Mapping) else []
            raise PipelineError(
                f"params.yaml: {where}: {path!r} leads to no setting of the system: no {key!r}"
                f"{nearest(key, known)}; known there: {', '.join(known) or 'nothing'}"
            )
        value = value[key]
    return value


def _check_spec(spec: Any, where: str, settings: Mapping[str, Any]) -> None:
    kinds = [kind for kind in KINDS if isinstance(spec, Mapping) and spec and spec.keys() <= kind]
    needed = {"choices", "low", "high", "each", "length", "all", "length_of"}
    if not kinds or kinds[0] & needed - spec.keys():
        shown = "; ".join(", ".join(sorted(kind)) for kind in KINDS)
        raise PipelineError(f"params.yaml: {where} is {spec!r}; expected one of these sets of keys: {shown}")
    if "choices" in spec and (not isinstance(spec["choices"], list) or not all(map(_plain, spec["choices"]))):
        raise PipelineError(
            f"params.yaml: {where}.choices is {spec['choices']!r}; expected a list of plain values"
        )
    for key in ("each", "length", "all"):
        if key in spec:
            _check_spec(spec[key], f"{where}.{key}", settings)
    if "length_of" in spec and not isinstance(get(settings, spec["length_of"], where), list):
        raise PipelineError(f"params.yaml: {where}.length_of is {spec['length_of']!r}, which is no list")


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _draw(trial: "BaseTrial", name: str, spec: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    if "choices" in spec:
        return trial.suggest_categorical(name, spec["choices"])
    if "each" in spec:
        length = _draw(trial, f"{name}.length", spec["length"], settings)
        return [_draw(trial, f"{name}.{i}", spec["each"], settings) for i in range(length)]
    if "all" in spec:
        return [_draw(trial, name, spec["all"], settings)] * len(get(settings, spec["length_of"], name))
    low, high, step, log = spec["low"], spec["high"], spec.get("step"), spec.get("log", False)
    if isinstance(low, int) and isinstance(high, int) and (step is None or isinstance(step, int)):
        return trial.suggest_int(name, low, high, step=step or 1, log=log)
    return round(trial.suggest_float(name, low, high, step=step, log=log), DIGITS)
