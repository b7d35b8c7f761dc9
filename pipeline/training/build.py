"""Builders by name, with the settings of params.yaml as their keyword arguments."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pipeline.models
from pipeline.config.mistakes import nearest, one_of
from pipeline.core.errors import PipelineError
from pipeline.pretrained.take import Loaded, describe_weights, find_weights

_NO_FAMILIES = {"padding", "reduction_head"}


def build_model(name: str, architecture: Mapping[str, Any], **given: Any) -> Any:
    """Call `build` of `pipeline/models/<name>.py`.

    Args:
        name: File in pipeline/models, without its suffix.
        architecture: The system's `architecture` in params.yaml.
        given: What the trainer knows besides, such as the number of classes.

    Raises:
        PipelineError: No such model, or a key it does not take or lacks.
    """
    return call(family(name).build, architecture, f"architecture (model {name!r})", **given)


def family_names() -> list[str]:
    """Return the names of all families of models, sorted."""
    return sorted({module.name for module in pkgutil.iter_modules(pipeline.models.__path__)} - _NO_FAMILIES)


def family(name: str) -> Any:
    """Import `pipeline/models/<name>.py`.

    Raises:
        PipelineError: There is no such model.
    """
    one_of(name, family_names(), "model", "model")
    return importlib.import_module(f"pipeline.models.{name}")


def load_pretrained(name: str, model: Any, weights: str, where: str = "weights") -> Loaded:
    """Fill a model with published weights, by `load_pretrained` of `pipeline/models/<name>.py`.

    Args:
        name: File in pipeline/models, without its suffix.
        model: What its `build` returned.
        weights: A system's `weights` in params.yaml.
        where: Key of that, for errors.

    Returns:
        What became of the tensors, and in `source` which weights they were.

    Raises:
        PipelineError: The file is not there or does not fit, or the family reads none.
    """
    module = importlib.import_module(f"pipeline.models.{name}")
    if not hasattr(module, "load_pretrained"):
        raise PipelineError(
            f"weights is {weights!r}, but model {name!r} reads no published weights: set it to null"
        )
    path = find_weights(weights, where)
    return replace(module.load_pretrained(model, path), source=describe_weights(weights, path))


def enable_checkpointing(model: Any, name: str) -> None:
    """Let a model forget its activations and compute them again for the gradients: less memory, more time.

    Raises:
        PipelineError: The family has no `enable_checkpointing`.
    """
    if not hasattr(model, "enable_checkpointing"):
        raise PipelineError(
            f"checkpointing is true, but model {name!r} keeps all its activations: leave it out, or take a smaller "
            "batch_size and accumulate"
        )
    model.enable_checkpointing()


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
