"""The index: no file without a line, no file decoded twice, errors that a person can act on."""

import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from pipeline.audio import reading
from pipeline.core.errors import PipelineError
from pipeline.core.paths import open_file
from pipeline.core.schemas import INDEX
from pipeline.core.tables import read_table, write_table
from pipeline.corpora.contract import Corpus, Entry, Stray
from pipeline.curation import index as index_module
from pipeline.curation.index import build_index, inspect_all, surprises, utterances
from pipeline.curation.inspection import inspect
from tests.curation.signals import RATE, speech

CORPUS = Corpus(
    name="made_up",
    title="",
    licence="",
    language="en",
    url="",
    citation="",
    labels=("happy", "sad"),
    expected={"utterances": 3, "speakers": 2, "seconds": 1},
    how_to_get="Ask nicely.",
)


def adapter(*found):
    """An adapter that lists what it is given."""
    return SimpleNamespace(CORPUS=CORPUS, scan=lambda root: iter(found))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_WORKERS", "1")


@pytest.fixture
def root(tmp_path):
    """Two clips, one of them labelled, an empty file and a stray one."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("b", "a"):
        soundfile.write(
            folder / f"{name}.wav", speech(ord(name), n_syllables=4)[: RATE // 2], RATE, subtype="PCM_16"
        )
    (folder / "c.wav").write_bytes(b"")
    (folder / "notes.txt").write_text("hello")
    return folder


FOUND = (
    Entry("b.wav", "b", speaker="1", sex="female", label="sad", arousal=0.5),
    Entry("a.wav", "a", problem="no label"),
    Entry("c.wav", "c", speaker="2", problem="no label either"),
    Stray("notes.txt", "no audio"),
)


def test_rows(root, tmp_path):
    write_table(tmp_path / "index.parquet", build_index(adapter(*FOUND), root), INDEX)
    index = read_table(tmp_path / "index.parquet").set_index("utterance_id")
    assert list(index.index) == ["made_up/a", "made_up/b", "made_up/c", "made_up/notes.txt"]
    assert index["status"].tolist() == ["quarantined", "ok", "quarantined", "stray"]
    assert index["reason"].fillna("").tolist() == [
        "no label", "", "empty file; no label either", "no audio"
    ]  # fmt: skip
    assert index.loc["made_up/b", ["path", "speaker", "sex", "label", "arousal"]].tolist() == [
        "b.wav", "made_up/1", "female", "sad", 0.5
    ]  # fmt: skip
    assert index["speaker"].isna().tolist() == [True, False, False, True]
    assert index["rate"].fillna(0).tolist() == [RATE, RATE, 0, 0]


def test_what_was_inspected_is_not_inspected_again(root, monkeypatch):
    first = build_index(adapter(*FOUND), root)
    monkeypatch.setattr(index_module, "inspect", None)
    assert build_index(adapter(*FOUND), root).equals(first)


def test_a_changed_file_is(root):
    build_index(adapter(*FOUND), root)
    soundfile.write(root / "b.wav", np.zeros(RATE), RATE, subtype="PCM_16")
    assert build_index(adapter(*FOUND), root)["reason"].tolist()[1] == "silent: -200 dBFS"


def test_a_killed_run_keeps_what_it_has(root, monkeypatch):
    monkeypatch.setattr(index_module, "CACHED_AT_A_TIME", 1)
    asked = []

    def killed_at_the_second(path):
        asked.append(path.name)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return inspect(path)

    monkeypatch.setattr(index_module, "parallel_map", lambda function, items, **_: map(function, items))
    monkeypatch.setattr(index_module, "inspect", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        build_index(adapter(*FOUND), root)
    build_index(adapter(*FOUND), root)
    assert asked == ["b.wav", "a.wav", "a.wav", "c.wav"]


def test_equal_files_are_inspected_once(root, monkeypatch):
    (root / "d.wav").write_bytes((root / "a.wav").read_bytes())
    asked = []
    monkeypatch.setattr(index_module, "parallel_map", lambda function, items, **_: map(function, items))
    monkeypatch.setattr(index_module, "inspect", lambda path: asked.append(path.name) or inspect(path))
    seen = list(inspect_all([root / "a.wav", root / "d.wav"], "made_up"))
    assert len(asked) == 1
    assert seen[0] == seen[1]


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(b"half")])
def test_a_file_that_changes_while_it_is_indexed_fills_no_cache(root, monkeypatch, change):
    indexed = (root / "a.wav").read_bytes()

    def changed_meanwhile(path):
        change(path)
        return inspect(path)

    monkeypatch.setattr(index_module, "parallel_map", lambda function, items, **_: map(function, items))
    with monkeypatch.context() as patch:
        patch.setattr(index_module, "inspect", changed_meanwhile)
        with pytest.raises(PipelineError, match=r"a\.wav changed while it was indexed: run the stage again"):
            inspect_all([root / "a.wav"], "made_up")
    (root / "a.wav").write_bytes(indexed)
    (seen,) = inspect_all([root / "a.wav"], "made_up")
    assert seen.reason is None


def test_a_file_that_cannot_be_opened_is_asked_for_each_time(root):
    index = build_index(adapter(Entry("gone.wav", "gone"), *FOUND), root)
    assert "cannot be opened: No such file or directory" in index["reason"].tolist()
    (root / "gone.wav").write_bytes((root / "a.wav").read_bytes())
    index = build_index(adapter(Entry("gone.wav", "gone"), *FOUND), root).set_index("utterance_id")
    assert index.loc["made_up/gone", "status"] == "ok"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.symlink_to("nothing"), "No such file or directory"),
        (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
        (lambda path: path.symlink_to("/dev/zero"), "a pipe or a device, no file"),
        (os.mkfifo, "a pipe or a device, no file"),
        (lambda path: path.write_bytes(b"secret"), "Permission denied"),
    ],
    ids=["dead link", "link to itself", "device", "pipe", "no permission"],
)
def test_a_file_that_cannot_be_read_takes_no_other_with_it(root, monkeypatch, make, why):
    make(root / "odd.wav")
    if why == "Permission denied":  # which root does not meet
        for module in (index_module, reading):
            monkeypatch.setattr(module, "open_file", refusing("odd.wav"))
    index = build_index(adapter(Entry("odd.wav", "odd"), *FOUND), root).set_index("utterance_id")
    assert index.loc["made_up/odd", ["status", "reason"]].tolist() == [
        "quarantined", f"cannot be opened: {why}"
    ]  # fmt: skip
    assert index.loc["made_up/b", "status"] == "ok"


def refusing(name):
    def opened(path):
        if path.name == name:
            raise PermissionError(13, "Permission denied")
        return open_file(path)

    return opened


def test_no_audio_at_all(root):
    for clip in root.glob("*.wav"):
        clip.unlink()
    (root / "a.flac").write_bytes(b".")
    (root / "b.flac").write_bytes(b".")
    with pytest.raises(
        PipelineError, match=r"\(3 other files: 2 \.flac, 1 \.txt\); expected 3 .* Ask nicely"
    ):
        build_index(adapter(Stray("notes.txt", "no audio")), root)


def test_two_files_of_one_name(root):
    with pytest.raises(
        PipelineError, match=r"alike:\s+utterance_id\s+path\s+made_up/x a.wav\s+made_up/x b.wav"
    ):
        build_index(adapter(Entry("a.wav", "x"), Entry("b.wav", "x")), root)


def test_strays_are_no_utterances(root):
    assert len(utterances(build_index(adapter(*FOUND), root))) == 3


def test_counts_that_surprise(root):
    index = build_index(adapter(*FOUND[:2]), root)
    assert list(surprises(CORPUS, index)) == [
        "made_up: 2 utterances; a complete copy has 3",
        "made_up: 1 speakers; a complete copy has 2",
    ]


def die_of_films(keyed):
    """Read a file by a decoder that a film kills, with the process that it runs in."""
    if keyed[1].suffix == ".mp4":
        os.kill(os.getpid(), signal.SIGSEGV)
    return index_module.inspect_content(keyed)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_corpus_of_few_files_outlives_one_that_kills_its_decoder(tmp_path, monkeypatch, workers):
    monkeypatch.setenv("SER_WORKERS", workers)
    paths = [tmp_path / "film.mp4", tmp_path / "sound.wav"]
    paths[0].write_bytes(b"film")
    soundfile.write(paths[1], speech(0), RATE)
    monkeypatch.setattr(index_module, "inspect_content", die_of_films)
    film, sound = inspect_all(paths, "made_up")
    assert (film.reason, sound.reason) == (".mp4 that crashes its decoder", None)
