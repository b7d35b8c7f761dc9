"""The row cache: round trips, settings apart, and what a kill leaves behind."""

import os

import numpy as np
import pytest

from pipeline.core import row_cache
from pipeline.core.row_cache import RowCache, digest


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SER_CACHE", str(tmp_path))
    monkeypatch.delenv("SER_REFRESH", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.zeros((0, 3), np.float32),
        np.array([255, 0], np.uint8),
        np.array(1.5, np.float64),
    ],
)
def test_arrays_keep_shape_type_and_values(array):
    cache = RowCache("kind", "settings")
    cache.put_many({"a": {"values": array, "text": "hi", "n": 3, "none": None}})
    row = cache.get_many(["a", "b"])["a"]
    assert row["values"].dtype == array.dtype
    np.testing.assert_array_equal(row["values"], array)
    assert (row["text"], row["n"], row["none"]) == ("hi", 3, None)


def test_only_asked_rows_come_back():
    cache = RowCache("kind", "settings")
    cache.put_many({"a": {"n": 1}, "b": {"n": 2}})
    cache.put_many({"c": {"n": 3}})
    assert cache.get_many(["a", "c", "d"]) == {"a": {"n": 1}, "c": {"n": 3}}


def test_settings_do_not_mix():
    RowCache("kind", digest({"n": 1})).put_many({"a": {"n": 1}})
    assert RowCache("kind", digest({"n": 2})).get_many(["a"]) == {}


def test_a_half_written_batch_is_not_read(cache_folder):
    cache = RowCache("kind", "settings")
    cache.put_many({"a": {"n": 1}})
    (cache.folder / "killed.tmp").write_bytes(b"half a batch")
    assert cache.get_many(["a"]) == {"a": {"n": 1}}


def test_refresh_ignores_what_is_there(monkeypatch):
    cache = RowCache("kind", "settings")
    cache.put_many({"a": {"n": 1}})
    monkeypatch.setenv("SER_REFRESH", "1")
    assert cache.get_many(["a"]) == {}


def test_a_refreshed_row_wins():
    cache = RowCache("kind", "settings")
    for n in range(5):
        cache.put_many({"a": {"n": n}})
    assert cache.get_many(["a"]) == {"a": {"n": 4}}


def batches(n_batches, n_rows):
    """Batches of rows as they come from workers."""
    for start in range(0, n_batches * n_rows, n_rows):
        yield {str(n): {"n": n} for n in range(start, start + n_rows)}


def n_files(cache):
    return len(list(cache.folder.glob("*.arrow")))


def test_rows_are_stored_many_at_a_time_and_passed_on():
    cache = RowCache("kind", "settings")
    passed = list(cache.store(batches(5, 4), n_rows=8))
    assert passed == list(batches(5, 4))
    assert cache.get_many(map(str, range(20))).keys() == set(map(str, range(20)))
    assert n_files(cache) == 3


def test_what_was_passed_on_can_miss_one_batch_at_most():
    cache = RowCache("kind", "settings")
    rows = cache.store(batches(5, 4), n_rows=8)
    seen = [next(rows) for _ in range(3)]  # and then the process is killed
    assert len(seen) == 3
    assert cache.get_many(map(str, range(20))).keys() == set(map(str, range(8)))


def test_what_takes_long_is_stored_at_once(monkeypatch):
    monkeypatch.setattr(row_cache, "STORE_SECONDS", 0.0)
    cache = RowCache("kind", "settings")
    next(cache.store(batches(5, 4), n_rows=8))
    assert cache.get_many(map(str, range(20))).keys() == set(map(str, range(4)))


def test_what_came_before_an_error_is_stored():
    def failing():
        yield from batches(1, 4)
        raise ZeroDivisionError

    cache = RowCache("kind", "settings")
    with pytest.raises(ZeroDivisionError):
        list(cache.store(failing(), n_rows=8))
    assert len(cache.get_many(map(str, range(4)))) == 4


def test_digest_does_not_depend_on_order():
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1}) != digest({"a": 1, "b": [3]})


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def garbage(path):
    path.write_bytes(np.random.default_rng(0).bytes(path.stat().st_size))


def zeros(path):
    path.write_bytes(bytes(path.stat().st_size))


def not_arrow(path):
    path.write_text("<html>your session has expired</html>")


def a_folder(path):
    path.unlink()
    path.mkdir()


def one_value(path):
    content = path.read_bytes()
    values = np.full(99, 7.25, np.float32).tobytes()
    assert content.count(values) == 1
    path.write_bytes(content.replace(values, values[:-8] + bytes(8)))


def one_text(path):
    content = path.read_bytes()
    assert content.count(b"a happy word") == 1
    path.write_bytes(content.replace(b"a happy word", b"a sappy word"))


def every_zeroed_block(path):
    """Zero the first half, as where a crash came before the disk had it all, and keep the end that Arrow reads."""
    half = path.stat().st_size // 2
    path.write_bytes(bytes(half) + path.read_bytes()[half:])


@pytest.mark.parametrize(
    "damage", [cut, empty, garbage, zeros, not_arrow, a_folder, one_value, one_text, every_zeroed_block]
)
def test_a_damaged_file_is_set_aside_and_named_and_the_others_are_read(damage, caplog):
    cache = RowCache("kind", "settings")
    row = {"values": np.full((9, 11), 7.25, np.float32), "text": "a happy word"}
    cache.put_many({"a": row})
    (path,) = cache.folder.glob("*.arrow")
    cache.put_many({"b": {"n": 2}})
    damage(path)
    assert cache.get_many(["a", "b"]) == {"b": {"n": 2}}
    assert f"{path} is damaged" in caplog.text
    assert path.with_name(f"{path.name}.bad").exists()
    cache.put_many({"a": row})
    caplog.clear()
    assert cache.get_many(["a", "b"]).keys() == {"a", "b"}
    assert not caplog.messages


@pytest.mark.parametrize("position", range(0, 2000, 97))
def test_a_changed_byte_never_changes_a_row(position):
    cache = RowCache("kind", "settings")
    cache.put_many(
        {
            "a": {"values": np.arange(99.0), "text": "hi", "n": 3},
            "b": {"values": np.ones(3), "text": "", "n": 4},
        }
    )
    (path,) = cache.folder.glob("*.arrow")
    content = bytearray(path.read_bytes())
    content[position] ^= 0xFF
    path.write_bytes(content)
    for row in RowCache("kind", "settings").get_many(["a"]).values():
        np.testing.assert_array_equal(row["values"], np.arange(99.0))
        assert (row["text"], row["n"]) == ("hi", 3)


def test_what_a_kill_left_is_cleared_when_the_cache_is_written(cache_folder):
    cache = RowCache("kind", "settings")
    cache.put_many({"a": {"n": 1}})
    left = cache.folder / "killed.tmp"
    left.write_bytes(b"half a batch")
    os.utime(left, (0, 0))
    RowCache("kind", "settings").put_many({"b": {"n": 2}})
    assert not left.exists()
    assert n_files(cache) == 2
