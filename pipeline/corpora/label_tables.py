"""Reading the tables and texts that come with a corpus, whatever program saved them last.

A spreadsheet that opens a table and saves it again may change the separator, the encoding, the ends of lines and
the decimal point. All of that is told by content here. What cannot be read is an error that names the table: one
that is passed over would leave its clips without labels, and nobody would know why.
"""

import codecs
import csv
import io
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.paths import open_file

SEPARATORS = (",", ";", "\t", "|")
LOOKED_AT = 50  # first lines, to tell what separates cells
SHOWN = 80  # characters of what came in place of a header
MENDED = "Save it as CSV with a header, or fetch it anew"

_POINTER = "version https://git-lfs.github.com/spec/"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx or .ods, and .xls
_MARKS = (  # longest first: that of UTF-16 begins that of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

Row = dict[str, str]
DecodeLine = Callable[[bytes], str]


class LabelTableError(PipelineError):
    """A table that cannot be read; its message names the file."""


class OtherTableError(LabelTableError):
    """A file that does not have the columns that were looked for."""


def read_rows(
    path: Path, columns: Sequence[str], optional: Sequence[str] = (), *, spills: bool = False
) -> Iterator[Row]:
    """Yield the rows of a table, one by one, by the names of the columns that are asked for.

    Cells come without blanks around them; one that a row lacks is empty, and so is all of an optional column that
    is not there. Names of columns are compared without regard to case. Rows without any content are passed over.

    Args:
        path: The table.
        columns: Those that it must have.
        optional: Those that it may have.
        spills: Whether its last column may hold separators that are not quoted.

    Raises:
        OtherTableError: The columns are not there.
        LabelTableError: The table is damaged.
    """
    records, header = _open(path, read_lines(path), columns, spills)
    places = {name: header.index(name.lower()) for name in (*columns, *optional) if name.lower() in header}
    absent = dict.fromkeys((name for name in optional if name not in places), "")
    for cells in records:
        if any(cells):
            yield {name: cells[at] if at < len(cells) else "" for name, at in places.items()} | absent


def read_columns(path: Path) -> dict[str, list[str]]:
    """Return all cells of a table by its columns, whatever these are called and whatever separates them.

    The separator is the one that cuts the most of the first lines into as many cells as the header; of several
    the one that makes most columns.

    Raises:
        OtherTableError: There is no header.
        LabelTableError: The table is damaged, or two of its columns have one name.
    """
    lines = read_lines(path)
    start, separators = _header(lines)
    if start is None or start == len(lines):
        raise OtherTableError(f"{path}: empty; expected a table with a header. {MENDED}")
    if (came := lines[start].strip()).startswith((_POINTER, "<")):
        raise OtherTableError(f"{path}: {_what_came(came, ())}. {MENDED}")
    separator = max(separators, key=lambda one: _suits(lines[start : start + LOOKED_AT], one))
    records = _records(path, lines, start, separator)
    header = [name or f"column_{number}" for number, name in enumerate(next(records), 1)]
    if twice := sorted(name for name, n in Counter(header).items() if n > 1):
        raise LabelTableError(f"{path}: several columns are called {_listed(twice)}; rename all but one")
    cells: list[list[str]] = [[] for _ in header]
    for record in _checked(path, records, len(header)):
        if any(record):
            missing = [""] * (len(header) - len(record))
            for column, cell in zip(cells, [*record, *missing], strict=False):  # empty cells may follow
                column.append(cell)
    return dict(zip(header, cells, strict=True))


def _suits(lines: list[str], separator: str) -> tuple[bool, float, int]:
    """Say how well a separator cuts lines: into several cells, how many of the lines alike, into how many cells."""
    try:
        sizes = [len(cells) for cells in csv.reader(lines, delimiter=separator) if any(cells)]
    except csv.Error:  # a cell that is too long, such as a whole line that this separator does not cut
        return False, 0.0, 0
    return sizes[0] > 1, sizes.count(sizes[0]) / len(sizes), sizes[0]


def _header(lines: list[str]) -> tuple[int | None, tuple[str, ...]]:
    """Return the number of a table's first line, None where there is none, and what may separate its cells."""
    start = next((n for n, line in enumerate(lines) if line.strip()), None)
    if start is not None and lines[start].strip().lower().startswith(
        "sep="
    ):  # which spreadsheets read and hide
        return start + 1, (lines[start].strip()[len("sep=") :][:1] or "\t",)
    return start, SEPARATORS


def _open(
    path: Path, lines: list[str], columns: Sequence[str], spills: bool
) -> tuple[Iterator[list[str]], list[str]]:
    """Return the records below a table's header, and the header's names in lower case."""
    start, separators = _header(lines)
    if start is None:
        raise OtherTableError(
            f"{path}: empty; expected a table with the columns {_listed(columns)}. {MENDED}"
        )
    missing: Sequence[str] = columns
    for separator in separators:
        records = _records(path, lines, start, separator)
        header = [name.lower() for name in next(records, [])]
        lacking = [name for name in columns if name.lower() not in header]
        if not lacking:
            return records if spills else _checked(path, records, len(header)), header
        missing = min(missing, lacking, key=len)
    first = "".join(lines[start : start + 1]).strip()
    raise OtherTableError(f"{path}: {_what_came(first, missing)}. {MENDED}")


def _what_came(first: str, missing: Sequence[str]) -> str:
    """Say what stands in the place of a header."""
    if first.startswith(_POINTER):
        return "a Git LFS pointer in place of the table: `git lfs pull` there fetches it"
    if first.startswith("<"):
        return f"a web page in place of the table: {first[:SHOWN]!r}"
    return f"no column {_listed(missing)} in its first line {first[:SHOWN]!r}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name or "''" for name in names)


def _records(path: Path, lines: list[str], start: int, separator: str) -> Iterator[list[str]]:
    """Yield the stripped cells of each record; one whose quotation ends nowhere is an error."""
    reader = csv.reader(itertools.islice(lines, start, None), delimiter=separator)
    n_cells, before = 0, 0
    try:
        for cells in reader:
            n_lines, before = reader.line_num - before, reader.line_num
            n_cells = n_cells or len(cells)
            line = start + before - n_lines + 1
            n_marks = sum(part.count('"') for part in lines[line - 1 : line - 1 + n_lines])
            faults = (n_lines > 1) + (len(cells) != n_cells) + n_marks % 2
            if faults > 1:  # one alone is right: a line break in a cell, a row cut short, the mark of inches
                raise LabelTableError(
                    f"{path}: a quotation that begins in line {line} is not closed there; close it, or take the "
                    f"quotation mark away"
                )
            if any("\0" in cell for cell in cells):
                raise csv.Error("zero bytes")
            yield [cell.strip() for cell in cells]
    except csv.Error as error:
        raise LabelTableError(
            f"{path}: line {start + reader.line_num} is no row of a table ({error}). {MENDED}"
        ) from error


def _checked(path: Path, records: Iterator[list[str]], n_cells: int) -> Iterator[list[str]]:
    """Yield records; raise where one has more cells than the header, so that nobody knows which is which."""
    for cells in records:
        if any(cells[n_cells:]):
            raise LabelTableError(
                f"{path}: a row has {len(cells)} cells, and the header {n_cells} columns: "
                f"{' | '.join(cells)[:SHOWN]!r}. Quote cells that hold the separator"
            )
        yield cells


def decode_one(line: bytes) -> str:
    """Decode a line that is UTF-8 or, where it is not, Windows-1252."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def read_lines(path: Path, decode_line: DecodeLine = decode_one) -> list[str]:
    """Return the lines of a text file, as `decode` does.

    Raises:
        OtherTableError: It is a workbook.
        LabelTableError: It cannot be opened.
    """
    try:
        with open_file(path) as file:
            content = file.read()
    except OSError as error:
        why = "a link that leads nowhere" if path.is_symlink() else error.strerror
        raise LabelTableError(f"{path}: cannot be opened ({why}): restore it or take it away") from error
    if content.startswith(_WORKBOOKS):
        raise OtherTableError(f"{path}: a workbook under the name of a table or text. Save it as CSV")
    return decode(content, decode_line)


def decode(content: bytes, decode_line: DecodeLine) -> list[str]:
    """Return the lines of a text, with their ends, whatever encoding it is in.

    UTF-8, UTF-16 and UTF-32 are told by their marks, UTF-16 without one by its zero bytes. Else each line is
    decoded by itself, for lists were put together from files in several encodings.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _lines(content.removeprefix(mark).decode(encoding, "replace"))
    if order := _order_of_utf16(content):
        return _lines(content.decode(f"utf-16-{order}", "replace"))
    content = content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return [decode_line(line) for line in content.splitlines(keepends=True)]


def _order_of_utf16(content: bytes) -> str | None:
    """Tell UTF-16 without a mark: of each ASCII letter one byte is zero, always the same. Else zeros are damage."""
    n_zeros = content.count(b"\0")
    sides = {"be": content[::2].count(b"\0"), "le": content[1::2].count(b"\0")}
    return next((order for order, n in sides.items() if n == n_zeros > len(content) // 32), None)


def _lines(text: str) -> list[str]:
    return list(io.StringIO(text, newline=None))


def read_text(path: Path) -> str | None:
    """Return what a small text file says, in one line; None where there is no such file or nothing in it."""
    if not path.is_file():
        return None
    return " ".join(" ".join(read_lines(path)).split()) or None


def number(text: str) -> float | None:
    """Return a cell's number, with a decimal point or comma; None where it is no finite number."""
    try:
        value = float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
