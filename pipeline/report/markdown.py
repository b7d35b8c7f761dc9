"""Tables of text: columns that know their heading and what they say of a row, and the same as Markdown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.evaluation.formats import MISSING

T = TypeVar("T")


@dataclass(frozen=True)
class Column(Generic[T]):
    """A column of a table.

    Attributes:
        title: Its heading.
        cell: What it says of a row.
        number: Whether it is set to the right.
    """

    title: str
    cell: Callable[[T], str]
    number: bool = True


def markdown_table(rows: Iterable[T], columns: Iterable[Column[T]]) -> str:
    """Return a table as Markdown: a line a row under the headings."""
    columns = list(columns)
    return "\n".join(
        [
            _line(column.title for column in columns),
            _line("--:" if column.number else "---" for column in columns),
            *(_line(column.cell(row) for column in columns) for row in rows),
        ]
    )


def without_empty(rows: Iterable[T], columns: Iterable[Column[T]]) -> list[Column[T]]:
    """Leave out the columns that have a dash in every row."""
    rows = list(rows)
    return [column for column in columns if any(column.cell(row) != MISSING for row in rows)]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
