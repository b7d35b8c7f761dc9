"""Telling a user what is wrong with a name or a setting: where, what came, what is allowed, what was meant."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from pipeline.core.errors import PipelineError


def one_of(
    name: str, allowed: Iterable[str], what: str, where: str | None = None, file: str = "params.yaml"
) -> str:
    """Return a name if it is allowed, else raise an error that names the nearest one.

    Args:
        name: What came.
        allowed: What is expected.
        what: What it is the name of.
        where: Key in the file, if it comes from one.
        file: Which.
    """
    names = list(allowed)
    if name in names:
        return name
    prefix = f"{file}: {where}: " if where else ""
    raise PipelineError(f"{prefix}unknown {what} {name!r}{nearest(name, names)}; known: {', '.join(names)}")


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ", did you mean 'x'?" for the closest of some names, or nothing."""
    close = difflib.get_close_matches(str(name), list(names), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def describe(
    error: ValidationError, root: str, model: type[BaseModel], find: Callable[[str], str] = str
) -> str:
    """Turn a pydantic error into lines that name the key, what came and what is allowed.

    Args:
        error: Of validating `model`.
        root: Key of the validated block in params.yaml; empty for the whole file.
        model: What was validated.
        find: Says where in the file the value of a key stands, if elsewhere.
    """
    lines = [_describe_one(item, root, model, find) for item in error.errors()]
    return "\n".join(dict.fromkeys(lines))  # a recipe's mistake is one mistake, whoever uses it


def _describe_one(item: Any, root: str, model: type[BaseModel], find: Callable[[str], str]) -> str:
    *path, last = item["loc"] or (root,)
    keys, block = _follow(model, path)
    key = ".".join(part for part in (root, *keys, str(last)) if part) if item["loc"] else root
    if last == "[key]":  # so pydantic marks the name of an entry
        came = type(item["input"]).__name__
        return f"{key.removesuffix('.[key]')}: a name is text, and YAML reads this one as {came}: put it in quotes"
    key = find(key)
    if item["type"] == "extra_forbidden":
        fields = [field for candidate in _models(block) for field in candidate.model_fields]
        return f"{key}: unknown key{nearest(str(last), fields)}; allowed: {', '.join(fields)}"
    if item["type"] == "missing":
        return f"{key}: missing"
    came = item["input"]
    shown = f"; came {type(came).__name__} {str(came)[:80]!r}" if not isinstance(came, dict) else ""
    hint = "; write a list as [a, b]" if item["type"] == "list_type" else ""
    message = item["msg"].removeprefix("Value error, ")  # which pydantic writes before what a validator says
    return f"{key}: {message}{shown}{hint}"


def _follow(model: type[BaseModel], path: list[Any]) -> tuple[list[str], Any]:
    """Walk an error's location; return its keys, without the tags of unions, and the type it leads to."""
    keys: list[str] = []
    current: Any = model
    for part in path:
        tagged = [] if _is_model(current) else [one for one in _models(current) if part in _tags(one)]
        if tagged:
            current = tagged[0]
            continue
        keys.append(str(part))
        if _is_model(current):
            field = current.model_fields.get(str(part))
            current = field.annotation if field else None
        else:
            current = (get_args(current) or (None,))[-1]
    return keys, current


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Find the settings blocks in a type such as `dict[str, A | B]`."""
    if _is_model(annotation):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _tags(model: type[BaseModel]) -> set[Any]:
    """Return the values by which a union recognises a block: of its fields with one allowed value."""
    allowed = (get_args(field.annotation) for field in model.model_fields.values())
    return {values[0] for values in allowed if len(values) == 1 and isinstance(values[0], str)}
