"""params.yaml as typed, validated settings: the one place that reads it.

Every value lives in params.yaml and has no second default here. An unknown key, a wrong type or the name of
something that is not there raises a `PipelineError` that names the key, what came, what is allowed and, where
one is close, the name that was probably meant.
"""

from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError, model_validator
from ruamel.yaml import YAML, YAMLError

from pipeline.config.analysis import External, Published
from pipeline.config.mistakes import describe, one_of
from pipeline.config.settings import (
    MAIN,
    RANDOM,
    AnySystem,
    Asr,
    CorpusSource,
    Ensemble,
    FeatureSet,
    Profile,
    Settings,
    SklearnSystem,
    Study,
    System,
    TorchSystem,
)
from pipeline.core.errors import PipelineError

Block = TypeVar("Block", bound=Settings)


class Params(Settings):
    """All of params.yaml."""

    profile: str
    profiles: dict[str, Profile]
    corpora: dict[str, CorpusSource]
    feature_sets: dict[str, FeatureSet]  # by name; params.yaml groups them by kind
    asr: Asr
    studies: dict[str, Study]
    systems: dict[str, AnySystem]
    ensembles: dict[str, Ensemble]
    external: dict[str, External]
    published: dict[str, Published]
    baselines: dict[str, list[str]]  # unimodal systems that a multimodal one is held against
    audit: dict[str, dict[str, str]]  # by title and case: the system that shows what a leak is worth
    representations: dict[str, list[str]]  # by system: which inner ones are drawn

    @model_validator(mode="before")
    @classmethod
    def _flatten_feature_sets(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("feature_sets"), dict):
            return data
        flat: dict[str, dict[str, Any]] = {}
        for kind, sets in data["feature_sets"].items():
            if not isinstance(sets, dict):
                raise ValueError(f"feature_sets.{kind} must be a mapping of names to settings, not {sets!r}")
            for name, settings in sets.items():
                if not isinstance(settings, dict):
                    raise ValueError(f"feature_sets.{kind}.{name} must be a mapping, not {settings!r}")
                if name in flat:
                    raise ValueError(
                        f"feature_sets.{kind}.{name}: a feature set of kind {flat[name]['kind']} has that name"
                    )
                flat[name] = {**settings, "kind": kind}
        return {**data, "feature_sets": flat}

    @property
    def active(self) -> Profile:
        """The profile in force."""
        return self.profiles[self.profile]

    @property
    def asr_source(self) -> Literal["whisper", "gold"]:
        """Where text comes from: `asr.source`, else what the profile says."""
        return self.asr.source or self.active.asr_source

    @property
    def gold_corpora(self) -> list[str]:
        """The corpora of the active profile whose own texts are read, sorted."""
        transcribed = self.feature_set_corpora("transcripts")
        return transcribed if self.asr_source == "gold" else sorted({*transcribed} & {*self.asr.gold})

    def study_corpora(self, study: str) -> list[str]:
        """The corpora behind a study in the active profile; none where the profile leaves it out."""
        return self.active.corpora[study]

    def active_corpora(self) -> list[str]:
        """All corpora of the active profile, sorted."""
        return sorted({corpus for corpora in self.active.corpora.values() for corpus in corpora})

    def feature_set_corpora(self, feature_set: str) -> list[str]:
        """The corpora for which the active profile needs a feature set (or transcripts), sorted."""
        studies = self.input_studies(feature_set)
        return sorted({corpus for study in studies for corpus in self.study_corpora(study)})

    def input_studies(self, feature_set: str) -> list[str]:
        """The studies a feature set, or "transcripts", is made for."""
        entries = self._input_entries(feature_set)
        return list(dict.fromkeys(entry.partition("/")[0] for entry in entries))

    def input_variants(self, feature_set: str, study: str) -> list[str]:
        """The variants of a study that a feature set is complete for: their augmented copies are made, if any."""
        entries = self._input_entries(feature_set)
        settings = self.studies[study]
        return [
            name
            for name in settings.variant_names
            if feature_set == "transcripts"  # a copy says what its original says
            or not settings.variant(name).resampling.makes_copies
            or f"{study}/{name}" in entries
        ]

    def _input_entries(self, feature_set: str) -> list[str]:
        return self.asr.studies if feature_set == "transcripts" else self.feature_sets[feature_set].studies

    def feature_settings(self, name: str) -> dict[str, Any]:
        """The settings of a feature set as the active profile computes it, as its kind takes them."""
        feature_set = self.feature_sets[name]
        small = feature_set.small if self.active.size == "small" else {}
        return {**feature_set.settings, **small}

    def system(self, name: str) -> TorchSystem | SklearnSystem:
        """A system as the active profile trains it: with its `small` settings where the profile is small.

        Published weights become random ones where the profile says so, and nowhere else.
        """
        system = self.systems[one_of(name, self.systems, "system")]
        if self.active.size == "small":
            system = _changed(system, system.small, f"systems.{name}.small")
        if isinstance(system, TorchSystem) and system.weights is not None and self.active.weights == RANDOM:
            system = system.model_copy(update={"weights": RANDOM})
        return system.model_copy(update={"small": {}})

    def ensemble(self, name: str) -> Ensemble:
        """An ensemble as the active profile makes it, like `system`."""
        ensemble = self.ensembles[one_of(name, self.ensembles, "ensemble")]
        if self.active.size == "small":
            ensemble = _changed(ensemble, ensemble.small, f"ensembles.{name}.small")
        return ensemble.model_copy(update={"small": {}})

    def evaluated(self) -> list[str]:
        """The names of all that is scored: systems, ensembles and predictions from elsewhere."""
        return [*self.systems, *self.ensembles, *self.external]

    def scored(self, name: str) -> TorchSystem | SklearnSystem | Ensemble | External:
        """What is scored under a name, as the active profile makes it."""
        one_of(name, self.evaluated(), "system")
        if name in self.external:
            return self.external[name]
        return self.ensemble(name) if name in self.ensembles else self.system(name)

    def check_names(self) -> None:
        """Raise where something is named that is not there."""
        one_of(self.profile, self.profiles, "profile", "profile")
        for profile_name, profile in self.profiles.items():
            for study in self.studies.keys() - profile.corpora.keys():
                raise PipelineError(
                    f"params.yaml: profiles.{profile_name}.corpora.{study}: missing; [] leaves the study out"
                )
            for study, corpora in profile.corpora.items():
                where = f"profiles.{profile_name}.corpora.{study}"
                one_of(study, self.studies, "study", where)
                for corpus in corpora:
                    one_of(corpus, self.corpora, "corpus", where)
                    one_of(corpus, self.studies[study].labels, f"corpus in studies.{study}.labels", where)
        for name, block in self.studies.items():
            for corpus in block.labels:
                one_of(corpus, self.corpora, "corpus", f"studies.{name}.labels")
            for variant in block.variant_names:
                settings = block.variant(variant)
                for corpus in [*(settings.corpora or []), *settings.test_corpora, *settings.also_test]:
                    one_of(corpus, self.corpora, "corpus", f"studies.{name}: split {variant}")
        for set_name, feature_set in self.feature_sets.items():
            where = f"feature_sets.{feature_set.kind}.{set_name}.studies"
            for key in feature_set.small:
                one_of(key, feature_set.settings, "key", f"feature_sets.{feature_set.kind}.{set_name}.small")
            for entry in feature_set.studies:
                study, _, variant = entry.partition("/")
                one_of(study, self.studies, "study", where)
                one_of(variant or MAIN, self.studies[study].variant_names, f"variant of {study}", where)
        for study in self.asr.studies:
            one_of(study, self.studies, "study", "asr.studies")
        for corpus in self.asr.gold:
            one_of(corpus, self.corpora, "corpus", "asr.gold")
        for system_name, system in self.systems.items():
            self._check_system(system_name, system)
        for name, ensemble in self.ensembles.items():
            self._check_ensemble(name, ensemble)
        for name, external in self.external.items():
            self._check_external(name, external)
        for name, baselines in self.baselines.items():
            for member in [name, *baselines]:
                one_of(member, self.evaluated(), "system", f"baselines.{name}")
        for title, cases in self.audit.items():
            for case, member in cases.items():
                one_of(member, self.evaluated(), "system", f"audit.{title}.{case}")
        if not self.representations:
            raise PipelineError("params.yaml: representations: empty; name one system or more")
        for name in self.representations:
            one_of(name, self.systems, "system", "representations")
        for name, report in self.published.items():
            one_of(name, self.evaluated(), "system", "published")
            for corpus in report.corpora or []:
                one_of(corpus, self.corpora, "corpus", f"published.{name}.corpora")

    def _check_system(self, name: str, system: System) -> None:
        one_of(system.study, self.studies, "study", f"systems.{name}.study")
        for key in system.small:
            one_of(key, type(system).model_fields, "key", f"systems.{name}.small")
        if isinstance(system, TorchSystem) and RANDOM in (system.weights, system.small.get("weights")):
            raise PipelineError(
                f"params.yaml: systems.{name}.weights is {RANDOM!r}, which only a profile may say: name the "
                f"published weights, and set profiles.<profile>.weights to {RANDOM}; or null for none"
            )
        variants = self.studies[system.study].variant_names
        one_of(system.variant, variants, f"variant of {system.study}", f"systems.{name}.variant")
        inputs = {"features": system.features, "second": system.second}
        for slot, feature_set in inputs.items():
            allowed = [*self.feature_sets, "transcripts", *(["none"] if slot == "second" else [])]
            one_of(feature_set, allowed, "feature set", f"systems.{name}.{slot}")
            if feature_set != "none" and system.study not in self.input_studies(feature_set):
                known = self.feature_sets.get(feature_set)
                key = f"feature_sets.{known.kind}.{feature_set}" if known else "asr"
                raise PipelineError(
                    f"params.yaml: systems.{name}.{slot} is {feature_set!r}, which is not made for study "
                    f"{system.study!r}: add it to {key}.studies"
                )
            if feature_set != "none" and system.variant not in self.input_variants(feature_set, system.study):
                raise PipelineError(
                    f"params.yaml: systems.{name} trains on the augmented copies of variant {system.variant!r}, "
                    f"which feature set {feature_set!r} lacks: add {system.study}/{system.variant} to "
                    f"feature_sets.{self.feature_sets[feature_set].kind}.{feature_set}.studies"
                )

    def _check_ensemble(self, name: str, ensemble: Ensemble) -> None:
        where = f"ensembles.{name}"
        if name in self.systems:
            raise PipelineError(f"params.yaml: {where}: there is a system of that name; choose another")
        for key in ensemble.small:
            one_of(key, Ensemble.model_fields, "key", f"{where}.small")
        one_of(ensemble.study, self.studies, "study", f"{where}.study")
        for slot, member in (("first", ensemble.first), ("second", ensemble.second)):
            system = self.systems[one_of(member, self.systems, "system", f"{where}.{slot}")]
            if (system.study, system.variant) != (ensemble.study, ensemble.variant):
                raise PipelineError(
                    f"params.yaml: {where}.{slot} is {member!r} of {system.study}/{system.variant}, expected a "
                    f"system of {ensemble.study}/{ensemble.variant}: members are tested on the same clips"
                )
            if self.system(member).seeds != self.ensemble(name).seeds:
                raise PipelineError(
                    f"params.yaml: {where}.seeds is {self.ensemble(name).seeds}, and {member!r} has "
                    f"{self.system(member).seeds}: they are joined seed by seed"
                )

    def _check_external(self, name: str, external: External) -> None:
        where = f"external.{name}"
        if name in {*self.systems, *self.ensembles}:
            raise PipelineError(f"params.yaml: {where}: there is a system of that name; choose another")
        one_of(external.study, self.studies, "study", f"{where}.study")
        variants = self.studies[external.study].variant_names
        one_of(external.variant, variants, f"variant of {external.study}", f"{where}.variant")


def _changed(block: Block, changes: dict[str, Any], where: str) -> Block:
    try:
        return type(block).model_validate({**block.model_dump(), **changes})
    except ValidationError as error:
        raise PipelineError(describe(error, where, type(block))) from error


def load_params(path: Path | str = "params.yaml") -> Params:
    """Read and validate params.yaml.

    Raises:
        PipelineError: The file is not there, is not YAML, or holds something that is not allowed.
    """
    path = Path(path)
    if not path.exists():
        raise PipelineError(f"{path} is not there: run from the root of the repository")
    try:
        values = YAML(typ="safe").load(path.read_text("utf-8"))
    except YAMLError as error:
        raise PipelineError(f"{path} is not valid YAML: {error}") from error
    return check_params(values, path)


def check_params(values: Any, path: Path | str = "params.yaml") -> Params:
    """Validate what a params.yaml holds.

    Args:
        values: Its blocks.
        path: Of the file, for errors.

    Raises:
        PipelineError: Something in it is not allowed.
    """
    try:
        params = Params.model_validate(values)
    except ValidationError as error:
        raise PipelineError(f"{path}: {describe(error, '', Params)}") from error
    params.check_names()
    return params
