"""Block `corpora`: where each corpus comes from."""

from typing import Literal

from pydantic import Field

from pipeline.config.base import Settings


class CorpusSource(Settings):
    """Where a corpus comes from; its archives' addresses and checksums stand in its adapter."""

    source: Literal["archive", "manual", "synthetic"]
    seed: int | None = None  # of a synthetic one
    sizes: dict[str, int] = Field(default={})  # of a synthetic one: what its synthesiser takes
    imitates: str | None = None  # a corpus whose labels it has: a study maps them once for both
