"""What all blocks of params.yaml have in common: an unknown key or a wrong type is an error.

A setting without a default has to stand in params.yaml: in its entry, in the entry's recipe, or in `defaults`. A
setting with one is a step beyond the plain procedure, and its default means that the step is left out: nothing is
shifted, weighted, clipped, scheduled, searched or stopped early; float32; one network for the classes.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Split = Literal["train", "val", "test"]
# What a system is given of one clip: numbers in no order, rows of numbers (of frames, or of a picture), the sound
# itself, words, or nothing.
Form = Literal["vector", "frames", "samples", "text", "none"]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


class Settings(BaseModel):
    """A block of settings: no unknown key, no silent conversion, never changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def check_different(name: str, values: Sequence[Any]) -> None:
    """Raise a ValueError where a list is empty or names something twice."""
    if not values or len(set(values)) < len(values):
        raise ValueError(f"{name} is {values}; expected one or more, all different")
