"""Data sets of the Hugging Face hub as they lie on disk: Parquet or Arrow with the audio in it, or an audio folder.

Parquet: `data/{split}-00000-of-00002.parquet`. Arrow: `{split}/data-00000-of-00001.arrow`, of `save_to_disk`.
Audio is a column of `bytes` and `path`; labels are numbers whose names stand in the schema. An audio folder has a
`metadata.csv`, `.jsonl` or `.parquet` beside its clips, perhaps one a split, with the column `file_name`.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.audio.containers import SUFFIXES
from pipeline.config.corpora import Column, Role
from pipeline.core.tree import list_files
from pipeline.corpora.label_tables import LabelTableError
from pipeline.corpora.tables.files import read_cells
from pipeline.corpora.tables.table import Table, TableError, cell, joined, shown_names
from pipeline.corpora.tables.words import SPLITS

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
SPLIT, PATH = "split", "file_name"  # columns that are made here
ROWS_AT_A_TIME = 64  # with their audio in memory


def read_audio_folder(folder: Path, lists: list[Path]) -> Table:
    """Read the metadata files of an audio folder; the folder of each may be named after a split."""
    tables: list[dict[str, list[str]]] = []
    for path in lists:
        cells, below = read_cells(path), path.parent.relative_to(folder)
        if PATH not in cells:
            raise TableError(f"{path}: no column {PATH}; its columns are {shown_names(cells)}")
        cells[PATH] = [(below / name).as_posix() if name else "" for name in cells[PATH]]
        split = next((SPLITS[part.lower()] for part in below.parts if part.lower() in SPLITS), None)
        if split and SPLIT not in cells:
            cells[SPLIT] = [split] * len(cells[PATH])
        tables.append(cells)
    documents = frozenset(path.relative_to(folder).as_posix() for path in lists)
    known: dict[Role, Column] = {"path": Column(column=PATH)}
    return Table(folder, "Hugging Face audio folder", folder, joined(tables), known, documents)


def metadata_files(folder: Path) -> list[Path]:
    """Return the metadata files of an audio folder; none where it is not one."""
    return sorted(path for name in METADATA for path in [*folder.glob(name), *folder.glob(f"*/{name}")])


def shards_of(path: Path) -> list[Path]:
    """Return the files below a folder, or the file itself, that hold audio in a column."""
    files = [path] if path.is_file() else [path / name for name in list_files(path)]
    shards = [file for file in files if file.suffix in (".parquet", ".arrow")]
    return [file for file in shards if _audio_column(_schema(file))]


def read_shards(path: Path, shards: list[Path]) -> Table:
    """Read what shards say of their clips; the audio itself is left where it is until `unpack`."""
    tables: list[dict[str, list[str]]] = []
    root = path if path.is_dir() else path.parent
    packed = False
    for shard in shards:
        schema = _schema(shard)
        audio = _audio_column(schema)
        names = [
            field.name for field in schema if not pa.types.is_nested(field.type) and field.type != pa.binary()
        ]
        table = _read(shard, [*names, f"{audio}.path"])
        cells = {name: _named(schema, name, table[name].to_pylist()) for name in names}
        paths = [cell(one["path"]) if one else "" for one in table[audio].to_pylist()]
        if _holds_audio(shard, audio):
            packed = True
            paths = [_place(shard.relative_to(root), number, name) for number, name in enumerate(paths)]
        split = _split_of(shard.relative_to(root))
        if split and SPLIT not in cells:
            cells[SPLIT] = [split] * len(paths)
        tables.append({PATH: paths, **cells})
    return Table(
        path=path,
        layout="Hugging Face data set",
        base=root,
        cells=joined(tables),
        known={"path": Column(column=PATH)},
        documents=frozenset(shard.relative_to(root).as_posix() for shard in shards),
        unpack=partial(unpack, root, shards) if packed else None,
    )


def unpack(root: Path, shards: list[Path], folder: Path) -> None:
    """Write the audio that shards hold, each clip as a file."""
    for shard in shards:
        audio = _audio_column(_schema(shard))
        for number, value in enumerate(_values(shard, audio)):
            if value and value["bytes"]:
                target = folder / _place(shard.relative_to(root), number, cell(value["path"]))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(value["bytes"])


def _place(shard: Path, number: int, name: str) -> str:
    """Return where a clip of a shard is written: by its row, and the name that it had."""
    had = PurePosixPath(name.replace("\\", "/")).name
    suffix = "" if PurePosixPath(had).suffix.lower() in SUFFIXES else ".wav"
    return (shard.with_suffix("") / f"{number:06d}{'_' if had else ''}{had}{suffix}").as_posix()


def _split_of(shard: Path) -> str | None:
    words = [*shard.parts[:-1], re.split(r"[-.]", shard.name)[0]]
    return next((SPLITS[word.lower()] for word in words if word.lower() in SPLITS), None)


def _named(schema: pa.Schema, name: str, values: list[Any]) -> list[str]:
    """Return values as cells; numbers of classes by the names that the schema has for them, if it has one."""
    about = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    feature = about.get("info", {}).get("features", {}).get(name, {})
    classes = feature.get("names") if isinstance(feature, dict) else None
    if not classes:
        return [cell(value) for value in values]
    named: dict[Any, str] = {-1: "", **dict(enumerate(map(str, classes)))}  # -1 is none
    return [named.get(value, cell(value)) for value in values]


def _audio_column(schema: pa.Schema) -> str:
    """Return the column of audio; empty where there is none."""
    fields = [field for field in schema if pa.types.is_struct(field.type)]
    return next((one.name for one in fields if {part.name for part in one.type} >= {"bytes", "path"}), "")


def _holds_audio(shard: Path, audio: str) -> bool:
    return next((bool(value and value["bytes"]) for value in _values(shard, audio)), False)


def _schema(shard: Path) -> pa.Schema:
    try:
        if shard.suffix == ".parquet":
            return pq.read_schema(shard)
        with pa.memory_map(str(shard)) as file:
            return pa.ipc.open_stream(file).schema
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LabelTableError(f"{shard}: cannot be read ({error}): fetch it anew") from error


def _read(shard: Path, columns: list[str]) -> pa.Table:
    if shard.suffix == ".parquet":
        with pq.ParquetFile(shard) as parquet:
            return parquet.read(columns=columns)
    with pa.memory_map(str(shard)) as file:
        return pa.ipc.open_stream(file).read_all()


def _values(shard: Path, column: str) -> Iterator[dict[str, Any] | None]:
    """Yield a column's values, few of them in memory at a time."""
    if shard.suffix == ".parquet":
        with pq.ParquetFile(shard) as file:
            for batch in file.iter_batches(ROWS_AT_A_TIME, columns=[column]):
                yield from batch.column(0).to_pylist()
        return
    with pa.memory_map(str(shard)) as file:
        for batch in pa.ipc.open_stream(file):
            for start in range(0, batch.num_rows, ROWS_AT_A_TIME):
                yield from batch[column].slice(start, ROWS_AT_A_TIME).to_pylist()
