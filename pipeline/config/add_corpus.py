"""Writing the entry of a corpus into params.yaml, in the form in which DVC writes the file."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from pipeline.config.new_speakers import NEW_SPEAKERS
from pipeline.config.params import load_params
from pipeline.config.systems import DIMENSIONS
from pipeline.core.errors import PipelineError
from pipeline.core.own_files import written_whole

PARAMS = Path("params.yaml")
# Of the template new_speakers, of classes and of dimensions: what needs no published weights and trains in seconds.
QUICK = {"systems": ("compare_svm", "egemaps_svm", "egemaps_trees"), "dimensions": ("compare_mlp",)}


def add_corpus(name: str, entry: Mapping[str, Any], path: Path = PARAMS) -> None:
    """Write a corpus's entry into params.yaml, and a profile of its name with its study new_speakers_<name>.

    Nothing else in it changes.

    Raises:
        PipelineError: There is a corpus or a profile of that name, or the file is not valid, or would not be; it is
            left as it was.
    """
    load_params(path)
    yaml = _yaml()
    values = yaml.load(path.read_text("utf-8"))
    for block, what in (("corpora", "corpus"), ("profiles", "profile")):
        if name in values[block]:
            raise PipelineError(f"{path}: {block}.{name}: there is a {what} of that name; choose another")
    last = len(values["corpora"]) - 1  # whose comment is the heading of what follows
    values["corpora"].insert(last, name, _flow(entry))
    values["profiles"].insert(len(values["profiles"]) - 1, name, _flow(_profile(name, entry, values)))
    with written_whole(path) as partial:
        with partial.open("w", encoding="utf-8") as file:
            yaml.dump(values, file)
        load_params(partial)


def _profile(name: str, entry: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile in which a corpus stands behind the study of the template, and no other study has any."""
    corpora = {**{study: [] for study in values["studies"]}, NEW_SPEAKERS: [name]}
    classes = {*entry.get("labels", {}).values()} - {None}
    said = {"systems": len(classes) > 1, "dimensions": {*DIMENSIONS} & {*entry.get("columns", {})}}
    if not any(said.values()):
        raise PipelineError(
            f"corpora.{name}: its clips have neither two classes nor {', '.join(DIMENSIONS)}, so that no study "
            "could use it: nothing is written. Name the column that says them, as in --column label=NAME"
        )
    systems = [
        system
        for block, names in QUICK.items()
        for system in names
        if said[block] and system in values[NEW_SPEAKERS].get(block, {})
    ]
    settings = {"size": "full", "asr_source": "gold", "weights": "published"}
    return {**settings, "corpora": corpora, "systems": systems}


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
    """Return a mapping or list as ruamel writes it within {} or []; over lines where that could not be read again.

    Within them ruamel, and so DVC, writes a text with a colon without quotes, and then trips over the colon.
    """
    if isinstance(value, list):
        made: CommentedSeq | CommentedMap = CommentedSeq([_flow(item) for item in value])
    elif isinstance(value, Mapping):
        made = CommentedMap({key: _flow(item) for key, item in value.items()})
    else:
        return value
    if not _has_colon(made):
        made.fa.set_flow_style()
    return made


def _has_colon(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_colon(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_has_colon(item) for item in value)
    return isinstance(value, str) and ":" in value
