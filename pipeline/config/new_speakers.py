"""Block `new_speakers`: one comparison of systems for every corpus, on speakers whom they never heard.

A template: each corpus that the active profile lists under `new_speakers` becomes a study `new_speakers_<corpus>`
of its own labels, and each entry of `systems` a system `new_speakers_<corpus>_<entry>` of that study. A table whose
entry names columns of arousal, valence or dominance becomes a study `new_speakers_<corpus>_dimensions` of the
entries of `dimensions`, too. A profile may name the entries that it trains. Elsewhere in params.yaml,
`new_speakers` among the studies of a feature set means those with a system that reads it; among those of
transcripts, all.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from pydantic import Field, ValidationError

from pipeline.config.base import Settings
from pipeline.config.corpora import RATED
from pipeline.config.mistakes import describe, one_of
from pipeline.config.systems import DIMENSIONS
from pipeline.core.errors import PipelineError
from pipeline.core.paths import TRAINED_GROUPS

NEW_SPEAKERS = "new_speakers"
# Protocols that tell what a result owes to the sentence.
NEW_SENTENCES = "new_sentences"
BOTH_NEW = "new_speakers_and_sentences"
KNOWN_SENTENCES = "new_speakers_known_sentences"
Block = dict[str, Any]
USUAL: Block = {"variant": "main", "second": "none"}  # of an entry of `systems` or `dimensions`


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
    systems: dict[str, Block]  # by name, without `study`, and without what is usual
    dimensions: dict[str, Block] = Field(default={})  # likewise, of those that predict dimensions

    def entries(self) -> dict[str, Block]:
        """Return all systems, by name."""
        return {**self.systems, **self.dimensions}


def study_of(corpus: str) -> str:
    """Return the name of a corpus's study."""
    return f"{NEW_SPEAKERS}_{corpus}"


def dimensions_study_of(corpus: str) -> str:
    """Return the name of the study of a corpus's dimensions."""
    return f"{study_of(corpus)}_dimensions"


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
    try:
        template = NewSpeakers.model_validate(written)
    except ValidationError as error:
        raise PipelineError(f"params.yaml: {describe(error, NEW_SPEAKERS, NewSpeakers)}") from error
    chosen = _chosen(template, values)
    studies, systems = dict(values.get("studies") or {}), dict(values.get("systems") or {})
    names, corpora = [], {}
    for corpus in _wanted(values) if isinstance(values.get("corpora"), dict) else []:
        for study, settings, entries in _studies(template, corpus, values):
            corpora[study] = corpus
            studies[study] = settings
            origins[f"studies.{study}"] = NEW_SPEAKERS
            for where, entry, own in entries:
                if entry in chosen:
                    names.append(f"{study}_{entry}")
                    systems[names[-1]] = {**USUAL, **own, "study": study}
                    origins[f"systems.{names[-1]}"] = f"{NEW_SPEAKERS}.{where}.{entry}"
    values |= {"studies": studies, "systems": systems}
    _complete_profiles(values, corpora)
    name_studies(values, NEW_SPEAKERS, [*corpora])
    _drop_unread(values, [*corpora])
    return names


def _studies(template: NewSpeakers, corpus: str, values: Block) -> Iterator[tuple[str, Block, list[Any]]]:
    """Yield the studies of a corpus: name, settings, and the systems as block, name and settings."""
    rated = rated_dimensions(values, corpus)
    classes, left_out = _labels(template, corpus, values)
    if not rated or len(classes) > 1:
        entries = [("systems", name, own) for name, own in template.systems.items()]
        yield study_of(corpus), _study(template, corpus, classes, left_out), entries
    if rated:
        own = dict.fromkeys(classes, RATED) or {RATED: RATED}
        settings = _study(template, corpus, [], left_out)
        settings |= {"classes": [RATED], "labels": {corpus: {**dict.fromkeys(left_out), **own}}}
        given = [
            ("dimensions", name, {**entry, "targets": targets})
            for name, entry in template.dimensions.items()
            if (targets := [target for target in entry.get("targets", DIMENSIONS) if target in rated])
        ]
        yield dimensions_study_of(corpus), settings, given


def rated_dimensions(values: Block, corpus: str) -> list[str]:
    """Return the dimensions that a corpus's entry names columns for."""
    entry = mapping(mapping(values, "corpora"), corpus)
    columns = mapping(entry, "columns")
    return [name for name in DIMENSIONS if columns.get(name) is not None]


def _chosen(template: NewSpeakers, values: Block) -> set[str]:
    """Return the entries that the active profile trains: those that it names, or all."""
    every = template.entries()
    for name, profile in mapping(values, "profiles").items():
        named = profile.get("systems") if isinstance(profile, dict) else None
        for system in named if isinstance(named, list) else []:
            one_of(system, every, f"system of {NEW_SPEAKERS}", f"profiles.{name}.systems")
    named = mapping(mapping(values, "profiles"), str(values.get("profile"))).get("systems")
    return {*named} if isinstance(named, list) else {*every}


def _check_prefix(values: Block) -> None:
    """Raise where something else is called as systems of a template are, whose files lie apart."""
    for block, group in product(("systems", "ensembles", "external"), TRAINED_GROUPS):
        for name in mapping(values, block):
            if str(name).startswith(f"{group}_"):
                raise PipelineError(
                    f"params.yaml: {block}.{name}: names that begin with {group}_ are of the systems that the "
                    f"block {group} makes: choose another, or add an entry to `systems` there"
                )


def _wanted(values: Block) -> list[str]:
    """Return the corpora that the active profile lists."""
    profile = mapping(mapping(values, "profiles"), str(values.get("profile")))
    return list(mapping(profile, "corpora").get(NEW_SPEAKERS, []))


def _complete_profiles(values: Block, made: Mapping[str, str]) -> None:
    """Give every profile its corpus of each study.

    Args:
        values: The blocks of params.yaml; changed.
        made: Corpus by study.
    """

    def one_each(corpora: Mapping[str, Any]) -> Block:
        others = {study: names for study, names in corpora.items() if study != NEW_SPEAKERS}
        listed = corpora.get(NEW_SPEAKERS, [])
        return others | {study: [corpus] if corpus in listed else [] for study, corpus in made.items()}

    values["profiles"] = {
        name: {**profile, "corpora": one_each(mapping(profile, "corpora"))}
        for name, profile in mapping(values, "profiles").items()
        if isinstance(profile, dict)
    } or values.get("profiles")


def _labels(template: NewSpeakers, corpus: str, values: Block) -> tuple[list[str], list[str]]:
    """Return the classes of a corpus and the labels that are left out.

    They are those that the template lists for it, else those of its entry, where a table describes it, else those
    of the corpus that it imitates. A table of dimensions alone has none.
    """
    entry = mapping(mapping(values, "corpora"), corpus)
    called = dict.fromkeys(label for label in mapping(entry, "labels").values() if isinstance(label, str))
    rated = rated_dimensions(values, corpus)
    if corpus not in template.labels and (len(called) > 1 or (rated and called)):
        return list(called), []
    imitated = entry.get("imitates")
    if entry.get("source") == "table" and not {corpus, imitated} & {*template.labels}:
        if rated:
            return [], []
        raise PipelineError(
            f"params.yaml: corpora.{corpus}.labels: {' '.join(called) or 'none'} is named; a study needs two or "
            f"more, or arousal, valence or dominance in `columns`: `python -m pipeline.describe` lists what its "
            f"table has"
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


def _drop_unread(values: Block, studies: list[str]) -> None:
    """Take out of the feature sets those of the template's studies that have no system which reads them."""
    read = {
        (system.get("study"), system.get(slot))
        for system in mapping(values, "systems").values()
        if isinstance(system, dict)
        for slot in ("features", "second")
    }
    for sets in mapping(values, "feature_sets").values():
        for name, entry in sets.items() if isinstance(sets, dict) else ():
            given = entry.get("studies") if isinstance(entry, dict) else None
            if isinstance(given, list):
                kept = [study for study in given if study not in studies or (study, name) in read]
                sets[name] = {**entry, "studies": kept}


def mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a block that is a mapping; what is of a wrong type is left to its own validation."""
    block = values.get(key)
    return block if isinstance(block, dict) else {}
