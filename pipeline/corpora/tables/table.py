"""A table of clips as its reader gives it: cells of text by column, and what its layout says of the columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.config.corpora import Column, Role
from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import readable

MOST_NAMES, LONGEST = 12, 40  # columns that an error lists, and the characters of each


class TableError(PipelineError):
    """A table, or a folder, that does not say which clips there are; its message names it."""


@dataclass(frozen=True)
class Table:
    """Clips in rows.

    Attributes:
        path: The file, or the folder, that was read.
        layout: What it is, in words.
        base: The folder that its paths are relative to, unless params.yaml names another.
        cells: By column, one a row; empty where nothing is said.
        known: Columns whose role the layout itself defines; the others are found by their names.
        documents: Files below `base` that are parts of the table, relative to it.
        labels: As written -> as called, where the layout says so.
        unpack: Writes the audio that the table itself holds below a folder, where its paths then lead.
    """

    path: Path
    layout: str
    base: Path
    cells: Mapping[str, list[str]]
    known: Mapping[Role, Column] = field(default_factory=dict)
    documents: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    unpack: Callable[[Path], None] | None = None

    def __len__(self) -> int:
        return len(next(iter(self.cells.values()), []))

    def where(self, number: int) -> str:
        """Name a row for people."""
        return f"row {number + 1:,} of {self.path.name}"


def cell(value: object) -> str:
    """Return a value of a typed table as a cell: text without blanks around it, empty for what is missing.

    JSON may hold halves of characters, which no file of ours can: they are written as escapes.
    """
    if value is None or value != value:  # NaN is not itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # 3.0 is how a column of numbers with gaps holds 3
    return readable(str(value).strip())


def shown_names(names: Iterable[str]) -> str:
    """List columns for people, who may have thousands of them."""
    all_names = [*names]
    shown = [name if len(name) <= LONGEST else f"{name[:LONGEST]}..." for name in all_names[:MOST_NAMES]]
    more = len(all_names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def joined(tables: Sequence[Mapping[str, list[str]]]) -> dict[str, list[str]]:
    """Put the rows of several tables below each other; what one of them lacks is empty there."""
    names = list(dict.fromkeys(name for cells in tables for name in cells))
    sizes = [len(next(iter(cells.values()), [])) for cells in tables]
    return {
        name: [
            value for cells, size in zip(tables, sizes, strict=True) for value in cells.get(name, [""] * size)
        ]
        for name in names
    }
