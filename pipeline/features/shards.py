"""The files that features are kept in: one shard a feature set and corpus, one row an utterance.

Columns: `utterance_id` (in a shard of augmented copies, their example id), `key` (content and settings), `shape`,
and `values`, the array flattened in C order. Where the values along the last axis have names, the schema's
metadata carries them under `feature_names` as a JSON list.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.core.own_files import written_whole
from pipeline.core.tables import existing

ROWS_A_GROUP = 256  # written and read at a time
VALUES_A_GROUP = 1 << 28  # at most, but for a row that has more
VALUES_A_ROW = (1 << 31) - 1  # at most: Arrow counts the values of a list in 32 bits

FeatureRow = tuple[str, str, np.ndarray]  # utterance_id, key and features


def shard_schema(dtype: np.dtype, names: list[str] | None) -> pa.Schema:
    """Return the columns of a shard whose values have a type and perhaps names."""
    columns = [
        ("utterance_id", pa.string()),
        ("key", pa.string()),
        ("shape", pa.list_(pa.int32())),
        ("values", pa.list_(pa.from_numpy_dtype(dtype))),
    ]
    return pa.schema(columns, {"feature_names": json.dumps(names)} if names else None)


def write_shard(path: Path, rows: Sequence[FeatureRow], schema: pa.Schema) -> None:
    """Write a shard atomically, laid out a group of rows at a time.

    Args:
        path: Target file; its folder is made.
        rows: utterance_id, key and features of each row, in their final order.
        schema: See `shard_schema`.

    Raises:
        PipelineError: Features have another type than the schema, or a row more values than fit into one.
    """
    # bytes compress best as indices into a dictionary of their 256 values, floats have no use for one
    dictionary = ["values.list.element"] if schema.field("values").type.value_type == pa.uint8() else False
    with (
        written_whole(path) as partial,
        pq.ParquetWriter(partial, schema, compression="zstd", use_dictionary=dictionary) as writer,
    ):
        for group in _groups(rows):
            ids, keys, arrays = zip(*group, strict=True)
            columns = [
                pa.array(ids, pa.string()),
                pa.array(keys, pa.string()),
                pa.array([array.shape for array in arrays], pa.list_(pa.int32())),
                _list_array(arrays, schema.field("values").type),
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def _groups(rows: Sequence[FeatureRow]) -> Iterator[list[FeatureRow]]:
    """Yield rows to lay out together, fewer where they are long."""
    group: list[FeatureRow] = []
    n_values = 0
    for row in rows:
        name, _, array = row
        if array.size > VALUES_A_ROW:
            raise PipelineError(
                f"the features of {name} are {array.size} values, at most {VALUES_A_ROW} fit into a row: store "
                "fewer of each frame, such as fewer blocks of an encoder, or cut the clip"
            )
        if group and (len(group) == ROWS_A_GROUP or n_values + array.size > VALUES_A_GROUP):
            yield group
            group, n_values = [], 0
        group.append(row)
        n_values += array.size
    if group:
        yield group


def _list_array(arrays: Sequence[np.ndarray], kind: pa.ListType) -> pa.ListArray:
    """Lay arrays end to end in one buffer, without a Python number in between."""
    dtype = np.dtype(kind.value_type.to_pandas_dtype())
    wrong = sorted({str(array.dtype) for array in arrays if array.dtype != dtype})
    if wrong:
        raise PipelineError(f"features came as {wrong}, expected {dtype}: see DTYPE of their kind")
    offsets = np.cumsum([0, *(array.size for array in arrays)], dtype=np.int32)
    flat = np.concatenate([array.ravel() for array in arrays])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat))


def load_features(
    feature_set: str, shards: Iterable[Path], example_ids: Sequence[str]
) -> tuple[np.ndarray | list[np.ndarray], list[str] | None]:
    """Load the features of examples, in the order given.

    Args:
        feature_set: Name in params.yaml, for error messages.
        shards: Files to read, of several corpora and of augmented copies.
        example_ids: Which rows, each at most once.

    Returns:
        One array (n_examples, ...) where all have the same shape, else a list of arrays that are
        read-only views of the buffers the file was read into; and the names of the values along the last
        axis, if they have any.

    Raises:
        PipelineError: A shard or an example is missing, or an example is asked for twice.
    """
    places = {example: place for place, example in enumerate(example_ids)}
    if len(places) < len(example_ids):
        twice = len(example_ids) - len(places)
        raise PipelineError(f"{feature_set}: {twice} of {len(example_ids)} utterances are asked for twice")
    paths = [existing(path) for path in shards]
    shapes = {name: shape for path in paths for name, shape in _read_shapes(path) if name in places}
    _check_complete(feature_set, places, shapes)
    rows: Any = [None] * len(places)
    if len(set(shapes.values())) == 1:
        rows = np.empty((len(places), *next(iter(shapes.values()))), _dtype(paths[0]))
    for path in paths:
        for example, values in _read_rows(path):
            if example in places:
                rows[places[example]] = values
    return rows, next(filter(None, map(_names, paths)), None)


def _check_complete(feature_set: str, wanted: Collection[str], found: Collection[str]) -> None:
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise PipelineError(
            f"feature set {feature_set!r} lacks {len(missing)} of {len(wanted)} utterances, such as "
            f"{', '.join(missing[:3])}: run `dvc repro` from the features stage on"
        )


def _names(path: Path) -> list[str] | None:
    metadata = pq.read_schema(path).metadata or {}
    return json.loads(metadata[b"feature_names"]) if b"feature_names" in metadata else None


def _dtype(path: Path) -> np.dtype:
    return np.dtype(pq.read_schema(path).field("values").type.value_type.to_pandas_dtype())


def _read_shapes(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    table = pq.read_table(path, columns=["utterance_id", "shape"])
    shapes = map(tuple, table["shape"].to_pylist())
    return zip(table["utterance_id"].to_pylist(), shapes, strict=True)


def _read_rows(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Go through a shard, a group of rows in memory at a time."""
    columns = ["utterance_id", "shape", "values"]
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):  # a batch across groups may have too many values for Arrow
            for batch in file.iter_batches(ROWS_A_GROUP, row_groups=[group], columns=columns):
                yield from _rows_of(batch)


def _rows_of(batch: pa.RecordBatch) -> Iterator[tuple[str, np.ndarray]]:
    values = batch["values"]
    flat = values.flatten().to_numpy()  # no copy
    ends = np.cumsum(values.value_lengths().to_numpy())
    ids, shapes = batch["utterance_id"].to_pylist(), batch["shape"].to_pylist()
    for utterance, shape, piece in zip(ids, shapes, np.split(flat, ends[:-1]), strict=True):
        yield utterance, piece.reshape(shape)
