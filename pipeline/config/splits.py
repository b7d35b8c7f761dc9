"""How a study is cut into training, validation and test: its `split` and `variants`."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, PositiveInt, field_validator, model_validator

from pipeline.config.base import Seed, Settings, Split, check_different

Transform = Literal["noise", "recorded_noise", "time_stretch", "pitch_shift"]
TRANSFORM_BOUNDS: dict[Transform, tuple[float, float]] = {
    # Standard deviation, full scale = 1.
    "noise": (0.0, 1.0),
    # dB that the clip is above the noise, by the power of both.
    "recorded_noise": (-20.0, 60.0),
    # Rate. Slower, Signalsmith Stretch draws at random; the library takes at most 10.
    "time_stretch": (0.5, 10.0),
    # Semitones, the most that the library takes.
    "pitch_shift": (-24.0, 24.0),
}


class Resampling(Settings):
    """What is done to the training examples of each fold, and to no others but by `parts`.

    `undersample` drops examples of the larger classes, `oversample` adds transformed copies to the smaller
    ones, cycling through the transforms; `augment` adds one copy of every example and transform.
    """

    method: Literal["none", "undersample", "oversample", "augment"]
    # null: as many as the smallest class has, or the largest, when oversampling
    n_per_class: PositiveInt | None
    transforms: dict[Transform, tuple[float, float]]  # range from which a copy's strength is drawn
    parts: list[Split] = Field(default=["train"])  # what undersample acts on, each part by itself

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
        check_different("parts", self.parts)
        if self.parts != ["train"] and self.method != "undersample":
            raise ValueError(f"parts is {self.parts}, but method {self.method} acts on train alone")
        return self

    @property
    def needs_noise(self) -> bool:
        """Whether copies are mixed with recorded noise."""
        return self.makes_copies and "recorded_noise" in self.transforms

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
    speakers: list[list[str | int]] | None = (
        None  # of the new_speakers protocols: who is tested together; null: drawn
    )
    corpora: list[str] | None  # of the study's corpora only these; null: all
    test_corpora: list[str]  # of cross_corpus: tested on; the others are trained on
    seeds: list[Seed]  # each gives another split, its folds numbered on
    optional: bool = False  # where a corpus cannot be split so, nothing is, and its systems are skipped
    # official and given_folds: a speaker or a recording in two parts of what is published is an error
    strict: bool = False
    also_test: list[str] = Field(default=[])  # corpora that are not split: tested besides, as "cross"
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
        check_different("seeds", self.seeds)
        return self
