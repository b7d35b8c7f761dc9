"""params.yaml with one study alone, for a run of its own."""

from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.core.errors import PipelineError

PARAMS = "params.yaml"


def write_cut_down(root: Path, folder: Path, profiles: Sequence[str], study: str, corpora: list[str]) -> None:
    """Write params.yaml into another folder, with a profile in force that has nothing but one study.

    Args:
        root: Where params.yaml is.
        folder: Where the other is to be.
        profiles: Of params.yaml: the first of them that it has.
        study: That stays, or a template of studies.
        corpora: Behind it.

    Raises:
        PipelineError: There is no params.yaml.
    """
    source = root / PARAMS
    if not source.exists():
        raise PipelineError(f"{PARAMS} is not there: run from the root of the repository")
    yaml = YAML(typ="safe")  # ten times as fast as the one that keeps comments
    values = yaml.load(source.read_text("utf-8"))
    values["profile"] = profile = next(name for name in profiles if name in values["profiles"])
    listed = values["profiles"][profile]["corpora"]
    for name in dict.fromkeys([*listed, study]):
        listed[name] = corpora if name == study else []
    with (folder / PARAMS).open("w", encoding="utf-8") as file:
        yaml.dump(values, file)
