"""Parquet, CSV and JSON files whose bytes depend on their content alone, written atomically."""

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError


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
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    pq.write_table(table, partial, compression="zstd")
    partial.replace(path)


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet file, all of it or some columns."""
    return pq.read_table(existing(path), columns=columns).to_pandas()


def write_csv(path: Path, table: pd.DataFrame, float_format: str | None = "%.6f") -> None:
    """Write a table as CSV.

    Args:
        path: Target file; its folder is made.
        table: Rows and columns, already in their final order; the index is left out.
        float_format: Of numbers with a fraction. "%.6g" keeps the digits of small ones; None keeps all digits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    table.to_csv(partial, index=False, float_format=float_format, lineterminator="\n")
    partial.replace(path)


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV file; a class named "none" is a name, and only an empty cell is a missing value."""
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
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    partial.write_text(
        json.dumps(rounded(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8"
    )
    partial.replace(path)


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(existing(path).read_text("utf-8"))


def existing(path: Path) -> Path:
    """Return the path of an output.

    Raises:
        PipelineError: It is not there.
    """
    if not path.exists():
        raise PipelineError(f"{path} is not there; `dvc repro {path}` makes it (or `dvc pull` fetches it)")
    return path
