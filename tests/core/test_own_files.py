"""Files of the project's own: whole or not there, set aside when damaged, and cleared when nobody writes them."""

import os
import time
from pathlib import Path

import pytest

from pipeline.core.own_files import (
    OLD_SECONDS,
    clear_partial,
    distrust,
    keep_whole_lines,
    read_sealed,
    write_sealed,
    written_whole,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make_old(path: Path) -> None:
    long_ago = time.time() - OLD_SECONDS - 60
    os.utime(path, (long_ago, long_ago))


def test_a_file_has_its_name_when_it_is_written(tmp_path):
    path = tmp_path / "deep" / "a.json"
    with written_whole(path) as partial:
        partial.write_text("new")
        assert not path.exists()
    assert (names(path.parent), path.read_text()) == (["a.json"], "new")


def write_half(path: Path, error: BaseException) -> None:
    path.write_text("half")
    raise error


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_error_leaves_the_former_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.json"
    path.write_text("former")
    with pytest.raises(type(error)), written_whole(path) as partial:
        write_half(partial, error)
    assert (names(tmp_path), path.read_text()) == (["a.json"], "former")


def test_what_a_kill_left_is_cleared_after_a_day(tmp_path):
    for name in ("old.tmp", "young.tmp", "old.arrow"):
        (tmp_path / name).touch()
    (tmp_path / ".folder.tmp").mkdir()
    (tmp_path / ".folder.tmp" / "half").touch()
    for name in ("old.tmp", "old.arrow", ".folder.tmp"):
        make_old(tmp_path / name)
    clear_partial(tmp_path)
    assert names(tmp_path) == ["old.arrow", "young.tmp"]


def test_a_folder_that_is_not_there_has_nothing_to_clear(tmp_path):
    clear_partial(tmp_path / "nothing")


def test_a_damaged_file_is_kept_under_another_name_and_named(tmp_path, caplog):
    for content in ("first", "second"):
        (tmp_path / "a.pt").write_text(content)
        distrust(tmp_path / "a.pt", ValueError("cut short\nat byte 4"))
    assert (names(tmp_path), (tmp_path / "a.pt.bad").read_text()) == (["a.pt.bad"], "second")
    assert f"{tmp_path / 'a.pt'} is damaged (cut short): kept as a.pt.bad" in caplog.text


def test_a_damaged_folder_replaces_the_one_that_was_set_aside_before(tmp_path):
    for _ in range(2):
        (tmp_path / "entry").mkdir()
        (tmp_path / "entry" / "scores.json").touch()
        distrust(tmp_path / "entry", "empty")
    assert names(tmp_path) == ["entry.bad"]


def test_a_file_that_another_process_set_aside_is_no_error(tmp_path, caplog):
    distrust(tmp_path / "gone", EOFError())
    assert "gone is damaged (EOFError): not used" in caplog.text


@pytest.mark.parametrize(
    "damage", [lambda content: b"", lambda content: content[:-1], lambda content: b"\0" + content[1:]]
)
def test_a_sealed_file_is_whole_or_not_there(tmp_path, caplog, damage):
    path = tmp_path / "changes" / "a"
    assert read_sealed(path) is None
    write_sealed(path, b"picture")
    assert read_sealed(path) == b"picture"
    path.write_bytes(damage(path.read_bytes()))
    assert read_sealed(path) is None
    assert f"{path} is damaged (its digest is another): kept as a.bad" in caplog.text
    assert not path.exists()


@pytest.mark.parametrize("damage", [b'{"n": 2', b"\x00\x00\n", b"[2]\n", b'{"n": 2}', b"\xff\n{}\n"])
def test_a_log_keeps_what_stands_before_its_first_damaged_line(tmp_path, caplog, damage):
    path = tmp_path / "journal.log"
    path.write_bytes(b'{"n": 1}\n' + damage)
    keep_whole_lines(path)
    assert path.read_bytes() == b'{"n": 1}\n'
    assert "journal.log is damaged (line 2 of" in caplog.text


@pytest.mark.parametrize("content", [None, b"", b'{"n": 1}\n{"n": 2}\n'])
def test_a_whole_log_is_left_alone(tmp_path, caplog, content):
    path = tmp_path / "journal.log"
    if content is not None:
        path.write_bytes(content)
    keep_whole_lines(path)
    assert not caplog.messages
    assert content is None or path.read_bytes() == content
