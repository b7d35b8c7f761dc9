"""Block `new_speakers`: one comparison of systems for every corpus, on speakers whom they never heard.

A template: each corpus that the active profile lists under `new_speakers` becomes a study `new_speakers_<corpus>`
of its own labels, and each entry of `systems` a system `new_speakers_<corpus>_<entry>` of that study. Elsewhere in
params.yaml, `new_speakers` among the studies of a feature set or of transcripts means all of them.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from pipeline.config.base import Settings
from pipeline.config.mistakes import describe, one_of
from pipeline.core.errors import PipelineError

NEW_SPEAKERS = "new_speakers"
# Protocols that tell what a result owes to the sentence.
NEW_SENTENCES = "new_sentences"
BOTH_NEW = "new_speakers_and_sentences"
KNOWN_SENTENCES = "new_speakers_known_sentences"
Block = dict[str, Any]


class NewSpeakers(Settings):
    """What all these studies have in common, and what a corpus has to itself."""

    labels: dict[str, list[str]]  # by corpus: its classes, by its own names
    left_out: dict[str, list[str]] = Field(
        default={}
    )  # by corpus: labels that are no emotion, or no agreement
    speakers: dict[str, list[list[str | int]]] = Field(
        default={}
    )  # by corpus: who is tested together, a fold each
    curation: Block = Field(default={})  # as of a study
    split: Block
    variants: dict[str, Block] = Field(default={})
    systems: dict[str, Block]  # by name, without `study`


def study_of(corpus: str) -> str:
    """Return the name of a corpus's study."""
    return f"{NEW_SPEAKERS}_{corpus}"


def fill_in(values: Block, origins: dict[str, str]) -> list[str]:
    """Write the template's studies and systems among those of params.yaml, and return the systems' names.

    Args:
        values: The blocks of params.yaml; changed.
        origins: By key of what is written, where it stands in the file; added to.

    Raises:
        PipelineError: The block holds something that is not allowed, or has no labels for a corpus.
    """
    written = values.pop(NEW_SPEAKERS, None)
    if written is None:
        return []
    _check_prefix(values)
    wanted = _wanted(values) if isinstance(values.get("corpora"), dict) else []
    try:
        template = NewSpeakers.model_validate(written)
    except ValidationError as error:
        raise PipelineError(f"params.yaml: {describe(error, NEW_SPEAKERS, NewSpeakers)}") from error
    studies, systems = dict(values.get("studies") or {}), dict(values.get("systems") or {})
    names = []
    for corpus in wanted:
        study = study_of(corpus)
        studies[study] = _study(template, corpus, *_labels(template, corpus, values))
        origins[f"studies.{study}"] = NEW_SPEAKERS
        for entry, settings in template.systems.items():
            names.append(f"{study}_{entry}")
            systems[names[-1]] = {**settings, "study": study}
            origins[f"systems.{names[-1]}"] = f"{NEW_SPEAKERS}.systems.{entry}"
    values |= {"studies": studies, "systems": systems}
    name_studies(values, NEW_SPEAKERS, [study_of(corpus) for corpus in wanted])
    return names


def _check_prefix(values: Block) -> None:
    """Raise where something else is called as the template's systems are, whose files lie apart."""
    for block in ("systems", "ensembles", "external"):
        for name in mapping(values, block):
            if str(name).startswith(f"{NEW_SPEAKERS}_"):
                raise PipelineError(
                    f"params.yaml: {block}.{name}: names that begin with {NEW_SPEAKERS}_ are of the systems that "
                    f"the block {NEW_SPEAKERS} makes: choose another, or add an entry to {NEW_SPEAKERS}.systems"
                )


def _wanted(values: Block) -> list[str]:
    """Give every profile its corpus of each study, and return the corpora that the active one lists."""
    profiles = {
        name: profile for name, profile in mapping(values, "profiles").items() if isinstance(profile, dict)
    }
    listed = {
        name: list(mapping(profile, "corpora").get(NEW_SPEAKERS, [])) for name, profile in profiles.items()
    }
    wanted = listed.get(str(values.get("profile")), [])
    values["profiles"] = {
        name: {**profile, "corpora": _one_each(mapping(profile, "corpora"), wanted, listed[name])}
        for name, profile in profiles.items()
    } or values.get("profiles")
    return wanted


def _one_each(corpora: Mapping[str, Any], wanted: list[str], listed: list[str]) -> Block:
    others = {study: names for study, names in corpora.items() if study != NEW_SPEAKERS}
    return others | {study_of(corpus): [corpus] if corpus in listed else [] for corpus in wanted}


def _labels(template: NewSpeakers, corpus: str, values: Block) -> tuple[list[str], list[str]]:
    """Return the classes of a corpus and the labels that are left out.

    They are those that the template lists for it, else those of its entry, where a table describes it, else those
    of the corpus that it imitates.
    """
    entry = mapping(mapping(values, "corpora"), corpus)
    called = dict.fromkeys(label for label in mapping(entry, "labels").values() if isinstance(label, str))
    if corpus not in template.labels and called:
        return list(called), []
    imitated = entry.get("imitates")
    if entry.get("source") == "table" and not {corpus, imitated} & {*template.labels}:
        raise PipelineError(
            f"params.yaml: corpora.{corpus}.labels: none is named; a study needs two or more: "
            f"`python -m pipeline.describe` lists those of its table"
        )
    if corpus in template.labels or imitated not in template.labels:
        imitated = one_of(corpus, template.labels, "corpus", f"{NEW_SPEAKERS}.labels")
    return template.labels[imitated], template.left_out.get(imitated, [])


def _study(template: NewSpeakers, corpus: str, classes: list[str], left_out: list[str]) -> Block:
    labels = {**dict.fromkeys(left_out), **{label: label for label in classes}}
    own = {"speakers": template.speakers[corpus]} if corpus in template.speakers else {}
    return {
        "classes": classes,
        "labels": {corpus: labels},
        "curation": dict(template.curation),
        "split": {**template.split, **own},
        "variants": template.variants,
    }


def name_studies(values: Block, template: str, studies: list[str]) -> None:
    """Let a template's name among the studies of a feature set, or of transcripts, mean all that it makes."""

    def named(entry: Any) -> Any:
        given = entry.get("studies") if isinstance(entry, dict) else None
        if not isinstance(given, list) or template not in given:
            return entry
        return {**entry, "studies": [name for name in given if name != template] + studies}

    values["asr"] = named(values.get("asr"))
    values["feature_sets"] = {
        group: {name: named(entry) for name, entry in sets.items()} if isinstance(sets, dict) else sets
        for group, sets in mapping(values, "feature_sets").items()
    }


def mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a block that is a mapping; what is of a wrong type is left to its own validation."""
    block = values.get(key)
    return block if isinstance(block, dict) else {}
