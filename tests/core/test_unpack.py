import io
import stat
import tarfile
import zipfile

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.tree import list_files
from pipeline.core.unpack import Limits, archive_kind, unpack


def make_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return path


def make_tar(path, members, mode="w:gz"):
    with tarfile.open(path, mode) as package:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            package.addfile(info, io.BytesIO(content))
    return path


def tar_member(path, **attributes):
    """Write a tar whose only member is not a plain file."""
    info = tarfile.TarInfo("Actor_01/clip.wav")
    for name, value in attributes.items():
        setattr(info, name, value)
    with tarfile.open(path, "w") as package:
        package.addfile(info)
    return path


CLIPS = {"Actor_01/a.wav": b"one", "Actor_02/b.wav": b"two", "Emozione/è gioia ü 怒.wav": b"three"}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("clips.zip", make_zip),
        ("clips.tar", lambda path, members: make_tar(path, members, "w")),
        ("clips.tar.gz", make_tar),
        ("clips.tar.xz", lambda path, members: make_tar(path, members, "w:xz")),
        ("clips.named.wrongly", make_tar),
    ],
)
def test_round_trip(tmp_path, name, make):
    unpack([make(tmp_path / name, CLIPS)], tmp_path / "out", stamp="1")
    assert list_files(tmp_path / "out") == sorted(CLIPS)
    assert (tmp_path / "out/Emozione/è gioia ü 怒.wav").read_bytes() == b"three"


def test_folders_of_windows_tools(tmp_path):
    unpack([make_zip(tmp_path / "a.zip", {"Actor_01\\a.wav": b"one"})], tmp_path / "out", stamp="1")
    assert list_files(tmp_path / "out") == ["Actor_01/a.wav"]


def test_a_tar_of_the_folder_itself(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.wav").write_bytes(b"one")
    with tarfile.open(tmp_path / "a.tar", "w") as package:
        package.add(tmp_path / "in", arcname=".")
    unpack([tmp_path / "a.tar"], tmp_path / "out", stamp="1")
    assert list_files(tmp_path / "out") == ["a.wav"]


def test_several_archives_side_by_side(tmp_path):
    archives = [make_zip(tmp_path / "a.zip", {"a.wav": b"1"}), make_tar(tmp_path / "b.tgz", {"b.wav": b"2"})]
    unpack(archives, tmp_path / "out", stamp="1")
    assert list_files(tmp_path / "out") == ["a.wav", "b.wav"]


OUTSIDE = ["../evil.wav", "a/../../evil.wav", "/tmp/evil.wav", "C:/evil.wav"]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        *((make_zip, name) for name in [*OUTSIDE, "..\\evil.wav"]),
        *((make_tar, name) for name in OUTSIDE),  # there a backslash is part of a name
    ],
)
def test_paths_outside_are_refused(tmp_path, make, name):
    archive = make(tmp_path / "evil", {"good.wav": b"good", name: b"evil"})
    with pytest.raises(PipelineError, match="outside the target folder"):
        unpack([archive], tmp_path / "out", stamp="1")
    assert [path.name for path in tmp_path.iterdir()] == ["evil"]


@pytest.mark.parametrize(
    "attributes",
    [
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.SYMTYPE, "linkname": ".."},
        {"type": tarfile.LNKTYPE, "linkname": "../../secret"},
        {"type": tarfile.FIFOTYPE},
        {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3},
    ],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, attributes):
    archive = tar_member(tmp_path / "evil.tar", **attributes)
    with pytest.raises(PipelineError, match="link or a special file"):
        unpack([archive], tmp_path / "out", stamp="1")
    assert not (tmp_path / "out").exists()


def test_links_in_a_zip_are_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = make_zip(tmp_path / "evil.zip", {info: b"/etc/passwd"})
    with pytest.raises(PipelineError, match="link or a special file"):
        unpack([archive], tmp_path / "out", stamp="1")


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(n_bytes=500_000), "limit"),
        (Limits(n_files=1), "more than 1 files"),
        (Limits(ratio=50, ratio_free_bytes=10_000), "more than 50 times its own"),
    ],
)
def test_bombs_are_refused(tmp_path, make, limits, message):
    archive = make(tmp_path / "bomb", {"a.wav": bytes(1_000_000), "b.wav": b""})
    with pytest.raises(PipelineError, match=message):
        unpack([archive], tmp_path / "out", stamp="1", limits=limits)
    assert not (tmp_path / "out").exists()


def test_a_short_silent_file_is_no_bomb(tmp_path):
    archive = make_zip(tmp_path / "silence.zip", {"a.wav": bytes(1_000_000)})
    unpack([archive], tmp_path / "out", stamp="1")
    assert (tmp_path / "out/a.wav").stat().st_size == 1_000_000


@pytest.mark.parametrize("members", [[("a.wav", b"1"), ("a.wav", b"2")], [("a", b"1"), ("a/b.wav", b"2")]])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_never_replaces_another(tmp_path, members):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        for name, content in members:
            package.writestr(name, content)
    with pytest.raises(PipelineError, match="stands where another one is"):
        unpack([tmp_path / "a.zip"], tmp_path / "out", stamp="1")


def test_a_damaged_member_is_named_an_error(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.wav": bytes(range(256)) * 100})
    content = bytearray(archive.read_bytes())
    content[60:80] = b"x" * 20
    archive.write_bytes(content)
    with pytest.raises(PipelineError, match=r"a\.zip: damaged"):
        unpack([archive], tmp_path / "out", stamp="1")


def test_a_truncated_tar_is_an_error(tmp_path):
    archive = make_tar(tmp_path / "a.tgz", {"a.wav": bytes(range(256)) * 1000})
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(PipelineError, match=r"a\.tgz: damaged"):
        unpack([archive], tmp_path / "out", stamp="1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!DOCTYPE html><title>Log in</title>", "a web page"),
        (b"", "begins with b''"),
        (b"\x1f\x8bnot gzip", "expected a zip or tar archive"),
        (b"PK\x03\x04 cut short", "expected a zip or tar archive"),
    ],
)
def test_what_is_no_archive(tmp_path, content, message):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(PipelineError, match=message):
        archive_kind(tmp_path / "a.zip")


def test_a_tar_that_ends_in_a_zip_is_a_tar(tmp_path):
    inner = make_zip(tmp_path / "inner.zip", {"a.wav": b"1"}).read_bytes()
    assert archive_kind(make_tar(tmp_path / "outer", {"inner.zip": inner}, "w")) == "tar"


def test_an_encrypted_member_is_refused(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.wav": b"1"})
    content = bytearray(archive.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[directory + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(PipelineError, match="encrypted"):
        unpack([archive], tmp_path / "out", stamp="1")
