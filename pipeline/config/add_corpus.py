"""Writing the entry of a corpus into params.yaml, in the form in which DVC writes the file."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError
from pipeline.core.own_files import written_whole

PARAMS = Path("params.yaml")


def add_corpus(name: str, entry: Mapping[str, Any], path: Path = PARAMS) -> None:
    """Write a corpus's entry into params.yaml, and a profile of its name with its study new_speakers_<name>.

    Nothing else in it changes.

    Raises:
        PipelineError: There is a corpus of that name, or the file would not be valid; it is left as it was.
    """
    before = path.read_text("utf-8")
    yaml = _yaml()
    values = yaml.load(before)
    if name in values["corpora"]:
        raise PipelineError(f"{path}: corpora.{name}: there is a corpus of that name; choose another")
    last = len(values["corpora"]) - 1  # whose comment is the heading of what follows
    values["corpora"].insert(last, name, _flow(entry))
    if name not in values["profiles"]:
        values["profiles"].insert(len(values["profiles"]) - 1, name, _flow(_profile(name, values)))
    with written_whole(path) as partial, partial.open("w", encoding="utf-8") as file:
        yaml.dump(values, file)
    try:
        load_params(path)
    except PipelineError:
        path.write_text(before, "utf-8")
        raise


def _profile(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile in which a corpus stands behind the study of the template, and no other study has any."""
    corpora = {**{study: [] for study in values["studies"]}, "new_speakers": [name]}
    return {"size": "full", "asr_source": "gold", "weights": "published", "corpora": corpora}


def as_block(name: str, entry: Mapping[str, Any]) -> str:
    """Return a corpus's entry as it stands in params.yaml."""
    text = io.StringIO()
    _yaml().dump({"corpora": {name: _flow(entry)}}, text)
    return text.getvalue()


def _yaml() -> YAML:
    yaml = YAML()
    yaml.default_flow_style = False
    return yaml


def _flow(value: Any) -> Any:
    """Return a mapping or list as ruamel writes it within {} or []."""
    if isinstance(value, list):
        items = CommentedSeq(value)
        items.fa.set_flow_style()
        return items
    if not isinstance(value, Mapping):
        return value
    made = CommentedMap({key: _flow(item) for key, item in value.items()})
    made.fa.set_flow_style()
    return made
