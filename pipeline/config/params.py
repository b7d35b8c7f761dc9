"""params.yaml as typed, validated settings: the one place that reads it.

An unknown key, a wrong type or the name of something that is not there raises a `PipelineError` that names the key,
what came, what is allowed and, where one is close, the name that was probably meant.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError
from ruamel.yaml import YAML, YAMLError

from pipeline.config.ablations import ABLATIONS
from pipeline.config.app import App
from pipeline.config.asr import Asr
from pipeline.config.base import Settings
from pipeline.config.checks import check_names
from pipeline.config.corpora import AnyCorpus
from pipeline.config.ensembles import Ensemble
from pipeline.config.expand import expand, merge
from pipeline.config.exports import ExportSettings
from pipeline.config.external import External
from pipeline.config.feature_sets import FeatureSet
from pipeline.config.mistakes import describe, one_of
from pipeline.config.names import check_given_names
from pipeline.config.new_speakers import NEW_SPEAKERS
from pipeline.config.profiles import Profile
from pipeline.config.published import PUBLISHED, Published, load_published
from pipeline.config.stress import ImportanceSettings, StressSettings
from pipeline.config.studies import Study
from pipeline.config.systems import RANDOM, AnySystem, SklearnSystem, TorchSystem
from pipeline.core.errors import PipelineError

Block = TypeVar("Block", bound=Settings)


class Params(Settings):
    """All of params.yaml, its recipes and defaults written into what they are for, and what is published."""

    profile: str
    profiles: dict[str, Profile]
    corpora: dict[str, AnyCorpus]
    asr: Asr
    feature_sets: dict[str, FeatureSet]  # by name; params.yaml groups them
    studies: dict[str, Study]
    systems: dict[str, AnySystem]
    new_speakers: list[str]  # those systems that the template of that name makes; one stage trains them all
    ablations: list[str]  # the same
    cross_corpora: list[str]  # the corpora of the matrix in the active profile, whose systems are among those
    ensembles: dict[str, Ensemble]
    external: dict[str, External]
    baselines: dict[str, list[str]]  # unimodal systems that a multimodal one is held against
    audit: dict[str, dict[str, str]]  # by title and case: the system that shows what a leak is worth
    representations: dict[str, list[str]]  # by system: which inner ones are drawn
    app: App
    exports: dict[
        str, ExportSettings
    ]  # by system or ensemble: those that are written down to be taken elsewhere
    stress: dict[str, StressSettings]  # by system or ensemble: those whose test clips are changed
    importances: dict[str, ImportanceSettings]  # by system: whose families of features are permuted
    published: dict[str, Published]  # by system: of results/published.yaml

    @property
    def active(self) -> Profile:
        """The profile in force."""
        return self.profiles[self.profile]

    @property
    def trained_groups(self) -> dict[str, list[str]]:
        """The systems that have no stage of their own, by the stage that trains them."""
        return {NEW_SPEAKERS: self.new_speakers, ABLATIONS: self.ablations}

    @property
    def asr_source(self) -> Literal["whisper", "gold"]:
        """Where text comes from: `asr.source`, else what the profile says."""
        return self.asr.source or self.active.asr_source

    @property
    def gold_corpora(self) -> list[str]:
        """The corpora of the active profile whose own texts are read, sorted."""
        transcribed = [name for name in self.feature_set_corpora("transcripts") if name not in self.asr.texts]
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

    @property
    def audio_feature_sets(self) -> list[str]:
        """The feature sets that are made of audio, not of what is said."""
        return [name for name, block in self.feature_sets.items() if block.group == "audio"]

    def feature_settings(self, name: str) -> dict[str, Any]:
        """The settings of a feature set as the active profile computes it, as its kind takes them."""
        feature_set = self.feature_sets[name]
        small = feature_set.small if self.active.size == "small" else {}
        return merge(feature_set.settings, small)

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


def _changed(block: Block, changes: dict[str, Any], where: str) -> Block:
    try:
        return type(block).model_validate(merge(block.model_dump(), changes))
    except ValidationError as error:
        raise PipelineError(describe(error, where, type(block))) from error


def load_params(path: Path | str = "params.yaml") -> Params:
    """Read and validate params.yaml, and the published values beside it.

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
    return check_params(values, load_published(path.parent / PUBLISHED))


def check_params(values: Any, published: Mapping[str, Published] | None = None) -> Params:
    """Validate what a params.yaml holds.

    Args:
        values: Its blocks.
        published: What is published of its systems.

    Raises:
        PipelineError: Something in it is not allowed.
    """
    expanded = expand(values)
    blocks = [*Params.model_fields, "recipes", "defaults"]
    blocks.remove("published")
    for name in values:
        one_of(name, blocks, "key", name)
    try:
        params = Params.model_validate({**expanded.values, "published": dict(published or {})})
    except ValidationError as error:
        raise PipelineError(f"params.yaml: {describe(error, '', Params, expanded.find)}") from error
    check_given_names(params)
    check_names(params)
    for name, system in params.published.items():
        where = f"documents.{system.document}.systems.{name}"
        one_of(name, params.evaluated(), "system", where, str(PUBLISHED))
        for corpus in system.corpora or []:
            one_of(corpus, params.corpora, "corpus", f"{where}.corpora", str(PUBLISHED))
    return params
