"""Block `ensembles`: two systems joined by their predictions."""

from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from pipeline.config.base import Seed, Settings, Split, check_different
from pipeline.config.mistakes import describe
from pipeline.config.systems import System, TorchSystem

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
    stacking: dict[str, Any] = Field(
        default={}
    )  # of method stacked: model, architecture and recipe, as a system has them
    small: dict[str, Any] = Field(default={})

    @model_validator(mode="after")
    def _stacking_suits_method(self) -> Self:
        check_different("seeds", self.seeds)
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
