"""A cache of computed rows, shared by all experiments and safe to kill.

Rows are kept by key (content hash) below a folder named after what computes them and a digest of its
settings, in Arrow files that are written under a temporary name and renamed: a reader never sees half a batch,
writers never meet, and it works on a network file system. Nothing is changed in place. `SER_REFRESH=1`
computes anew.
"""

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.core.paths import cache_dir

Row = dict[str, Any]

STORE_SECONDS = 5.0  # what took longer to compute is stored though its batch is not full


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

    def get_many(self, keys: Iterable[str]) -> dict[str, Row]:
        """Return the rows that are there, by key; the others are missing from the answer."""
        wanted = set(keys)
        found: dict[str, Row] = {}
        if os.environ.get("SER_REFRESH") or not self.folder.exists():
            return found
        for path in sorted(self.folder.glob("*.arrow"), reverse=True):  # the newest first
            found |= _read_batch(path, wanted)
            wanted -= found.keys()
        return found

    def put_many(self, rows: Mapping[str, Row]) -> None:
        """Store a batch of rows by key, all or nothing."""
        if not rows:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        table = _to_table(rows)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        partial = self.folder / f"{name}.tmp"
        with pa.OSFile(str(partial), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        partial.replace(self.folder / f"{name}.arrow")

    def store(self, computed: Iterable[Mapping[str, Row]], n_rows: int) -> Iterator[Mapping[str, Row]]:
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
    """Lay rows out in columns; an array becomes its bytes, shape and dtype."""
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
    return pa.table(columns).replace_schema_metadata({"dtypes": json.dumps(dtypes)})


def _read_batch(path: Path, wanted: set[str]) -> dict[str, Row]:
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    dtypes = json.loads(table.schema.metadata[b"dtypes"])
    names = [name for name in table.column_names if name != "key" and not name.endswith(".shape")]
    return {
        key: {name: _value(table, name, i, dtypes.get(name)) for name in names}
        for i, key in enumerate(table["key"].to_pylist())
        if key in wanted
    }


def _value(table: pa.Table, name: str, i: int, dtype: str | None) -> Any:
    scalar = table[name][i]
    if dtype is None:
        return scalar.as_py()
    return np.frombuffer(scalar.as_buffer(), dtype).reshape(table[f"{name}.shape"][i].as_py())
