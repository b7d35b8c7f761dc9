"""Block `cross_corpora`: one system, trained on each corpus in turn and tested on every other.

A template, as `new_speakers` is one. The corpora that the active profile lists under `cross_corpora`, if they are
two or more, become one study of that name, of the classes that they have in common. It has a split for each thing that
is trained on, and each split a system.
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
    if not corpora:
        _leave_out(values)
        return []
    try:
        template = CrossCorpora.model_validate(written)
    except ValidationError as error:
        raise PipelineError(f"params.yaml: {describe(error, CROSS_CORPORA, CrossCorpora)}") from error
    for corpus in corpora:
        imitated = mapping(mapping(values, "corpora"), corpus).get("imitates")
        if imitated not in template.labels:
            one_of(corpus, template.labels, "corpus", f"{CROSS_CORPORA}.labels")
    variants = _variants(corpora)
    study = {
        "classes": template.classes,
        "labels": template.labels,
        "curation": dict(template.curation),
        "split": {**template.split, "corpora": []},  # every system names a variant
        "variants": variants,
    }
    systems = {
        f"{NEW_SPEAKERS}_cross_{variant}": {**template.system, "study": CROSS_CORPORA, "variant": variant}
        for variant in variants
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
    return listed if len(listed) > 1 else []


def _leave_out(values: Block) -> None:
    """Take the study out of the profiles and feature sets: it is not there."""
    values["profiles"] = {
        name: {**profile, "corpora": _without_matrix(mapping(profile, "corpora"))}
        if isinstance(profile, dict)
        else profile
        for name, profile in mapping(values, "profiles").items()
    } or values.get("profiles")
    name_studies(values, CROSS_CORPORA, [])


def _without_matrix(corpora: Mapping[str, Any]) -> Block:
    return {study: names for study, names in corpora.items() if study != CROSS_CORPORA}


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
