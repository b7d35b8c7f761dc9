"""What was found before: from the cache where nothing that decides it has changed, to the last bit."""

import math

import pytest

from pipeline.core.paths import cache_dir
from pipeline.evaluation.remembered import remembered, remembered_files


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SER_REFRESH", raising=False)


def entries():
    return [path for path in (cache_dir() / "found").rglob("*") if path.is_file()]


def test_it_is_found_once_for_a_key_and_comes_back_to_the_last_bit(monkeypatch):
    found = []

    def find():
        found.append(1)
        return [{"p": 0.1 + 0.2, "none": None, "undefined": math.nan}]

    for key in (["1", 2], ["1", 2], ["1", 3]):
        (row,) = remembered("kind", key, find)
        assert row["p"] == 0.1 + 0.2
        assert row["none"] is None
        assert math.isnan(row["undefined"])
    assert len(found) == 2
    monkeypatch.setenv("SER_REFRESH", "1")
    remembered("kind", ["1", 2], find)
    assert len(found) == 3


def test_a_damaged_entry_is_set_aside_and_found_anew(caplog):
    assert remembered("kind", 1, lambda: "first") == "first"
    (entry,) = entries()
    entry.write_bytes(entry.read_bytes()[:-1])
    assert remembered("kind", 1, lambda: "second") == "second"
    assert f"{entry} is damaged" in caplog.text


def test_files_come_back_where_they_are_wanted(tmp_path):
    def write(folder):
        (folder / "deep").mkdir()
        (folder / "deep" / "picture.png").write_bytes(bytes(range(256)))
        (folder / "table.csv").write_text("a,b\n")
        return {"n": 1}

    def never(folder):
        raise AssertionError

    for place, work in ((tmp_path / "one", write), (tmp_path / "two", never)):
        assert remembered_files("kind", 1, place, work) == {"n": 1}
        assert (place / "deep" / "picture.png").read_bytes() == bytes(range(256))
        assert (place / "table.csv").read_text() == "a,b\n"


def test_nothing_is_kept_of_what_fails(tmp_path):
    def fail(folder):
        (folder / "half.csv").touch()
        raise ValueError("in the midst")

    with pytest.raises(ValueError, match="midst"):
        remembered_files("kind", 1, tmp_path / "one", fail)
    assert entries() == []
    assert not (tmp_path / "one").exists()
