import io
import stat
import tarfile
import zipfile

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.tree import list_files
from pipeline.download.unpack import Limits, archive_kind, unpack


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


def content(make, path, members):
    """Return the bytes of an archive."""
    content = make(path, members).read_bytes()
    path.unlink()
    return content


@pytest.fixture
def inner(tmp_path):
    """The bytes of an archive of two clips, one of them long and silent."""
    return content(make_tar, tmp_path / "inner", {"a/dia0_utt0.mp4": b"one", "b.mp4": bytes(1_000_000)})


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_archives_inside_an_archive(tmp_path, make, inner):
    zipped = content(make_zip, tmp_path / "inner", {"c.mp4": b"three"})
    members = {"MELD.Raw/train.tar.gz": inner, "MELD.Raw/dev.ZIP": zipped, "MELD.Raw/README.txt": b"read"}
    unpack([make(tmp_path / "MELD.Raw.tar.gz", members)], tmp_path / "out", stamp="1", nested=True)
    assert list_files(tmp_path / "out") == [
        "MELD.Raw/README.txt",
        "MELD.Raw/a/dia0_utt0.mp4",
        "MELD.Raw/b.mp4",
        "MELD.Raw/c.mp4",
    ]
    assert (tmp_path / "out/MELD.Raw/a/dia0_utt0.mp4").read_bytes() == b"one"


def test_archives_inside_an_archive_stay_where_nobody_asks(tmp_path, inner):
    unpack([make_zip(tmp_path / "a.zip", {"train.tar.gz": inner})], tmp_path / "out", stamp="1")
    assert list_files(tmp_path / "out") == ["train.tar.gz"]


def test_one_level_is_unpacked(tmp_path, inner):
    middle = content(make_tar, tmp_path / "middle", {"inner.tar": inner})
    archive = make_tar(tmp_path / "a.tgz", {"middle.tar": middle})
    unpack([archive], tmp_path / "out", stamp="1", nested=True)
    assert list_files(tmp_path / "out") == ["inner.tar"]


def test_the_resource_fork_of_an_archive_is_none(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"._train.tar.gz": b"fork"})
    unpack([archive], tmp_path / "out", stamp="1", nested=True)
    assert list_files(tmp_path / "out") == ["._train.tar.gz"]


@pytest.mark.parametrize("name", ["../evil.wav", "/tmp/evil.wav", "../../evil.wav"])
def test_paths_outside_are_refused_inside_too(tmp_path, name):
    evil = content(make_tar, tmp_path / "evil", {name: b"evil"})
    archive = make_zip(tmp_path / "a.zip", {"sub/train.tar": evil})
    with pytest.raises(PipelineError, match=r"a\.zip, in it train\.tar: the member .* outside"):
        unpack([archive], tmp_path / "out", stamp="1", nested=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_links_are_refused_inside_too(tmp_path):
    evil = tar_member(tmp_path / "evil.tar", type=tarfile.SYMTYPE, linkname="/etc/passwd").read_bytes()
    archive = make_zip(tmp_path / "a.zip", {"train.tar": evil})
    with pytest.raises(PipelineError, match="link or a special file"):
        unpack([archive], tmp_path / "out", stamp="1", nested=True)


@pytest.mark.parametrize(
    ("limits", "message"),
    [(Limits(n_bytes=1_500_000), "limit"), (Limits(n_files=5), "more than 5 files")],
)
def test_the_limits_count_all_archives_inside_together(tmp_path, inner, limits, message):
    one = make_zip(tmp_path / "one.zip", {"a.tar": inner})
    two = make_zip(tmp_path / "two.zip", {"train/a.tar": inner, "dev/b.tar": inner})
    unpack([one], tmp_path / "one", stamp="1", nested=True, limits=limits)
    with pytest.raises(PipelineError, match=message):
        unpack([two], tmp_path / "two", stamp="1", nested=True, limits=limits)


def test_a_bomb_packed_twice_is_measured_by_the_outer_archive(tmp_path, inner):
    (tmp_path / "inner.tar").write_bytes(inner)
    limits = Limits(ratio=2_000, ratio_free_bytes=10_000)
    unpack([tmp_path / "inner.tar"], tmp_path / "inner", stamp="1", limits=limits)
    archive = make_zip(tmp_path / "a.zip", {"inner.tar": inner})
    with pytest.raises(PipelineError, match="more than 2000 times its own"):
        unpack([archive], tmp_path / "out", stamp="1", nested=True, limits=limits)


def test_a_member_inside_never_replaces_one_outside(tmp_path, inner):
    archive = make_zip(tmp_path / "a.zip", {"b.mp4": b"outer", "train.tar": inner})
    with pytest.raises(PipelineError, match="stands where another one is"):
        unpack([archive], tmp_path / "out", stamp="1", nested=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Log in</html>", r"a\.zip, in it train\.tar: expected a zip or tar archive"),
        (None, r"a\.zip, in it train\.tar: damaged"),
    ],
)
def test_a_damaged_archive_inside_is_an_error_that_names_both(tmp_path, inner, content, message):
    archive = make_zip(tmp_path / "a.zip", {"train.tar": content or inner[:-40]})
    with pytest.raises(PipelineError, match=message):
        unpack([archive], tmp_path / "out", stamp="1", nested=True)
    assert not (tmp_path / "out").exists()


def test_what_is_still_to_be_done_is_part_of_what_is_unpacked(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.wav": b"pointer"})
    calls = []

    def finish(folder):
        calls.append(folder.name)
        (folder / "a.wav").write_bytes(b"the real audio")

    unpack([archive], tmp_path / "out", stamp="1", finish=finish)
    unpack([archive], tmp_path / "out", stamp="1", finish=finish)
    assert calls == [".out.partial"]
    assert (tmp_path / "out/a.wav").read_bytes() == b"the real audio"


def test_nothing_is_unpacked_where_that_fails(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.wav": b"pointer"})

    def finish(folder):
        raise PipelineError("the server is down")

    with pytest.raises(PipelineError, match="the server is down"):
        unpack([archive], tmp_path / "out", stamp="1", finish=finish)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
