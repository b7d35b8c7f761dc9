"""Block `cross_corpora`: one system, trained on each corpus in turn and tested on every other.

A template, as `new_speakers` is one. The corpora that the active profile lists under `cross_corpora`, if they are
two or more, become one study of that name, of the classes that they have in common. It has a split for each thing
that is trained on, and each split a system.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from pipeline.config.base import Settings
from pipeline.config.mistakes import describe, one_of
from pipeline.config.new_speakers import NEW_SPEAKERS, Block, mapping, name_studies
from pipeline.core.errors import PipelineError

CROSS_CORPORA = "cross_corpora"
# What a system is trained on: speakers of the corpus that it is tested on, one other corpus, all other corpora.
Case = Literal["within", "on", "without"]
CASES: tuple[Case, ...] = ("within", "on", "without")


class CrossCorpora(Settings):
    """What the matrix is made of."""

    classes: list[str]
    labels: dict[str, dict[str, str | None]]  # by corpus: own label -> class; null drops it by name
    curation: Block = Field(default={})  # as of a study
    split: Block  # of tests within a corpus; the others are of protocol cross_corpus
    system: Block  # without `study` and `variant`


def variant_of(case: Case, corpus: str) -> str:
    """Return the name of a split: within a corpus, trained on it, or trained on all others."""
    return f"{case}_{corpus}"


def system_of(case: Case, corpus: str) -> str:
    """Return the name of a split's system; it begins as those do that the stage `new_speakers` trains."""
    return f"{NEW_SPEAKERS}_cross_{variant_of(case, corpus)}"


def fill_in_matrix(values: Block, origins: dict[str, str]) -> list[str]:
    """Write the matrix's study and systems among those of params.yaml, and return the systems' names.

    Args:
        values: The blocks of params.yaml; changed. `cross_corpora` becomes the list of the matrix's corpora.
        origins: By key of what is written, where it stands in the file; added to.

    Raises:
        PipelineError: The block holds something that is not allowed, or has no labels for a corpus.
    """
    written = values.pop(CROSS_CORPORA, None)
    corpora = _listed(values) if written is not None else []
    values[CROSS_CORPORA] = corpora
    _complete_profiles(values, there=bool(corpora))
    if not corpora:
        name_studies(values, CROSS_CORPORA, [])
        return []
    try:
        template = CrossCorpora.model_validate(written)
    except ValidationError as error:
        raise PipelineError(f"params.yaml: {describe(error, CROSS_CORPORA, CrossCorpora)}") from error
    study = {
        "classes": template.classes,
        "labels": {**template.labels, **_labels(template, corpora, values)},
        "curation": dict(template.curation),
        "split": {**template.split, "corpora": []},  # every system names a variant
        "variants": _variants(corpora),
    }
    systems = {
        f"{NEW_SPEAKERS}_cross_{variant}": {**template.system, "study": CROSS_CORPORA, "variant": variant}
        for variant in study["variants"]
    }
    values["studies"] = {**mapping(values, "studies"), CROSS_CORPORA: study}
    values["systems"] = {**mapping(values, "systems"), **systems}
    origins[f"studies.{CROSS_CORPORA}"] = CROSS_CORPORA
    origins |= {f"systems.{name}": f"{CROSS_CORPORA}.system" for name in systems}
    return [*systems]


def _listed(values: Block) -> list[str]:
    """Return the corpora that the active profile lists; one alone makes no matrix."""
    profile = mapping(mapping(values, "profiles"), str(values.get("profile")))
    listed = list(mapping(profile, "corpora").get(CROSS_CORPORA, []))
    return listed if len(listed) > 1 and isinstance(values.get("corpora"), dict) else []


def _complete_profiles(values: Block, *, there: bool) -> None:
    """Let a profile that does not list the study leave it out; where it is not there, none lists it."""

    def complete(corpora: Mapping[str, Any]) -> Block:
        others = {study: names for study, names in corpora.items() if study != CROSS_CORPORA}
        return others | ({CROSS_CORPORA: corpora.get(CROSS_CORPORA, [])} if there else {})

    values["profiles"] = {
        name: {**profile, "corpora": complete(mapping(profile, "corpora"))}
        if isinstance(profile, dict)
        else profile
        for name, profile in mapping(values, "profiles").items()
    } or values.get("profiles")


def _labels(template: CrossCorpora, corpora: list[str], values: Block) -> dict[str, dict[str, str | None]]:
    """Return the labels of those corpora whose table calls them as the classes, and check that all have some."""
    found: dict[str, dict[str, str | None]] = {}
    for corpus in corpora:
        entry = mapping(mapping(values, "corpora"), corpus)
        called = [label for label in mapping(entry, "labels").values() if isinstance(label, str)]
        imitated = entry.get("imitates", corpus)
        if {corpus, imitated} & {*template.labels} or imitated not in mapping(values, "corpora"):
            continue  # what is not there is told by its own validation
        if not set(called) & set(template.classes):
            one_of(corpus, template.labels, "corpus", f"{CROSS_CORPORA}.labels")
        found[corpus] = {label: label if label in template.classes else None for label in called}
    return found


def _variants(corpora: list[str]) -> dict[str, Block]:
    """Return the splits by name; of two corpora, training on all others is training on the other one."""
    cross: Block = {"protocol": "cross_corpus", "corpora": None}
    variants: dict[str, Block] = {}
    for corpus in corpora:
        others = [other for other in corpora if other != corpus]
        variants[variant_of("within", corpus)] = {"corpora": [corpus]}
        variants[variant_of("on", corpus)] = {**cross, "test_corpora": others}
        if len(corpora) > 2:
            variants[variant_of("without", corpus)] = {**cross, "test_corpora": [corpus]}
    return variants
