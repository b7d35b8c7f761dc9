import os

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.tree import MARKER, fresh_folder, hash_tree, is_current, list_files, measure


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "corpus"
    (root / "b").mkdir(parents=True)
    (root / "b" / "two.wav").write_bytes(b"two")
    (root / "a.wav").write_bytes(b"one")
    return root


def fill(folder, stamp, content):
    with fresh_folder(folder, stamp) as scratch:
        (scratch / "a.wav").write_bytes(content)


def test_files_are_listed_by_path(root):
    (root / "b.wav").write_bytes(b"")
    assert list_files(root) == ["a.wav", "b.wav", "b/two.wav"]
    assert measure(root) == (3, 6)


def test_linked_folders_are_followed_once(root, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "three.wav").write_bytes(b"")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "loop").symlink_to(root)
    assert list_files(root) == ["a.wav", "b/two.wav", "linked/three.wav"]


def test_the_digest_is_that_of_the_content(root, tmp_path):
    other = tmp_path / "other"
    (other / "b").mkdir(parents=True)
    (other / "a.wav").write_bytes(b"one")
    (other / "b" / "two.wav").write_bytes(b"two")
    assert hash_tree(root) == hash_tree(other)
    assert hash_tree(root).n_bytes == 6


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "a.wav").write_bytes(b"eno"),
        lambda root: (root / "a.wav").rename(root / "c.wav"),
        lambda root: (root / "a.wav").unlink(),
        lambda root: (root / "c.wav").write_bytes(b""),
    ],
)
def test_any_change_changes_the_digest(root, change):
    before = hash_tree(root).digest
    change(root)
    assert hash_tree(root).digest != before


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("nothing"),
        lambda path: path.symlink_to(path.name),
        lambda path: path.symlink_to("/dev/zero"),
        os.mkfifo,
    ],
    ids=["dead link", "link to itself", "device", "pipe"],
)
def test_what_cannot_be_read_counts_by_its_name(root, make):
    without = hash_tree(root).digest
    make(root / "odd.wav")
    odd = hash_tree(root)
    assert (odd.n_files, odd.n_bytes) == (3, 6)
    assert measure(root) == (3, 6)
    (root / "odd.wav").unlink()
    (root / "odd.wav").write_bytes(b"")
    assert len({without, odd.digest, hash_tree(root).digest}) == 3


def test_a_fresh_folder_knows_what_it_is_made_from(tmp_path):
    folder = tmp_path / "corpus"
    fill(folder, "1", b"one")
    assert (is_current(folder, "1"), is_current(folder, "2")) == (True, False)
    assert list_files(folder) == ["a.wav"]
    assert (folder / MARKER).exists()
    (folder / "a.wav").unlink()
    assert not is_current(folder, "1")


def test_a_fresh_folder_replaces_the_former_as_a_whole(tmp_path):
    folder = tmp_path / "corpus"
    fill(folder, "1", b"one")
    (folder / "more.wav").write_bytes(b"")
    fill(folder, "2", b"two")
    assert list_files(folder) == ["a.wav"]
    assert (folder / "a.wav").read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_a_failure_leaves_the_former_folder(tmp_path):
    folder = tmp_path / "corpus"
    fill(folder, "1", b"one")
    with pytest.raises(ZeroDivisionError), fresh_folder(folder, "2"):
        raise ZeroDivisionError
    assert (folder / "a.wav").read_bytes() == b"one"
    assert is_current(folder, "1")


def test_leftovers_of_a_killed_process_are_cleared(tmp_path):
    (tmp_path / ".corpus.partial").mkdir()
    (tmp_path / ".corpus.partial" / "half.wav").write_bytes(b"")
    fill(tmp_path / "corpus", "1", b"one")
    assert list_files(tmp_path) == ["corpus/a.wav"]


def test_a_users_own_folder_is_left_alone(root):
    with pytest.raises(PipelineError, match="was not made by this pipeline"):
        fill(root, "1", b"one")
    assert list_files(root) == ["a.wav", "b/two.wav"]


@pytest.mark.parametrize("content", [b"", b'{"stamp": "1"', b"[]", b"{}", b"\xff\xfe\x00", b"null"])
def test_a_damaged_marker_means_that_the_folder_is_filled_anew(tmp_path, caplog, content):
    folder = tmp_path / "corpus"
    fill(folder, "1", b"one")
    (folder / MARKER).write_bytes(content)
    assert not is_current(folder, "1")
    assert f"{folder / MARKER} is damaged" in caplog.text
    fill(folder, "1", b"two")
    assert is_current(folder, "1")
    assert (folder / "a.wav").read_bytes() == b"two"
