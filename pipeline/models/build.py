"""Models by the names of their families, with a system's settings."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.models.check import weights_loader
from pipeline.models.registry import Inputs, load_estimators, load_networks, parse_settings
from pipeline.pretrained.take import Loaded, describe_weights, find_weights

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
    from torch import nn


def build_model(name: str, architecture: Mapping[str, Any], inputs: Inputs, n_outputs: int) -> "nn.Module":
    """Build a network with fresh weights.

    Args:
        name: Its family.
        architecture: The system's `architecture` in params.yaml.
        inputs: What the network is given.
        n_outputs: Number of logits, or of values.

    Raises:
        PipelineError: There is no such family, the settings are not its own, or do not go with the inputs.
    """
    family = load_networks(name)
    return family.build(parse_settings(family, architecture, _where(name)), inputs, n_outputs)


def build_estimator(name: str, architecture: Mapping[str, Any], seed: int) -> "Pipeline":
    """Build an unfitted pipeline.

    Args:
        name: Its family.
        architecture: The system's `architecture` in params.yaml.
        seed: Of all that draws in it.

    Raises:
        PipelineError: There is no such family, or the settings are not its own.
    """
    family = load_estimators(name)
    return family.build(parse_settings(family, architecture, _where(name)), seed)


def load_pretrained(name: str, model: "nn.Module", weights: str, where: str = "weights") -> Loaded:
    """Fill a network with published weights.

    Args:
        name: Its family.
        model: Filled in place.
        weights: A system's `weights` in params.yaml.
        where: Key of that, for errors.

    Returns:
        What became of the tensors, and in `source` which weights they were.

    Raises:
        PipelineError: The family reads none, or the file is not there or does not fit.
    """
    load = weights_loader(name, weights)
    path = find_weights(weights, where)
    return replace(load(model, path), source=describe_weights(weights, path))


def _where(name: str) -> str:
    return f"model {name}: architecture"
