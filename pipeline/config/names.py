"""Names that a user gives in params.yaml: each becomes a file, an argument of a command and part of a stage of DVC.

So a name is made of what no shell, file system or template reads as something else, and two names never differ by
case alone: many disks take them for one.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.config.studies import MAIN
from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from pipeline.config.params import Params

LONGEST = 60  # characters; file systems take 255 bytes, of which the longest suffixes need some
TAKEN = {"none": "no second input", "transcripts": "what is said"}  # in the place of a feature set
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def check_given_names(params: "Params") -> None:
    """Raise where a name cannot be that of a file and a stage.

    Raises:
        PipelineError: It says where, and what is allowed.
    """
    for keys in _given(params):
        lower: dict[str, str] = {}
        for key, name in keys.items():
            _check(key, name)
            other = lower.setdefault(name.lower(), key)
            if other != key and keys[other] != name:
                raise PipelineError(
                    f"params.yaml: {other} and {key} differ by case alone, and many disks take their files "
                    "for one: choose another name"
                )
    for feature_set, settings in params.feature_sets.items():
        if feature_set in TAKEN:
            raise PipelineError(
                f"params.yaml: feature_sets.{settings.group}.{feature_set}: the name stands for "
                f"{TAKEN[feature_set]}; choose another"
            )


def _given(params: "Params") -> Iterator[dict[str, str]]:
    """Yield names by their keys, those together that lie in one folder."""
    yield {f"profiles.{name}": name for name in params.profiles}
    yield {f"corpora.{name}": name for name in params.corpora}
    yield {f"studies.{name}": name for name in params.studies}
    for study, settings in params.studies.items():
        variants = {f"studies.{study}.variants.{name}": name for name in settings.variants}
        yield {f"studies.{study}.split": MAIN, **variants}
    sets = params.feature_sets.items()
    yield {f"feature_sets.{settings.group}.{name}": name for name, settings in sets}
    evaluated: dict[str, Iterable[str]] = {
        "systems": params.systems,
        "ensembles": params.ensembles,
        "external": params.external,
    }
    yield {f"{block}.{name}": name for block, names in evaluated.items() for name in names}


def _check(key: str, name: str) -> None:
    if _NAME.fullmatch(name) and len(name) <= LONGEST:
        return
    block = key.removesuffix(f".{name}")
    likely = re.sub(r"[^A-Za-z0-9-]+", "_", name).strip("_-")[:LONGEST]
    raise PipelineError(
        f"params.yaml: {block}: {name[: LONGEST + 20]!r} cannot be a name, which becomes a file and an argument "
        f"of commands: expected at most {LONGEST} letters a to z or A to Z, digits, _ and -, the first of them a "
        f"letter or digit{f', such as {likely}' if likely else ''}"
    )
