"""The blocks of params.yaml as typed, validated settings: an unknown key or a wrong type is an error.

A setting without a default here has to stand in params.yaml: in its entry, in the entry's recipe, or in `defaults`.
A setting with one is a step beyond the plain procedure, and its default means that the step is left out: nothing is
shifted, weighted, clipped, scheduled, searched or stopped early; float32; one network for the classes.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

from pipeline.config.mistakes import describe

Split = Literal["train", "val", "test"]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
RANDOM = "random"  # in place of published weights
MAIN = "main"  # the variant of a study that its `split` describes


class Settings(BaseModel):
    """A block of settings: no unknown key, no silent conversion, never changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Profile(Settings):
    """Which corpora stand behind each study, and how large the training is."""

    size: Literal["small", "full"]
    asr_source: Literal["whisper", "gold"]
    weights: Literal["published", "random"]  # of systems that start from published ones
    corpora: dict[str, list[str]]  # by study


class CorpusSource(Settings):
    """Where a corpus comes from; its archives' addresses and checksums stand in its adapter."""

    source: Literal["archive", "manual", "synthetic"]
    seed: int | None = None  # of a synthetic one
    sizes: dict[str, int] = {}  # of a synthetic one: what its synthesiser takes


class FeatureSet(BaseModel):
    """A named, parameterised representation. What is not named here are the settings of its kind."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    group: Literal["audio", "text"]  # what it is computed from
    kind: str
    studies: list[str]  # whose corpora it is computed for; study/variant: and whose augmented copies
    small: dict[str, Any] = {}  # what a profile of size small changes

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of its kind, as `pipeline.features.<kind>.Settings` takes them."""
        return dict(self.__pydantic_extra__ or {})


class Curation(Settings):
    """What stays in a study."""

    deduplicate: bool
    min_seconds: NonNegativeFloat
    max_seconds: PositiveFloat
    min_per_class: NonNegativeInt


Transform = Literal["noise", "time_stretch", "pitch_shift"]
TRANSFORM_BOUNDS: dict[Transform, tuple[float, float]] = {
    "noise": (0.0, 1.0),  # standard deviation, full scale = 1
    "time_stretch": (
        0.5,
        10.0,
    ),  # rate; slower, Signalsmith Stretch draws at random; the library takes at most 10
    "pitch_shift": (-24.0, 24.0),  # semitones, the most that the library takes
}


class Resampling(Settings):
    """What is done to the training examples of each fold, and to no others but by `parts`.

    `undersample` drops examples of the larger classes, `oversample` adds transformed copies to the smaller
    ones, cycling through the transforms; `augment` adds one copy of every example and transform.
    """

    method: Literal["none", "undersample", "oversample", "augment"]
    n_per_class: (
        PositiveInt | None
    )  # null: as many as the smallest class has, or the largest, when oversampling
    transforms: dict[Transform, tuple[float, float]]  # range from which a copy's strength is drawn
    parts: list[Split] = ["train"]  # what undersample acts on, each part by itself

    @field_validator("transforms", mode="before")
    @classmethod
    def _ranges(cls, value: Any) -> Any:
        """Take YAML's lists of two numbers for ranges."""
        if not isinstance(value, dict):
            return value
        return {
            name: tuple(map(_as_float, span)) if isinstance(span, list) else span
            for name, span in value.items()
        }

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name, (low, high) in self.transforms.items():
            if low > high:
                raise ValueError(
                    f"transforms.{name}: {low:g} is larger than {high:g}; expected [lowest, highest]"
                )
        for name, (low, high) in self.transforms.items():
            least, most = TRANSFORM_BOUNDS[name]
            if low < least or high > most:
                raise ValueError(
                    f"transforms.{name}: [{low:g}, {high:g}] is out of bounds; expected {least:g} to {most:g}"
                )
        if self.makes_copies and not self.transforms:
            raise ValueError(f"method {self.method} needs transforms to make copies with")
        if not self.parts or len(set(self.parts)) < len(self.parts):
            raise ValueError(f"parts is {self.parts}; expected one or more, all different")
        if self.parts != ["train"] and self.method != "undersample":
            raise ValueError(f"parts is {self.parts}, but method {self.method} acts on train alone")
        return self

    @property
    def makes_copies(self) -> bool:
        """Whether training examples get transformed copies."""
        return self.method in ("oversample", "augment")


def _as_float(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class SplitSettings(Settings):
    """How a study is cut into training, validation and test."""

    protocol: str  # an entry of pipeline/splits/protocols.py
    group_duplicates: bool
    fractions: dict[Split, float]  # without folds all three; with them, train to val of what is not tested
    folds: Annotated[int, Field(ge=2)]  # of the k-fold protocols
    corpora: list[str] | None  # of the study's corpora only these; null: all
    test_corpora: list[str]  # of cross_corpus: tested on; the others are trained on
    seeds: list[Seed]  # each gives another split, its folds numbered on
    also_test: list[str] = []  # corpora that are not split: tested besides, as "cross"
    resampling: Resampling

    @model_validator(mode="after")
    def _fractions_are_proportions(self) -> Self:
        given = self.fractions
        if (
            min(given.values(), default=-1) < 0
            or abs(sum(given.values()) - 1) > 1e-6
            or not given.get("train")
        ):
            raise ValueError(
                f"fractions are {given}; expected numbers, not negative, that add up to 1, with some for train"
            )
        return self

    @model_validator(mode="after")
    def _seeds_differ(self) -> Self:
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds is {self.seeds}; expected one or more, all different")
        return self


class StudyClips(Settings):
    """Which clips a study uses, and what it calls them."""

    classes: list[str]
    labels: dict[str, dict[str, str | None]]  # by corpus: own label -> class; null drops it by name
    curation: Curation

    @model_validator(mode="after")
    def _classes_differ(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(f"classes {self.classes}: one is listed twice")
        return self

    @model_validator(mode="after")
    def _labels_name_classes(self) -> Self:
        for corpus, labels in self.labels.items():
            unknown = sorted({name for name in labels.values() if name} - set(self.classes))
            if unknown:
                raise ValueError(
                    f"labels.{corpus} map to {unknown}, which are not among the classes {self.classes}"
                )
        return self


class Study(StudyClips):
    """One published experiment: its clips, and how they are split."""

    split: SplitSettings
    variants: dict[str, dict[str, Any]] = {}  # further splits, as what they change of `split`

    @model_validator(mode="after")
    def _variants_are_splits(self) -> Self:
        if MAIN in self.variants:
            raise ValueError(f"variants: {MAIN!r} is the name of `split` itself; choose another")
        for name in self.variants:
            try:
                self.variant(name)
            except ValidationError as error:
                raise ValueError(f"variants.{describe(error, name, SplitSettings)}") from error
        return self

    def variant(self, name: str) -> SplitSettings:
        """Return the split of a variant; `main` is `split` itself."""
        if name == MAIN:
            return self.split
        return SplitSettings.model_validate({**self.split.model_dump(), **self.variants[name]})

    @property
    def variant_names(self) -> list[str]:
        """All splits of the study, `main` first."""
        return [MAIN, *self.variants]


class System(Settings):
    """What all systems have."""

    study: str
    variant: str  # which of the study's splits; "main" is its `split`
    model: str  # file in pipeline/models
    features: str  # feature set, or "transcripts"
    second: str  # a second one, or "none"
    architecture: dict[str, Any] = {}  # arguments of the model's builder
    seeds: list[Seed]
    train_on: list[Literal["train", "val"]]  # what it is tested on is always test
    small: dict[str, Any] = {}  # what a profile of size small changes

    @model_validator(mode="after")
    def _seeds_and_parts_differ(self) -> Self:
        for name, values in (("seeds", self.seeds), ("train_on", self.train_on)):
            if not values or len(set(values)) < len(values):
                raise ValueError(f"{name} is {values}; expected one or more, all different")
        return self


EMOTION: Literal["emotion"] = "emotion"  # the target that is a class; all others are dimensions
DIMENSIONS = ("arousal", "valence", "dominance")


class TorchSystem(System):
    """A network and its recipe. What a system leaves out is switched off."""

    trainer: Literal["torch"]
    weights: str | None = None  # published ones: a file or hub id; random: their architecture without them
    targets: list[Literal["emotion", "arousal", "valence", "dominance"]] = [EMOTION]
    joint: bool = True  # one network for all targets; else one for each
    optimizer: Literal["adam", "adamw", "sgd"]
    lr: PositiveFloat
    weight_decay: NonNegativeFloat = 0.0
    momentum: NonNegativeFloat = 0.0
    betas: tuple[float, float] | None = None  # of adam and adamw; null: 0.9 and 0.999
    eps: PositiveFloat | None = None  # of adam and adamw; null: 1e-8
    bias_correction: bool = True  # of adam and adamw
    batch_size: PositiveInt
    accumulate: PositiveInt = 1  # batches of which each step takes the gradient
    epochs: PositiveInt
    patience: PositiveInt | None = None
    clip_norm: PositiveFloat | None = None
    scheduler: dict[str, Any] | None = None
    monitor: Literal["val_loss", "val_accuracy", "val_uar", "val_f1", "val_weighted_f1", "val_ccc"]
    loss: Literal["cross_entropy", "focal", "mse", "ccc"]
    focal_gamma: NonNegativeFloat | None = None
    class_weights: Literal["none", "inverse_frequency"] = "none"
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    normalise: dict[str, dict[str, Any]] = {}  # by input: kind, and that kind's settings; {}: standard scores
    pretrain: dict[str, Any] = {}  # of the blocks as autoencoders
    augment: dict[str, Any] = {}
    precision: Literal["float32", "bf16"] = "float32"
    compile: bool = False
    checkpointing: bool = False  # forgets activations and computes them again: less memory, more time
    max_tokens: PositiveInt | None = None
    min_count: PositiveInt | None = None
    search: dict[str, Any] = {}  # trials over ranges of these settings; the best is trained

    @field_validator("betas", mode="before")
    @classmethod
    def _two_betas(cls, value: Any) -> Any:
        """Take YAML's list of two numbers for a pair."""
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _loss_suits_targets(self) -> Self:
        if not self.targets or len(set(self.targets)) < len(self.targets):
            raise ValueError(f"targets is {self.targets}; expected one or more, all different")
        if EMOTION in self.targets and len(self.targets) > 1:
            raise ValueError(f"targets is {self.targets}; expected emotion alone, or dimensions")
        regression, named = self.regression, self.loss in ("mse", "ccc")
        if regression != named:
            raise ValueError(
                f"loss is {self.loss}, and targets are {self.targets}; expected mse or ccc for dimensions, "
                "cross_entropy or focal for emotion"
            )
        if self.monitor != "val_loss" and regression != (self.monitor == "val_ccc"):
            raise ValueError(f"monitor is {self.monitor}, which targets {self.targets} do not have")
        if (self.loss == "focal") != (self.focal_gamma is not None):
            raise ValueError("focal_gamma belongs to loss focal, and to no other")
        return self

    @property
    def regression(self) -> bool:
        """Whether it predicts dimensions."""
        return EMOTION not in self.targets

    @property
    def pretrained(self) -> bool:
        """Whether it starts from published weights."""
        return self.weights not in (None, RANDOM)


class SklearnSystem(System):
    """A scikit-learn estimator and its grid."""

    trainer: Literal["sklearn"]
    folds: Annotated[int, Field(ge=2)]
    scoring: str
    grid: dict[str, list[Any]] | list[dict[str, list[Any]]]


GIVEN_TO_META_LEARNER = {*System.model_fields, "trainer", "weights", "targets", "search"} - {
    "model",
    "architecture",
}


class Ensemble(Settings):
    """Two trained systems joined by their predictions: averaged, or by a network trained on validation's."""

    study: str
    variant: str
    first: str  # systems of that study and variant
    second: str
    method: Literal["average", "stacked"]
    seeds: list[Seed]  # of the members, and of what is trained on them
    folds: int | None = None  # of method stacked: into which validation is cut
    stacking: dict[str, Any] = {}  # of method stacked: model, architecture and recipe, as a system has them
    small: dict[str, Any] = {}

    @model_validator(mode="after")
    def _stacking_suits_method(self) -> Self:
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds is {self.seeds}; expected one or more, all different")
        if self.method == "average":
            if self.stacking or self.folds is not None:
                raise ValueError("folds and stacking belong to method stacked, and to no other")
            return self
        if self.folds is None or self.folds < 2:
            raise ValueError(f"folds is {self.folds}; expected 2 or more for method stacked")
        fixed = sorted(self.stacking.keys() & GIVEN_TO_META_LEARNER)
        if fixed:
            raise ValueError(
                f"stacking: {', '.join(fixed)} cannot be chosen: give model, architecture, recipe"
            )
        try:
            _ = self.meta_learner
        except ValidationError as error:
            raise ValueError(describe(error, "stacking", TorchSystem)) from error
        return self

    @property
    def meta_learner(self) -> TorchSystem:
        """What method stacked trains on the members' logits, as a system of its own."""
        given = {"study": self.study, "variant": self.variant, "seeds": self.seeds, "small": {}}
        inputs = {"trainer": "torch", "features": "logits", "second": "none", "train_on": ["train"]}
        return TorchSystem.model_validate({**given, **inputs, **self.stacking})

    @property
    def train_on(self) -> list[Split]:
        """As of its members: validation, if used, is not what a reader of the protocol takes for training."""
        return ["train"]


AnySystem = Annotated[TorchSystem | SklearnSystem, Field(discriminator="trainer")]


class Asr(Settings):
    """Transcription: where text comes from and how Whisper decodes."""

    source: Literal["whisper", "gold"] | None  # null: as the profile says
    gold: list[str]  # corpora whose own texts are read all the same
    studies: list[str]  # whose corpora are transcribed
    model: str
    language: str | None
    beam_size: PositiveInt | None
    max_tokens: PositiveInt
    batch_size: PositiveInt
