"""Calling a builder with a block of params.yaml as its keyword arguments."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.config.mistakes import nearest
from pipeline.core.errors import PipelineError


def call(
    builder: Callable[..., Any], settings: Mapping[str, Any], where: str, *given: Any, **named: Any
) -> Any:
    """Call a builder with a block of settings as keyword arguments, after checking their names.

    Args:
        builder: Takes `given` and `named`, and the settings as keyword-only arguments.
        settings: A block of params.yaml.
        where: Name of the block, for the error.
        given: Positional arguments that are not settings.
        named: Keyword arguments that are not settings.

    Raises:
        PipelineError: A key is unknown or missing, or a value is none that the builder takes.
    """
    parameters = inspect.signature(builder).parameters.values()
    options = [p for p in parameters if p.kind is p.KEYWORD_ONLY and p.name not in named]
    allowed = [p.name for p in options]
    for key in settings:
        if key not in allowed:
            raise PipelineError(
                f"params.yaml: {where}: unknown key {key!r}{nearest(key, allowed)}; "
                f"allowed: {', '.join(allowed)}"
            )
    missing = [p.name for p in options if p.default is p.empty and p.name not in settings]
    if missing:
        raise PipelineError(
            f"params.yaml: {where}: missing {', '.join(missing)}; allowed: {', '.join(allowed)}"
        )
    try:
        return builder(*given, **named, **settings)
    except ValueError as error:
        raise PipelineError(f"params.yaml: {where}: {error}") from error
