"""Parquet, CSV and JSON files whose bytes depend on their content alone, written atomically."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.core.own_files import written_whole


def write_table(path: Path, table: pa.Table | pd.DataFrame, schema: pa.Schema) -> None:
    """Write a table with exactly the columns and types of a schema.

    Args:
        path: Target file; its folder is made.
        table: Rows, already in their final order.
        schema: Column names, types and metadata of the file.

    Raises:
        PipelineError: A column is missing or cannot be converted.
    """
    if isinstance(table, pd.DataFrame):
        missing = [name for name in schema.names if name not in table.columns]
        if missing:
            raise PipelineError(f"{path}: the table lacks the columns {missing}")
        table = pa.Table.from_pandas(table[schema.names], schema=schema, preserve_index=False)
    table = table.select(schema.names).cast(schema).replace_schema_metadata(schema.metadata)
    with written_whole(path) as partial:
        pq.write_table(table, partial, compression="zstd")


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet file, all of it or some columns."""
    with _damage_named(path):
        return pq.read_table(existing(path), columns=columns).to_pandas()


def write_csv(path: Path, table: pd.DataFrame, float_format: str | None = "%.6f") -> None:
    """Write a table as CSV.

    Args:
        path: Target file; its folder is made.
        table: Rows and columns, already in their final order; the index is left out.
        float_format: Of numbers with a fraction. "%.6g" keeps the digits of small ones; None keeps all digits.
    """
    with written_whole(path) as partial:
        table.to_csv(partial, index=False, float_format=float_format, lineterminator="\n")


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV file; a class named "none" is a name, and only an empty cell is a missing value."""
    with _damage_named(path):
        return pd.read_csv(existing(path), keep_default_na=False, na_values=[""])


def rounded(value: Any, digits: int = 6) -> Any:
    """Round every float in nested lists and mappings, so that text files do not carry noise."""
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item, digits) for item in value]
    return value


def write_json(path: Path, value: Any) -> None:
    """Write JSON with floats rounded to six decimals, keys in the order given."""
    text = json.dumps(rounded(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with written_whole(path) as partial:
        partial.write_text(text, "utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    with _damage_named(path):
        return json.loads(existing(path).read_text("utf-8"))


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Turn what libraries raise on an output that is empty, cut short or garbage into an error of ours."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        why = str(error).partition("\n")[0]
        raise PipelineError(
            f"{path} cannot be read ({why}): delete it, and `dvc repro {path}` makes it anew"
        ) from error


def existing(path: Path) -> Path:
    """Return the path of an output.

    Raises:
        PipelineError: It is not there.
    """
    if not path.exists():
        raise PipelineError(f"{path} is not there; `dvc repro {path}` makes it (or `dvc pull` fetches it)")
    return path
