"""params.yaml with one study alone, for a run of its own."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.core.errors import PipelineError

PARAMS = "params.yaml"


def write_cut_down(root: Path, folder: Path, profile: str, study: str, corpora: list[str]) -> None:
    """Write params.yaml into another folder, with a profile in force that has nothing but one study.

    Args:
        root: Where params.yaml is.
        folder: Where the other is to be.
        profile: Of params.yaml.
        study: That stays, or a template of studies.
        corpora: Behind it.

    Raises:
        PipelineError: There is no params.yaml.
    """
    values = _read(root)
    values["profile"] = profile
    listed = values["profiles"][profile]["corpora"]
    for name in dict.fromkeys([*listed, study]):
        listed[name] = corpora if name == study else []
    with (folder / PARAMS).open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(values, file)  # ten times as fast as the one that keeps comments


def has_profile(root: Path, name: str) -> bool:
    """Tell whether params.yaml has a profile of a name.

    Raises:
        PipelineError: There is no params.yaml.
    """
    return name in _read(root)["profiles"]


def _read(root: Path) -> dict[str, Any]:
    source = root / PARAMS
    if not source.exists():
        raise PipelineError(f"{PARAMS} is not there: run from the root of the repository")
    return YAML(typ="safe").load(source.read_text("utf-8"))
