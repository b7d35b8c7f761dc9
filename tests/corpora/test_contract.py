import os

import pytest

from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import (
    Entry,
    Stray,
    adapter_names,
    load_adapter,
    scan_files,
    unique_names,
    voices,
)


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


@pytest.mark.parametrize(
    "error", [KeyError("x"), IndexError("list"), UnicodeDecodeError("utf-8", b"a", 0, 1, "?")]
)
def test_an_adapter_that_raises_says_on_which_file(tmp_path, error):
    def failing(path):
        if path.name == "b.wav":
            raise error
        return parse(path)

    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"")
    says = rf"{tmp_path}/b\.wav: the corpus's adapter raised {type(error).__name__} \(.*test_contract\.py, line \d+"
    with pytest.raises(PipelineError, match=says):
        list(scan_files(tmp_path, failing))


def test_what_an_adapter_refuses_takes_no_name(tmp_path):
    for name in ("old/a.wav", "new/sub/a.wav"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"")
    found = scan_files(tmp_path, parse, refuse=lambda path: "old" if "old" in path.parts else None)
    assert list(found) == [Entry("new/sub/a.wav", "a"), Stray("old/a.wav", "old")]


@pytest.mark.parametrize(
    ("speaker", "expected"),
    [
        *(("meld/Ross", ["meld/Ross"]), ("meld/Rachel+Ross", ["meld/Rachel", "meld/Ross"])),
        *(("a", ["a"]), ("c/x/y", ["c/x/y"]), ("c/A+", ["c/A+"]), ("c/+49", ["c/+49"]), ("c/+", ["c/+"])),
    ],
)
def test_voices(speaker, expected):
    assert voices(speaker) == expected
