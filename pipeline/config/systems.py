"""Block `systems`: what is trained, on what, and how."""

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, field_validator, model_validator

from pipeline.config.base import Seed, Settings, check_different

RANDOM = "random"  # in place of published weights
EMOTION: Literal["emotion"] = "emotion"  # the target that is a class; all others are dimensions
Dimension = Literal["arousal", "valence", "dominance"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)


class System(Settings):
    """What all systems have."""

    study: str
    variant: str  # which of the study's splits; "main" is its `split`
    model: str  # file in pipeline/models
    features: str  # feature set, or "transcripts"
    second: str  # a second one, or "none"
    architecture: dict[str, Any] = Field(default={})  # arguments of the model's builder
    seeds: list[Seed]
    train_on: list[Literal["train", "val"]]  # what it is tested on is always test
    small: dict[str, Any] = Field(default={})  # what a profile of size small changes

    @model_validator(mode="after")
    def _seeds_and_parts_differ(self) -> Self:
        check_different("seeds", self.seeds)
        check_different("train_on", self.train_on)
        return self


class TorchSystem(System):
    """A network and its recipe. What a system leaves out is switched off."""

    trainer: Literal["torch"]
    weights: str | None = None  # published ones: a file or hub id; random: their architecture without them
    targets: list[Literal["emotion", "arousal", "valence", "dominance"]] = Field(default=[EMOTION])
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
    normalise: dict[str, dict[str, Any]] = Field(
        default={}
    )  # by input: kind, and that kind's settings; {}: standard scores
    pretrain: dict[str, Any] = Field(default={})  # of the blocks as autoencoders
    augment: dict[str, Any] = Field(default={})
    precision: Literal["float32", "bf16"] = "float32"
    compile: bool = False
    checkpointing: bool = False  # forgets activations and computes them again: less memory, more time
    max_tokens: PositiveInt | None = None
    min_count: PositiveInt | None = None
    search: dict[str, Any] = Field(default={})  # trials over ranges of these settings; the best is trained

    @field_validator("betas", mode="before")
    @classmethod
    def _two_betas(cls, value: Any) -> Any:
        """Take YAML's list of two numbers for a pair."""
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _loss_suits_targets(self) -> Self:
        check_different("targets", self.targets)
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
    standardise_by: Literal["speaker"] | None = (
        None  # by each speaker's own unlabelled clips, the tested one's too
    )
    views: PositiveInt = 1  # of a clip, side by side in `features`: rows in training, averaged when asked
    folds_by: Literal["copies", "speaker"] = "copies"  # what no two folds of the search share
    scoring: str
    grid: dict[str, list[Any]] | list[dict[str, list[Any]]]


AnySystem = Annotated[TorchSystem | SklearnSystem, Field(discriminator="trainer")]


def targets_of(system: System) -> list[str]:
    """Return what a system predicts: `emotion`, or dimensions."""
    return list(system.targets) if isinstance(system, TorchSystem) else [EMOTION]
