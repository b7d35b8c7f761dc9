"""Block `corpora`: where each corpus comes from."""

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator

from pipeline.config.base import Settings
from pipeline.config.mistakes import nearest

Role = Literal[
    "path",
    "name",
    "label",
    "speaker",
    "sex",
    "text",
    "split",
    "fold",
    "session",
    "intensity",
    "arousal",
    "valence",
    "dominance",
    "start",
    "end",
]
ROLES: tuple[Role, ...] = get_args(Role)
# The label of a clip of which a table says dimensions and no label; the one class of their study.
RATED = "rated"


class CorpusSource(Settings):
    """Where a corpus comes from; its archives' addresses and checksums stand in its adapter."""

    source: Literal["archive", "manual", "synthetic"]
    seed: int | None = None  # of a synthetic one
    sizes: dict[str, int] = Field(default={})  # of a synthetic one: what its synthesiser takes
    imitates: str | None = None  # a corpus whose labels it has: a study maps them once for both


class Column(Settings):
    """A column, or a part of its cells: what the first group of a regular expression finds, or all it finds."""

    column: str
    pattern: str | None = None

    @field_validator("pattern")
    @classmethod
    def _can_be_compiled(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"no regular expression ({error})") from error
        return value


class TableSource(Settings):
    """A corpus that a table describes, or folders named after its labels: docs/own_corpus.md."""

    source: Literal["table"]
    path: str  # the table, or the folder that holds it: below SER_CORPORA, or absolute
    audio: str | None = None  # the folder that the paths in it are relative to; null: the table's own
    # What a column says; null takes none. Where nothing is said, columns are found by their usual names.
    columns: dict[str, Column | None] = Field(default={})
    labels: dict[str, str | None] = Field(default={})  # as written -> as called; null leaves its clips out
    prefix: dict[str, str] = Field(default={})  # how a path begins -> how it begins here
    title: str | None = None
    language: str | None = None  # ISO 639-1
    licence: str | None = None
    url: str | None = None
    citation: str | None = None
    imitates: str | None = None  # a corpus whose labels it has: a study maps them once for both

    @field_validator("columns", mode="before")
    @classmethod
    def _names_are_columns(cls, value: Any) -> Any:
        """Take the name of a column for the column."""
        if not isinstance(value, dict):
            return value
        return {role: {"column": name} if isinstance(name, str) else name for role, name in value.items()}

    @field_validator("columns")
    @classmethod
    def _roles_are_known(cls, value: dict[str, Column | None]) -> dict[str, Column | None]:
        for role in value:
            if role not in ROLES:
                raise ValueError(f"unknown role {role!r}{nearest(role, ROLES)}; known: {', '.join(ROLES)}")
        return value

    @field_validator("labels")
    @classmethod
    def _labels_are_no_blanks(cls, value: dict[str, str | None]) -> dict[str, str | None]:
        if "" in value.values():
            raise ValueError("'' is no name of a label; null leaves its clips out")
        return value


AnyCorpus = Annotated[CorpusSource | TableSource, Field(discriminator="source")]
