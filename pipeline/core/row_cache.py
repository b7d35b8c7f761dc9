"""A cache of computed rows, shared by all experiments and safe to kill.

Rows are kept by key (content hash) below a folder named after what computes them and a digest of its
settings, in Arrow files that are written under a temporary name and renamed: a reader never sees half a batch,
writers never meet, and it works on a network file system. Nothing is changed in place. Each row has a checksum, for
Arrow has none: a file that a disk or a crash has damaged is set aside, and its rows are computed anew.
`SER_REFRESH=1` computes all anew.
"""

import hashlib
import json
import os
import time
import uuid
import zlib
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.core.own_files import clear_partial, distrust, written_whole
from pipeline.core.paths import cache_dir

Row = dict[str, Any]

STORE_SECONDS = 5.0  # what took longer to compute is stored though its batch is not full
CHECKSUM = "crc32"  # name of a column, which no row has
# What Arrow, JSON and numpy raise of a file that is empty, cut short, or not what was written.
_DAMAGE = (pa.ArrowException, OSError, ValueError, KeyError, TypeError)


def digest(value: Any) -> str:
    """Return 16 hex characters that name a JSON-like value (settings, versions)."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


class RowCache:
    """Rows of one kind under one set of settings.

    A row is a mapping of names to plain values (str, int, float, bool, None, bytes) or numpy arrays of any
    shape; all rows of a batch have the same names.

    Args:
        namespace: What computes the rows, such as "features/mfcc".
        settings: Digest of everything besides the key that decides the result; see `digest`.
    """

    def __init__(self, namespace: str, settings: str) -> None:
        self.folder = cache_dir() / "rows" / namespace / settings
        self._cleared = False

    def get_many(self, keys: Iterable[str]) -> dict[str, Row]:
        """Return the rows that are there, by key; the others are missing from the answer."""
        wanted = set(keys)
        found: dict[str, Row] = {}
        if os.environ.get("SER_REFRESH") or not self.folder.exists():
            return found
        for path in sorted(self.folder.glob("*.arrow"), reverse=True):  # the newest first
            try:
                found |= _read_batch(path, wanted)
            except _DAMAGE as error:
                distrust(path, error)
            wanted -= found.keys()
        return found

    def put_many(self, rows: Mapping[str, Row]) -> None:
        """Store a batch of rows by key, all or nothing."""
        if not rows:
            return
        if not self._cleared:
            clear_partial(self.folder)
            self._cleared = True
        table = _to_table(rows)
        path = self.folder / f"{time.time_ns():020d}-{uuid.uuid4().hex}.arrow"
        with (
            written_whole(path) as partial,
            pa.OSFile(str(partial), "wb") as file,
            pa.ipc.new_file(file, table.schema) as writer,
        ):
            writer.write_table(table)

    def store(self, computed: Iterable[Mapping[str, Row]], n_rows: int) -> Generator[Mapping[str, Row]]:
        """Store rows while they are being computed, and pass them on.

        Args:
            computed: Rows by key, as they come from the workers.
            n_rows: Stored together, or fewer where they took longer than `STORE_SECONDS`: what a kill may cost.
                What has come is stored also where the computing ends in an error.
        """
        waiting: dict[str, Row] = {}
        stored_at = time.monotonic()
        try:
            for rows in computed:
                waiting.update(rows)
                if len(waiting) >= n_rows or time.monotonic() - stored_at >= STORE_SECONDS:
                    self.put_many(waiting)
                    waiting, stored_at = {}, time.monotonic()
                yield rows
        finally:
            self.put_many(waiting)


def _to_table(rows: Mapping[str, Row]) -> pa.Table:
    """Lay rows out in columns; an array becomes its bytes, shape and dtype. The last column has the checksums."""
    columns: dict[str, pa.Array] = {"key": pa.array(rows.keys(), pa.string())}
    dtypes: dict[str, str] = {}
    for name, sample in next(iter(rows.values())).items():
        values = [row[name] for row in rows.values()]
        if isinstance(sample, np.ndarray):
            dtypes[name] = sample.dtype.str
            columns[name] = pa.array(
                [np.ascontiguousarray(value).tobytes() for value in values], pa.large_binary()
            )
            columns[f"{name}.shape"] = pa.array([list(value.shape) for value in values], pa.list_(pa.int32()))
        else:
            columns[name] = pa.array(values)
    table = pa.table(columns).replace_schema_metadata({"dtypes": json.dumps(dtypes)})
    checksums = [_checksum(key, _row(table, i, dtypes)) for i, key in enumerate(rows)]
    return table.append_column(CHECKSUM, pa.array(checksums, pa.uint32()))


def _read_batch(path: Path, wanted: set[str]) -> dict[str, Row]:
    """Return the wanted rows of a file.

    Raises:
        ValueError: A row is not what was written; and what else is among `_DAMAGE`.
    """
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    table.validate(full=True)  # no offset leads outside
    dtypes, checksums = json.loads(table.schema.metadata[b"dtypes"]), table[CHECKSUM]
    rows = {}
    for i, key in enumerate(table["key"].to_pylist()):
        if key in wanted:
            rows[key] = _row(table, i, dtypes)
            if _checksum(key, rows[key]) != checksums[i].as_py():
                raise ValueError(f"the checksum of row {i} is another")
    return rows


def _row(table: pa.Table, i: int, dtypes: Mapping[str, str]) -> Row:
    names = [
        name for name in table.column_names if name not in ("key", CHECKSUM) and not name.endswith(".shape")
    ]
    return {name: _value(table, name, i, dtypes.get(name)) for name in names}


def _value(table: pa.Table, name: str, i: int, dtype: str | None) -> Any:
    scalar = table[name][i]
    if dtype is None:
        return scalar.as_py()
    return np.frombuffer(scalar.as_buffer(), dtype).reshape(table[f"{name}.shape"][i].as_py())


def _checksum(key: str, row: Row) -> int:
    """Return the checksum of a row as it comes out of a table."""
    checksum = zlib.crc32(key.encode())
    for name, value in row.items():
        array = isinstance(value, np.ndarray)
        what = f"{name} {value.dtype.str} {value.shape}" if array else f"{name} {value!r}"
        checksum = zlib.crc32(what.encode("utf-8", "surrogatepass"), checksum)
        if array:
            checksum = zlib.crc32(value, checksum)
    return checksum
