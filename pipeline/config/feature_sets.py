"""Block `feature_sets`: what is computed from audio and transcripts, and stored."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


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
