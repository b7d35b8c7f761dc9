"""What is done with predictions once they are there: settings and places of the stages that train nothing.

They stand apart from `settings` and `paths`, which training imports: a change here trains nothing anew.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline.config.settings import EMOTION, Settings, Split
from pipeline.core.paths import DATA


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


def external_plan_path(name: str) -> Path:
    return DATA / "plan" / "external" / f"{name}.json"


def representation_plan_path(system: str) -> Path:
    return DATA / "plan" / "representations" / f"{system}.json"


def analysis_plan_path() -> Path:
    return DATA / "plan" / "analysis.json"


def representations_dir(system: str) -> Path:
    return DATA / "representations" / system


def analysis_dir() -> Path:
    return DATA / "analysis"
