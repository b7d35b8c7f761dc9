"""audformat databases: `db.yaml` says which tables there are, `db.{table}.csv` or `.parquet` holds each.

A table has `file`, and where its rows are parts of files `start` and `end`. Rows come from the tables with a label
(from the gold standard, and from those of a split, where there are such). The other tables, and what a scheme says
of its labels (a speaker's gender), are put beside them. Tables are never read from `.pkl`, which can run code.

https://audeering.github.io/audformat
"""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from pipeline.config.corpora import Column, Role
from pipeline.corpora.tables.columns import usual_columns
from pipeline.corpora.tables.files import read_cells
from pipeline.corpora.tables.table import Table, TableError, cell, joined, shown_names
from pipeline.corpora.tables.words import SPLITS

HEADER = "db.yaml"
INDEX = ("file", "start", "end")
GOLD = "gold_standard"
BLOCKS = ("tables", "schemes", "splits")

Cells = dict[str, list[str]]


def read_audformat(folder: Path) -> Table:
    """Read a database's tables.

    Raises:
        TableError: The header cannot be read, or there is no table of clips.
    """
    header = _read_header(folder / HEADER)
    tables = {name: _read_table(folder, name) for name in header["tables"]}
    rows = joined([_with_split(header, name, tables[name]) for name in _chosen(folder, header, tables)])
    for name, cells in tables.items():
        _put_beside(rows, cells, [column for column in INDEX if column in cells], name)
    for scheme, settings in header["schemes"].items():
        column = next((one for one in (scheme, *_columns_of(header, scheme)) if one in rows), None)
        if column:
            _put_beside(rows, _of_labels(folder, column, settings.get("labels")), [column], scheme)
    known: dict[Role, Column] = {"path": Column(column="file")}
    for role in ("start", "end"):
        if role in rows:
            known[role] = Column(column=role)
    documents = frozenset(path.name for path in folder.glob("db.*"))
    return Table(folder, "audformat", folder, rows, known, documents)


def _read_header(path: Path) -> dict[str, Any]:
    try:
        header = YAML(typ="safe").load(path.read_text("utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: no YAML ({error})") from error
    if not isinstance(header, dict) or not header.get("tables"):
        raise TableError(f"{path}: it names no tables, so that there are no clips")
    blocks = {block: _by_name(header.get(block), f"{path}: {block}") for block in BLOCKS}
    for name, table in blocks["tables"].items():
        table["columns"] = _by_name(table.get("columns"), f"{path}: tables.{name}.columns")
    return {**header, **blocks}


def _by_name(block: Any, where: str) -> dict[str, dict[str, Any]]:
    """Return a block of settings by name; settings that are left out are none."""
    if not isinstance(block or {}, dict) or not all(
        isinstance(one or {}, dict) for one in (block or {}).values()
    ):
        raise TableError(f"{where}: expected settings by name, as audformat writes them")
    return {str(name): settings or {} for name, settings in (block or {}).items()}


def _read_table(folder: Path, name: str) -> Cells:
    for suffix in (".csv", ".parquet"):
        if (path := folder / f"db.{name}{suffix}").exists():
            return read_cells(path)
    hint = "; db.*.pkl is not read, save it as CSV" if (folder / f"db.{name}.pkl").exists() else ""
    raise TableError(f"{folder / HEADER}: it names the table {name!r}, and there is no db.{name}.csv{hint}")


def _chosen(folder: Path, header: dict[str, Any], tables: dict[str, Cells]) -> list[str]:
    """Return the tables whose rows are the clips."""
    usual = {name: usual_columns(cells) for name, cells in tables.items() if "file" in cells}
    names = [name for name, roles in usual.items() if roles["label"]]
    names = (
        names or [name for name, roles in usual.items() if roles["arousal"] or roles["valence"]] or [*usual]
    )
    names = [name for name in names if GOLD in name] or names
    names = [name for name in names if header["tables"][name].get("split_id")] or names
    if not names:
        raise TableError(f"{folder / HEADER}: no table has a column `file`; they are {shown_names(tables)}")
    return names


def _with_split(header: dict[str, Any], name: str, cells: Cells) -> Cells:
    split = header["tables"][name].get("split_id")
    if not split or "split" in cells:
        return cells
    kind = header["splits"].get(str(split), {}).get("type", split)
    return {**cells, "split": [SPLITS.get(str(kind).lower(), str(kind))] * len(cells["file"])}


def _columns_of(header: dict[str, Any], scheme: str) -> list[str]:
    """Return the columns, of any table, whose values a scheme explains."""
    return [
        column
        for table in header["tables"].values()
        for column, settings in table["columns"].items()
        if settings.get("scheme_id") == scheme
    ]


def _of_labels(folder: Path, column: str, labels: Any) -> Cells:
    """Return what a scheme says of its labels, one a row: in the header itself, or in a table that it names."""
    if isinstance(labels, str):
        cells = _read_table(folder, labels)
        first, *others = cells
        return {column: cells[first], **{name: cells[name] for name in others}}
    if not isinstance(labels, dict):
        return {column: []}
    about = {str(label): facts for label, facts in labels.items() if isinstance(facts, dict)}
    names = dict.fromkeys(name for facts in about.values() for name in facts)
    return {column: [*about], **{name: [cell(facts.get(name)) for facts in about.values()] for name in names}}


def _put_beside(rows: Cells, cells: Cells, keys: list[str], name: str) -> None:
    """Put the columns of other rows beside those with equal keys; a column that is there already stays."""
    keys = [key for key in keys if key in rows]
    places = {key: n for n, key in enumerate(zip(*(cells[key] for key in keys), strict=True))}
    wanted = [*zip(*(rows[key] for key in keys), strict=True)]
    for column in cells:
        if column not in rows and column not in INDEX:
            rows[column] = [cells[column][places[key]] if key in places else "" for key in wanted]
