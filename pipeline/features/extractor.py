"""A kind of feature with all that it takes to compute it: what a stage, a worker and a prediction are given."""

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from pipeline.core.row_cache import digest
from pipeline.features.registry import (
    Kind,
    Network,
    Weights,
    has_network,
    load_kind,
    load_network_kind,
    parse_settings,
)

DECODERS = ("soundfile", "soxr", "av")  # libraries that stand before every kind of feature


@dataclass(frozen=True)
class Extractor:
    """Computes one feature set of clips. It is small, and can be sent to a worker.

    Attributes:
        kind: A module of `pipeline.features`.
        settings: The kind's.
        network: That reads the clips, of the kinds that have one.
    """

    kind: str
    settings: Any
    network: Network | None = None

    def extract(self, wave: np.ndarray) -> np.ndarray:
        """Compute the features of a clip.

        Args:
            wave: Mono samples at `settings.sample_rate`, shape (samples,), float32.

        Raises:
            PipelineError: It has no such features.
        """
        if self.network is None:
            return cast(Kind, load_kind(self.kind)).extract(wave, settings=self.settings)
        kind = load_network_kind(self.kind)
        return kind.extract(wave, settings=self.settings, network=self.network)

    def parts(self) -> "list[Extractor]":
        """Return what computes the vectors that stand one behind the other in a row: itself where it is one."""
        if self.network is None:
            return [self]
        return [replace(self, settings=each) for each in load_network_kind(self.kind).parts(self.settings)]

    def feature_names(self) -> list[str] | None:
        """Name the values along the last axis, where they have names."""
        if self.network is None:
            return cast(Kind, load_kind(self.kind)).feature_names(self.settings)
        return load_network_kind(self.kind).feature_names(self.settings, self.network)

    def digest(self) -> str:
        """Name what decides a feature's value besides the clip: settings, weights, code and library versions."""
        kind = load_kind(self.kind)
        libraries = {name: importlib.metadata.version(name) for name in (*DECODERS, *kind.LIBRARIES)}
        bare = {
            name: version.partition("+")[0] for name, version in libraries.items()
        }  # 2.13.0+cpu is 2.13.0
        weights = {"weights": self.network.digest} if self.network else {}
        settings = self.settings.model_dump()
        return digest(
            {"kind": self.kind, "settings": settings, "code": kind.VERSION, "libraries": bare, **weights}
        )


def build_extractor(
    kind_name: str, values: Mapping[str, Any], weights: Weights, where: str, network: Path | None = None
) -> Extractor:
    """Check a feature set's settings, and find its network where its kind has one.

    Args:
        kind_name: Which kind.
        values: Its settings by name.
        weights: Published ones, or random ones in their place.
        where: The feature set's key in params.yaml, for errors.
        network: Folder of the network that an export carries; None looks for the one that the settings name.

    Raises:
        PipelineError: A setting is wrong, or the network is not at hand.
    """
    settings = parse_settings(load_kind(kind_name), values, where)
    if not has_network(kind_name):
        return Extractor(kind_name, settings)
    kind = load_network_kind(kind_name)
    found = kind.read_network(network) if network else kind.find_network(settings, weights, where)
    return Extractor(kind_name, settings, found)
