"""Tables and JSON files: exact schema, the same bytes each time."""

import pandas as pd
import pyarrow as pa
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.tables import read_csv, read_json, read_table, write_csv, write_json, write_table

SCHEMA = pa.schema([("name", pa.string()), ("n", pa.int32())])


def test_round_trip_with_exact_types(tmp_path):
    path = tmp_path / "deep" / "t.parquet"
    write_table(path, pd.DataFrame({"n": [1, 2], "name": ["a", None], "more": [0, 0]}), SCHEMA)
    assert pa.parquet.read_schema(path).equals(SCHEMA)
    assert read_table(path)["n"].tolist() == [1, 2]


def test_an_empty_table_keeps_its_columns(tmp_path):
    write_table(tmp_path / "t.parquet", pd.DataFrame({"n": [], "name": []}), SCHEMA)
    assert list(read_table(tmp_path / "t.parquet").columns) == ["name", "n"]


def test_same_rows_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_table(tmp_path / name, pd.DataFrame({"n": range(99), "name": ["x"] * 99}), SCHEMA)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(PipelineError, match=r"lacks the columns \['n'\]"):
        write_table(tmp_path / "t.parquet", pd.DataFrame({"name": ["a"]}), SCHEMA)


def test_json_is_rounded_and_ordered(tmp_path):
    write_json(tmp_path / "m.json", {"b": 0.12345678, "a": [1.0000001]})
    assert (tmp_path / "m.json").read_text() == '{\n  "b": 0.123457,\n  "a": [\n    1.0\n  ]\n}\n'
    assert read_json(tmp_path / "m.json")["b"] == 0.123457


@pytest.mark.parametrize("read", [read_json, read_table])
def test_a_missing_file_says_what_makes_it(tmp_path, read):
    with pytest.raises(PipelineError, match="dvc repro"):
        read(tmp_path / "gone")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00{", b'"cut'])
@pytest.mark.parametrize("read", [read_csv, read_json, read_table])
def test_a_damaged_file_is_named_with_what_makes_it_anew(tmp_path, read, content):
    (tmp_path / "out").write_bytes(content)
    with pytest.raises(PipelineError, match=r"out cannot be read \(.+\): delete it, and `dvc repro .*out`"):
        read(tmp_path / "out")


def test_csv_has_six_decimals_and_unix_line_ends(tmp_path):
    write_csv(tmp_path / "deep" / "t.csv", pd.DataFrame({"name": ["none", None], "x": [1 / 3, 2.0]}))
    assert (tmp_path / "deep" / "t.csv").read_bytes() == b"name,x\nnone,0.333333\n,2.000000\n"


@pytest.mark.parametrize(("float_format", "written"), [("%.6g", "1.23457e-05"), (None, "1.23456789e-05")])
def test_csv_keeps_the_digits_of_small_numbers_on_demand(tmp_path, float_format, written):
    write_csv(tmp_path / "t.csv", pd.DataFrame({"p": [1.23456789e-05]}), float_format)
    assert (tmp_path / "t.csv").read_text() == f"p\n{written}\n"


def test_a_class_named_none_is_read_as_a_name(tmp_path):
    write_csv(tmp_path / "t.csv", pd.DataFrame({"class": ["none", "NA", None]}))
    assert read_csv(tmp_path / "t.csv")["class"].fillna("missing").tolist() == ["none", "NA", "missing"]


@pytest.mark.parametrize("read", [read_csv, read_json, read_table])
def test_what_is_not_there_is_named_with_what_makes_it(tmp_path, read):
    with pytest.raises(PipelineError, match=r"absent is not there; `dvc repro .*absent` makes it"):
        read(tmp_path / "absent")
