"""Block `external`: predictions made elsewhere."""

from typing import Literal

from pydantic import Field

from pipeline.config.base import Settings, Split
from pipeline.config.systems import EMOTION


class External(Settings):
    """Predictions made elsewhere, which are scored like those of a system."""

    file: str  # Parquet or CSV
    study: str
    variant: str  # whose test clips they are of; "main", or one of the study's variants
    targets: list[Literal["emotion", "arousal", "valence", "dominance"]] = Field(default=[EMOTION])
    parameters: int | None = None
    pretrained: bool = False
    note: str | None = None

    @property
    def train_on(self) -> list[Split]:
        """Taken for granted: of what else it was trained, nothing is known here."""
        return ["train"]
