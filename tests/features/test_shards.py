"""Shards: written and read back."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.paths import features_path
from pipeline.features import shards as module
from pipeline.features.shards import load_features, shard_schema, write_shard


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(corpus: str, arrays: list[np.ndarray], dtype=np.float32, names=None) -> None:
    rows = [(f"{corpus}/{i}", f"key-{i}", array.astype(dtype)) for i, array in enumerate(arrays)]
    write_shard(features_path("set", corpus), rows, shard_schema(np.dtype(dtype), names))


def shards(*corpora: str) -> list[Path]:
    return [features_path("set", corpus) for corpus in corpora]


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_arrays_of_one_shape_come_back_stacked_in_the_order_asked_for(dtype):
    arrays = [np.full((2, 3), i % 256) for i in range(600)]  # more than a group of rows
    write("a", arrays, dtype)
    write("b", arrays[:2], dtype)
    stacked, names = load_features("set", shards("a", "b"), ["b/1", "a/599", "a/0"])
    assert stacked.dtype == dtype
    np.testing.assert_array_equal(stacked, np.stack([arrays[1], arrays[599], arrays[0]]))
    assert names is None


def test_arrays_of_several_shapes_come_back_as_views():
    arrays = [np.arange(12.0).reshape(3, 4), np.arange(8.0).reshape(2, 4), np.arange(4.0).reshape(1, 4)]
    write("a", arrays)
    rows, _ = load_features("set", shards("a"), ["a/1", "a/0"])
    np.testing.assert_array_equal(rows[0], arrays[1])
    np.testing.assert_array_equal(rows[1], arrays[0])
    assert not rows[0].flags.owndata


def test_names_come_back_also_where_the_first_shard_is_empty():
    write("empty", [])
    write("a", [np.zeros(2)], names=["first", "second"])
    assert load_features("set", shards("empty", "a"), ["a/0"])[1] == ["first", "second"]


def test_an_empty_shard_has_the_columns_of_a_full_one():
    write("empty", [])
    write("full", [np.zeros(2)])
    empty, full = (pq.read_schema(features_path("set", corpus)) for corpus in ("empty", "full"))
    assert empty.equals(full)
    assert full.names == ["utterance_id", "key", "shape", "values"]


def test_missing_utterances_are_counted_and_some_named():
    write("a", [np.zeros(2)])
    with pytest.raises(PipelineError, match="'set' lacks 2 of 3 utterances, such as a/7, b/1"):
        load_features("set", shards("a"), ["a/0", "a/7", "b/1"])


def test_a_missing_shard_is_named():
    with pytest.raises(PipelineError, match=r"set/a\.parquet is not there"):
        load_features("set", shards("a"), ["a/0"])


def test_an_utterance_asked_for_twice_is_an_error():
    write("a", [np.zeros(2)])
    with pytest.raises(PipelineError, match="1 of 2 utterances are asked for twice"):
        load_features("set", shards("a"), ["a/0", "a/0"])


def test_long_rows_are_written_and_read_in_smaller_groups(monkeypatch):
    monkeypatch.setattr(module, "VALUES_A_GROUP", 10)
    read, real = [], module._rows_of
    monkeypatch.setattr(module, "_rows_of", lambda batch: read.append(batch.num_rows) or real(batch))
    arrays = [np.full(size, float(size)) for size in (4, 6, 1, 25, 3, 0, 7)]
    write("a", arrays)
    rows, _ = load_features("set", shards("a"), [f"a/{i}" for i in range(len(arrays))])
    for row, array in zip(rows, arrays, strict=True):
        np.testing.assert_array_equal(row, array)
    assert read == [2, 1, 1, 3]


def test_a_row_of_more_values_than_a_list_may_have_is_named(monkeypatch):
    monkeypatch.setattr(module, "VALUES_A_ROW", 10)
    with pytest.raises(PipelineError, match="features of a/1 are 11 values, at most 10 fit into a row"):
        write("a", [np.zeros(10), np.zeros(11)])
    assert not features_path("set", "a").exists()


def test_arrays_of_another_type_are_refused():
    with pytest.raises(PipelineError, match=r"came as \['float64'\], expected float32"):
        write_shard(
            features_path("set", "a"), [("a/0", "key", np.zeros(2))], shard_schema(np.dtype("f4"), None)
        )


def test_the_same_rows_give_the_same_bytes():
    arrays = [np.random.default_rng(i).normal(size=(5, 3)) for i in range(300)]
    write("a", arrays)
    first = features_path("set", "a").read_bytes()
    write("a", arrays)
    assert features_path("set", "a").read_bytes() == first
