"""Tables in one file, or in one a split: what a spreadsheet exports, lines of JSON, Parquet."""

import json
import re
from pathlib import Path
from typing import Any

from pipeline.audio.containers import SUFFIXES as AUDIO
from pipeline.config.corpora import Column
from pipeline.corpora.label_tables import SHOWN, LabelTableError, read_columns, read_lines
from pipeline.corpora.tables.table import Table, TableError, cell, joined, shown_names
from pipeline.corpora.tables.words import SPLITS

DELIMITED = (".csv", ".tsv", ".tab", ".txt")
JSON = (".jsonl", ".ndjson", ".json")
PARQUET = ".parquet"
WORKBOOKS = (".xlsx", ".xls", ".ods")
ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
NO_TEXT = re.compile(r"[\0-\x08\ufffd]")  # what bytes of something else become
SUFFIXES = (*DELIMITED, *JSON, PARQUET, *WORKBOOKS)


def read_cells(path: Path) -> dict[str, list[str]]:
    """Return the cells of a table that is one file, by column.

    Raises:
        TableError: It is of no kind that is known, or has no rows.
        LabelTableError: It is damaged.
    """
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        raise TableError(f"{path}: a workbook: save the sheet with the clips as CSV and name that file")
    if suffix in ARCHIVES:
        raise TableError(f"{path}: an archive: unpack it, and name the table or the folder within")
    if suffix in AUDIO:
        raise TableError(f"{path}: audio: name the table of its clips, or the folder that it lies in")
    if suffix in JSON:
        cells = _read_json(path)
    elif suffix == PARQUET:
        cells = _read_parquet(path)
    else:
        cells = read_columns(path)
        if any(NO_TEXT.search(name) for name in cells):
            raise TableError(f"{path}: its first line is no text: save it as CSV in UTF-8, with a header")
    if not any(cells.values()):
        raise TableError(f"{path}: it has columns ({shown_names(cells)}) and no rows")
    return cells


def read_file(path: Path) -> Table:
    """Read a table that is one file; its paths are relative to the folder that it lies in."""
    words = {**dict.fromkeys(JSON, "lines of JSON"), PARQUET: "Parquet"}
    return Table(
        path=path,
        layout=words.get(path.suffix.lower(), "table"),
        base=path.parent,
        cells=read_cells(path),
        documents=frozenset({path.name}),
    )


def read_splits(folder: Path, lists: list[Path]) -> Table:
    """Read one table a split, each of which is named after it."""
    tables = []
    for path in lists:
        cells = read_cells(path)
        tables.append({**cells, "split": [split_of(path)] * len(next(iter(cells.values())))})
    return Table(
        path=folder,
        layout="a table a split",
        base=folder,
        cells=joined(tables),
        known={"split": Column(column="split")},
        documents=frozenset(path.name for path in lists),
    )


def split_of(path: Path) -> str:
    """Return the split that a file is named after; empty where it is not."""
    words = re.split(r"[^a-z]+", path.stem.lower())
    return next((SPLITS[word] for word in words[::-1] if word in SPLITS), "")


def _read_parquet(path: Path) -> dict[str, list[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LabelTableError(f"{path}: cannot be read as Parquet ({error}): fetch it anew") from error
    return {
        column.name: [cell(value) for value in table[column.name].to_pylist()]
        for column in table.schema
        if not pa.types.is_nested(column.type) and not pa.types.is_binary(column.type)
    }


def _read_json(path: Path) -> dict[str, list[str]]:
    """Read objects, one a line or in one list; a column that holds objects or lists is left out."""
    lines = read_lines(path)
    try:
        rows = json.loads("".join(lines)) if path.suffix.lower() == ".json" else None
    except ValueError:
        rows = None  # lines of JSON under that name
    if rows is None:
        rows = [_parse(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TableError(
            f"{path}: expected objects, one a line or in one list, such as {{'wav': ..., 'emo': ...}}"
        )
    return cells_of(rows)


def _parse(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise LabelTableError(f"{path}: line {number} is no JSON ({error}): {line[:SHOWN]!r}") from error


def cells_of(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the cells of objects by column."""
    names = dict.fromkeys(
        name for row in rows for name, value in row.items() if not isinstance(value, dict | list | bytes)
    )
    return {name: [cell(row.get(name)) for row in rows] for name in names}
