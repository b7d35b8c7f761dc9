import os

import pytest

from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import Entry, Stray, adapter_names, load_adapter, scan_files, unique_names


def named(*paths):
    return [Entry(path, path.rsplit("/", 1)[-1].split(".")[0]) for path in paths]


def parse(path):
    return Entry(str(path), path.stem)


def test_the_least_deep_keeps_its_name():
    found = unique_names(named("a/a/x.wav", "a/x.wav", "b/x.wav", "y.wav"))
    assert {entry.path: entry.name for entry in found} == {
        "y.wav": "y",
        "a/x.wav": "x",
        "b/x.wav": "x@b",
        "a/a/x.wav": "x@a/a",
    }


def test_one_stem_with_several_endings_in_one_folder():
    found = unique_names(named("a/x.WAV", "a/x.flac", "a/x.wav"))
    assert [entry.name for entry in found] == ["x", "x@a", "x@a/x.wav"]


@pytest.mark.parametrize("order", [1, -1])
def test_names_do_not_depend_on_the_order_of_entries(order):
    entries = named("a/x.wav", "b/x.wav", "c/x.wav")
    assert unique_names(entries[::order]) == unique_names(entries)


def test_every_file_is_an_entry_a_stray_or_a_document(tmp_path):
    for name in ("b.wav", "A.WAV", "._b.wav", "notes.txt", "LICENSE"):
        (tmp_path / name).write_bytes(b"")
    assert list(scan_files(tmp_path, parse, documents=("LICENSE",))) == [
        Stray("._b.wav", "macOS resource fork, not audio"),
        Entry("A.WAV", "A"),
        Entry("b.wav", "b"),
        Stray("notes.txt", "not audio by its name (expected .wav)"),
    ]


def test_a_name_that_is_not_utf8(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"\xe9t\xe9.wav")).write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes no such names")
    assert list(scan_files(tmp_path, parse)) == [
        Stray(r"\udce9t\udce9.wav", "its name is not valid UTF-8; rename it")
    ]


def test_load_adapter():
    assert load_adapter("ravdess").CORPUS.name == "ravdess"
    assert {"demo_tess", "demo_ravdess", "demo_dialogue", "ravdess", "tess"} <= set(adapter_names())


@pytest.mark.parametrize(
    ("name", "message"), [("ravdes", "did you mean ravdess"), ("../evil", "There are .*tess")]
)
def test_an_unknown_adapter(name, message):
    with pytest.raises(PipelineError, match=message):
        load_adapter(name)
