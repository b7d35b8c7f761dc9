"""Finds the kinds of feature: a kind is a module of this package that has `Settings`, and `extract` or `embed`.

Kinds with `extract` are computed from samples, those with `embed` from transcripts. A kind with `extract` may read
samples with a pretrained network: it then has `find_network` and `read_network` too.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Protocol, cast

import numpy as np
from pydantic import BaseModel, ValidationError

import pipeline.features
from pipeline.config.base import Form
from pipeline.config.mistakes import describe, nearest
from pipeline.core.errors import PipelineError

Weights = Literal["published", "random"]


class Kind(Protocol):
    """What a module that computes features from samples, and from nothing else, offers."""

    VERSION: str  # raised whenever the code computes something else, so that no cached row is taken for it
    LIBRARIES: tuple[str, ...]  # whose versions may change a value
    BACKEND: Literal["processes", "threads"]  # which workers are fastest
    DTYPE: np.dtype
    FORM: Form  # of one clip's features
    Settings: type[BaseModel]  # has `sample_rate`, Hz

    def extract(self, wave: np.ndarray, *, settings: Any) -> np.ndarray:
        """Compute the features of a clip, mono float32 samples at `settings.sample_rate`."""

    def feature_names(self, settings: Any) -> list[str] | None:
        """Name the values along the last axis, where they have names."""


class Network(Protocol):
    """A pretrained network that is found and not yet sent to those who load it: small, and whole when pickled."""

    @property
    def digest(self) -> str:
        """Of its weights: other weights, other features."""

    def save(self, folder: Path) -> None:
        """Write what `read_network` reads: all that features take of it."""


class NetworkKind(Protocol):
    """What a module that computes features from samples with a pretrained network offers.

    Its settings leave the network's name out of `model_dump`, since the digest of the weights says more.
    """

    VERSION: str
    LIBRARIES: tuple[str, ...]
    BACKEND: Literal["processes", "threads"]
    DTYPE: np.dtype
    FORM: Form
    Settings: type[BaseModel]

    def find_network(self, settings: Any, weights: Weights, where: str) -> Any:
        """Return the `Network` that the settings name, or a random one, having seen that it can be loaded."""

    def read_network(self, folder: Path) -> Any:
        """Return the `Network` that `save` wrote."""

    def parts(self, settings: Any) -> list[Any]:
        """Return the settings of the vectors that stand one behind the other in a row, each cached apart."""

    def extract(self, wave: np.ndarray, *, settings: Any, network: Any) -> np.ndarray:
        """Compute the features of a clip, mono float32 samples at `settings.sample_rate`."""

    def feature_names(self, settings: Any, network: Any) -> list[str] | None:
        """Name the values along the last axis, where they have names."""


class TextKind(Protocol):
    """What a module that computes features from transcripts offers."""

    VERSION: str
    LIBRARIES: tuple[str, ...]
    DTYPE: np.dtype
    FORM: Form  # of one clip's features
    Settings: type[BaseModel]

    def build_embedder(self, settings: Any, weights: Weights, where: str) -> Any:
        """Find the model; its `digest` names all that decides a row besides the text."""

    def embed(
        self, texts: Iterable[str], embedder: Any, device: Any, description: str
    ) -> tuple[dict[str, np.ndarray], int]:
        """Return the features of each text, and how many of them were computed now."""

    def compute(
        self, texts: Sequence[str], embedder: Any, device: Any, description: str | None
    ) -> Iterator[Mapping[str, np.ndarray]]:
        """Compute the features of different texts, by text, without the cache; no description, no progress bar."""

    def text_key(self, text: str) -> str:
        """Name a text in caches and shards."""


def kinds() -> list[str]:
    """Return the names of all kinds that read samples, sorted."""
    names = [module.name for module in pkgutil.iter_modules(pipeline.features.__path__)]
    return sorted(name for name in names if _is_kind(importlib.import_module(f"pipeline.features.{name}")))


def load_kind(name: str) -> Kind | NetworkKind:
    """Import a kind that reads samples by name, and no other.

    Raises:
        PipelineError: There is no such kind.
    """
    if _is_kind(module := _module(name)):
        return cast(NetworkKind, module) if has_network(name) else cast(Kind, module)
    known = kinds()
    raise PipelineError(f"unknown kind of feature {name!r}{nearest(name, known)}; known: {', '.join(known)}")


def has_network(name: str) -> bool:
    """Tell whether a kind reads samples with a pretrained network; false of one that is not there."""
    return hasattr(_module(name), "find_network")


def load_network_kind(name: str) -> NetworkKind:
    """Import a kind that reads samples with a pretrained network.

    Raises:
        PipelineError: There is none of that name.
    """
    return cast(NetworkKind, _offering("find_network", name, "a pretrained network computes"))


def reads_text(name: str) -> bool:
    """Tell whether a kind is computed from transcripts; false of one that is not there."""
    return hasattr(_module(name), "embed")


def load_text_kind(name: str) -> TextKind:
    """Import a kind that reads transcripts.

    Raises:
        PipelineError: There is none of that name.
    """
    return cast(TextKind, _offering("embed", name, "is computed from transcripts"))


def _offering(function: str, name: str, what: str) -> Any:
    """Import a kind that offers a function; raise a `PipelineError` that says `what` it is not."""
    if not hasattr(module := _module(name), function):
        raise PipelineError(f"{name!r} is no kind of feature that {what}")
    return module


def kind_version(name: str) -> str:
    """Return the version of the code of a kind of any sort: another one computes something else."""
    return _any_kind(name).VERSION


def kind_libraries(name: str) -> tuple[str, ...]:
    """Return the libraries of a kind of any sort, whose versions may change a value."""
    return _any_kind(name).LIBRARIES


def _any_kind(name: str) -> Kind | NetworkKind | TextKind:
    return load_text_kind(name) if reads_text(name) else load_kind(name)


def parse_settings(kind: Kind | NetworkKind | TextKind, values: Mapping[str, Any], where: str) -> Any:
    """Check a feature set's settings and return its kind's `Settings`.

    Args:
        kind: What is to be set.
        values: Settings by name, without `kind` and `studies`.
        where: Key in params.yaml, for error messages.

    Raises:
        PipelineError: A setting is missing, unknown or of the wrong type.
    """
    try:
        return kind.Settings.model_validate(dict(values))
    except ValidationError as error:
        raise PipelineError(f"params.yaml: {describe(error, where, kind.Settings)}") from error


def _module(name: str) -> ModuleType | None:
    module_name = f"pipeline.features.{name}"
    if name.isidentifier() and importlib.util.find_spec(module_name):
        return importlib.import_module(module_name)
    return None


def _is_kind(module: object) -> bool:
    return hasattr(module, "Settings") and hasattr(module, "extract")
