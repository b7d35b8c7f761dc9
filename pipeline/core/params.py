"""params.yaml as typed, validated settings: the one place that reads it.

Every value lives in params.yaml and has no second default here. An unknown key, a wrong type or the name of
something that is not there raises a `PipelineError` that names the key, what came, what is allowed and, where
one is close, the name that was probably meant.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML, YAMLError

from pipeline.core.errors import PipelineError
from pipeline.core.mistakes import describe, one_of

Split = Literal["train", "val", "test"]


class Settings(BaseModel):
    """A block of settings: no unknown key, no silent conversion, never changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Profile(Settings):
    """Which corpora stand behind each study, and how large the training is."""

    size: Literal["small", "full"]
    asr_source: Literal["whisper", "gold"]
    corpora: dict[str, list[str]]  # by study


class Archive(Settings):
    """A file to download, and how its bytes are checked."""

    name: str
    url: str
    n_bytes: int | None
    md5: str | None
    sha256: str | None


class Corpus(Settings):
    """Where a corpus comes from."""

    source: Literal["archive", "manual", "synthetic"]
    code: str  # what `download` runs for it: the file or folder that stage depends on
    archives: list[Archive] = []
    seed: int | None = None
    sizes: dict[str, int] = {}


class FeatureSet(BaseModel):
    """A named, parameterised representation. What is not named here are the settings of its kind."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    kind: str
    studies: list[str]  # whose corpora it is computed for

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of its kind, as `pipeline.features.<kind>.Settings` takes them."""
        return dict(self.__pydantic_extra__ or {})


class Curation(Settings):
    """What stays in a study."""

    deduplicate: bool
    min_seconds: float
    max_seconds: float
    min_per_class: int


class SplitSettings(Settings):
    """How a study is cut into training, validation and test."""

    protocol: Literal["stratified", "speaker_independent"]
    group_duplicates: bool
    fractions: dict[Split, float]
    seed: int


class Study(Settings):
    """One published experiment: its classes, curation and split."""

    classes: list[str]
    labels: dict[str, str | None]  # own label -> class; null drops it by name
    curation: Curation
    split: SplitSettings

    @model_validator(mode="after")
    def _labels_name_classes(self) -> "Study":
        unknown = sorted({name for name in self.labels.values() if name} - set(self.classes))
        if unknown:
            raise ValueError(f"labels map to {unknown}, which are not among the classes {self.classes}")
        return self


class System(Settings):
    """What all systems have."""

    study: str
    model: str  # file in pipeline/models
    features: str  # feature set, or "transcripts"
    second: str  # a second one, or "none"
    architecture: dict[str, Any]
    seeds: list[int]
    train_on: list[Split]
    test_on: list[Split]
    small: dict[str, Any]  # what a profile of size small changes


class TorchSystem(System):
    """A network and its recipe."""

    trainer: Literal["torch"]
    optimizer: Literal["adam", "adamw", "sgd"]
    lr: float
    weight_decay: float
    momentum: float
    batch_size: int
    epochs: int
    patience: int | None
    clip_norm: float | None
    scheduler: dict[str, Any] | None
    monitor: Literal["val_loss", "val_accuracy", "val_uar"]
    loss: Literal["cross_entropy"]
    class_weights: Literal["none", "inverse_frequency"]
    label_smoothing: float
    augment: dict[str, Any]
    precision: Literal["float32", "bf16"]
    max_tokens: int | None
    min_count: int | None


class SklearnSystem(System):
    """A scikit-learn estimator and its grid."""

    trainer: Literal["sklearn"]
    folds: int
    scoring: str
    grid: dict[str, list[Any]] | list[dict[str, list[Any]]]


AnySystem = Annotated[TorchSystem | SklearnSystem, Field(discriminator="trainer")]


class Asr(Settings):
    """Transcription: where text comes from and how Whisper decodes."""

    source: Literal["whisper", "gold"] | None  # null: as the profile says
    studies: list[str]  # whose corpora are transcribed
    model: str
    language: str | None
    beam_size: int | None
    max_tokens: int
    batch_size: int


class Params(Settings):
    """All of params.yaml."""

    profile: str
    profiles: dict[str, Profile]
    corpora: dict[str, Corpus]
    feature_sets: dict[str, FeatureSet]  # by name; params.yaml groups them by kind
    asr: Asr
    studies: dict[str, Study]
    systems: dict[str, AnySystem]
    published: dict[str, dict[str, Any]]

    @model_validator(mode="before")
    @classmethod
    def _flatten_feature_sets(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("feature_sets"), dict):
            return data
        flat = {}
        for kind, sets in data["feature_sets"].items():
            if not isinstance(sets, dict):
                raise ValueError(f"feature_sets.{kind} must be a mapping of names to settings, not {sets!r}")
            for name, settings in sets.items():
                if not isinstance(settings, dict):
                    raise ValueError(f"feature_sets.{kind}.{name} must be a mapping, not {settings!r}")
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
        return self.asr.studies if feature_set == "transcripts" else self.feature_sets[feature_set].studies

    def system(self, name: str) -> TorchSystem | SklearnSystem:
        """A system as the active profile trains it: with its `small` settings where the profile is small."""
        system = self.systems[one_of(name, self.systems, "system")]
        if self.active.size == "full":
            return system
        try:
            return type(system).model_validate({**system.model_dump(), **system.small})
        except ValidationError as error:
            raise PipelineError(describe(error, f"systems.{name}.small", type(system))) from error

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
        for set_name, feature_set in self.feature_sets.items():
            for study in feature_set.studies:
                one_of(study, self.studies, "study", f"feature_sets.{feature_set.kind}.{set_name}.studies")
        for study in self.asr.studies:
            one_of(study, self.studies, "study", "asr.studies")
        for system_name, system in self.systems.items():
            self._check_system(system_name, system)
        for name in self.published:
            one_of(name, self.systems, "system", "published")

    def _check_system(self, name: str, system: System) -> None:
        one_of(system.study, self.studies, "study", f"systems.{name}.study")
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


def load_params(path: Path | str = "params.yaml") -> Params:
    """Read and validate params.yaml.

    Raises:
        PipelineError: The file is not there, is not YAML, or holds something that is not allowed.
    """
    path = Path(path)
    if not path.exists():
        raise PipelineError(f"{path} is not there: run from the root of the repository")
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
        params = Params.model_validate(data)
    except YAMLError as error:
        raise PipelineError(f"{path} is not valid YAML: {error}") from error
    except ValidationError as error:
        raise PipelineError(f"{path}: {describe(error, '', Params)}") from error
    params.check_names()
    return params
