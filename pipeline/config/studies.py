"""Block `studies`: classes, what stays, and how it is split."""

from typing import Any, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from pipeline.config.base import Seed, Settings, Split
from pipeline.config.mistakes import describe
from pipeline.config.splits import SplitSettings

MAIN = "main"  # the variant of a study that its `split` describes


class Curation(Settings):
    """What stays in a study."""

    deduplicate: bool
    min_seconds: NonNegativeFloat
    max_seconds: PositiveFloat
    min_per_class: NonNegativeInt
    official_parts: dict[str, list[Split]] = Field(default={})  # by corpus: of its own split, only these
    per_class: dict[str, PositiveInt] = Field(default={})  # by corpus: so many of each class at most, drawn
    draw_seed: Seed = 1


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
    examples: str | None = None  # feature set of pictures by which a clip of each class and corpus is drawn
    variants: dict[str, dict[str, Any]] = Field(default={})  # further splits, as what they change of `split`

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
