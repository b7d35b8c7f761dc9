"""Finds the families of models: a family is a file of this package that declares `FAMILY`.

What it declares is the contract: the settings of its architecture, how a model is built of them, and what else the
family offers to training. What it does not name it does not offer, and `Networks` lists all that there is to name.

A file without such a line holds what several families share. It is told by its text: to import them all, with torch
and what it brings, takes seconds.
"""

import importlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError

import pipeline.models
from pipeline.config.base import Form, Settings
from pipeline.config.mistakes import describe, one_of
from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
    from torch import Tensor, nn

    from pipeline.pretrained.take import Loaded

Probability = Annotated[float, Field(ge=0, le=1)]
_DECLARATION = re.compile(r"^FAMILY = ", re.MULTILINE)


class Architecture(Settings):
    """A system's `architecture`, of which each family has its own: no unknown key, no silent conversion."""


@dataclass(frozen=True)
class Inputs:
    """What a network is given for one clip.

    Attributes:
        shapes: By the name of the network's argument: `features`, `second`, `tokens`; `lengths`, of no dimension,
            where clips differ in length.
        vocabulary_size: Number of token ids; None without text.
    """

    shapes: Mapping[str, tuple[int, ...]]
    vocabulary_size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Networks:
    """A family of networks, trained by torch.

    Attributes:
        settings: What may stand in a system's `architecture`.
        build: Takes the settings, the `Inputs` and the number of outputs; returns a network with fresh weights that
            takes the inputs as keyword arguments.
        reads: The forms that its system's `features` may have.
        reads_second: Those that its `second` may have.
        reads_lengths: The network takes `lengths`, so that clips may differ in length.
        reads_sentences: Its tokens begin with [CLS] and end with [SEP]; others are words.
        load_pretrained: Takes published weights from a file, or from the folder of a model of the hub.
        split_frozen: Returns what is frozen of a network, and the rest; one after the other they are the network.
            What is frozen takes `features`, and `lengths` or None, and returns its output with the lengths of that,
            or None. It may hold nothing that could be trained: then nothing is frozen.
        enable_checkpointing: Lets a network forget its activations and compute them again for the gradients.
        penalty: Returns what a network adds to its training loss by itself, such as L2 of some weights.
        blocks: Returns the blocks that can be pretrained as autoencoders: each begins with a convolution over an
            image, and halves it.
    """

    settings: type[Architecture]
    build: "Callable[[Any, Inputs, int], nn.Module]"
    reads: tuple[Form, ...]
    reads_second: tuple[Form, ...] = ("none",)
    reads_lengths: bool = False
    reads_sentences: bool = False
    load_pretrained: "Callable[[Any, Path], Loaded] | None" = None
    split_frozen: "Callable[[Any], tuple[nn.Module, nn.Module]] | None" = None
    enable_checkpointing: Callable[[Any], None] | None = None
    penalty: "Callable[[Any], Tensor] | None" = None
    blocks: "Callable[[Any], Iterable[nn.Sequential]] | None" = None


@dataclass(frozen=True, kw_only=True)
class Estimators:
    """A family of scikit-learn's classifiers, tuned by a grid search.

    Attributes:
        settings: What may stand in a system's `architecture`.
        build: Takes the settings and a seed; returns an unfitted pipeline whose last step is the `classifier` that
            the grid tunes.
        reads: As of `Networks`.
        reads_second: As of `Networks`.
        check_grid: Takes the settings and the parts of a system's grid; returns what does not go together, or None.
    """

    settings: type[Architecture]
    build: "Callable[[Any, int], Pipeline]"
    reads: tuple[Form, ...] = ("vector",)
    reads_second: tuple[Form, ...] = ("none",)
    check_grid: Callable[[Any, list[dict[str, list[Any]]]], str | None] | None = None


Family = Networks | Estimators


def families() -> list[str]:
    """Return the names of all families, sorted, without importing one."""
    files = Path(pipeline.models.__path__[0]).glob("[!_]*.py")
    return sorted(file.stem for file in files if _DECLARATION.search(file.read_text("utf-8")))


def load_family(name: str, where: str = "model") -> Family:
    """Import a family by name, and no other.

    Args:
        name: File in pipeline/models, without its suffix.
        where: Key in params.yaml, for errors.

    Raises:
        PipelineError: There is no such family.
    """
    one_of(name, families(), "model", where)
    family: Family = importlib.import_module(f"pipeline.models.{name}").FAMILY
    return family


def load_networks(name: str, where: str = "model") -> Networks:
    """Import a family of networks.

    Raises:
        PipelineError: There is no such family, or it is one of estimators.
    """
    family = load_family(name, where)
    if not isinstance(family, Networks):
        raise PipelineError(
            f"params.yaml: {where} is {name!r}, a family of estimators: set trainer to sklearn, or name networks"
        )
    return family


def load_estimators(name: str, where: str = "model") -> Estimators:
    """Import a family of estimators.

    Raises:
        PipelineError: There is no such family, or it is one of networks.
    """
    family = load_family(name, where)
    if not isinstance(family, Estimators):
        raise PipelineError(
            f"params.yaml: {where} is {name!r}, a family of networks: set trainer to torch, or name estimators"
        )
    return family


def parse_settings(family: Family, values: Mapping[str, Any], where: str) -> Any:
    """Check a system's `architecture` and return its family's settings.

    Args:
        family: Whose settings they are.
        values: Settings by name.
        where: Key in params.yaml, for errors.

    Raises:
        PipelineError: A setting is missing, unknown, of the wrong type or out of bounds.
    """
    try:
        return family.settings.model_validate(dict(values))
    except ValidationError as error:
        raise PipelineError(f"params.yaml: {describe(error, where, family.settings)}") from error
