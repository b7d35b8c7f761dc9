"""From a folder, archives or the synthesiser to a corpus on this disk."""

import hashlib
import zipfile
from dataclasses import asdict, replace

import pytest

from pipeline.config.corpora import CorpusSource
from pipeline.core.errors import PipelineError
from pipeline.core.tree import list_files
from pipeline.corpora.contract import Archive, load_adapter
from pipeline.download import lfs as lfs_module
from pipeline.download import provide as module
from pipeline.download.provide import provide

NAME = "Audio_Speech_Actors_01-24.zip"
CLIPS = {f"Actor_01/03-01-0{code}-01-01-01-01.wav": f"clip {code}" for code in range(1, 9)}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty workspace, cache and publisher; nothing is set in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_WORKERS", "1")
    monkeypatch.delenv("SER_CORPORA", raising=False)
    monkeypatch.delenv("SER_MIRROR", raising=False)
    (tmp_path / "publisher").mkdir()
    return tmp_path


def archive(folder, members):
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / NAME, "w") as package:
        for name, content in members.items():
            package.writestr(zipfile.ZipInfo(name), content)
    return hashlib.sha256((folder / NAME).read_bytes()).hexdigest()


def corpus(place, *, lfs=None, nested=False, **checks):
    """RAVDESS, to be had from the publisher's folder."""
    archive = Archive(NAME, (place / "publisher" / NAME).as_uri(), **checks)
    return replace(load_adapter("ravdess").CORPUS, archives=(archive,), lfs=lfs, nested=nested)


def run(corpus, source="archive", **settings):
    return asdict(provide(corpus, CorpusSource(source=source, **settings)))


def test_an_archive_that_the_publisher_vouches_for(place, caplog):
    sha256 = archive(place / "publisher", CLIPS)
    manifest = run(corpus(place, sha256=sha256))
    size = (place / "publisher" / NAME).stat().st_size
    assert manifest == {
        "corpus": "ravdess",
        "needed": True,
        "source": "archive",
        "mirror": False,
        "archives": [{"name": NAME, "sha256": sha256, "n_bytes": size, "verified_by": "publisher"}],
        "n_files": 8,
        "n_bytes": 48,
        "tree": hashlib.sha256(f"{NAME}\0{sha256}\n".encode()).hexdigest(),
    }
    assert list_files(place / "cache/corpora/ravdess") == sorted(CLIPS)
    assert "ravdess: 8 files of at least 1,440" in caplog.text


def test_the_manifest_does_not_depend_on_the_run(place):
    sha256 = archive(place / "publisher", CLIPS)
    first = run(corpus(place, sha256=sha256))
    (place / "publisher" / NAME).unlink()
    assert run(corpus(place, sha256=sha256)) == first


def test_a_lost_clip_is_unpacked_again(place):
    sha256 = archive(place / "publisher", CLIPS)
    run(corpus(place, sha256=sha256))
    (place / "cache/corpora/ravdess/Actor_01/03-01-01-01-01-01-01.wav").unlink()
    run(corpus(place, sha256=sha256))
    assert list_files(place / "cache/corpora/ravdess") == sorted(CLIPS)


def test_a_new_archive_replaces_the_old_ones_files(place):
    run(corpus(place, sha256=archive(place / "publisher", CLIPS)))
    sha256 = archive(place / "publisher", {"Actor_02/03-01-01-01-01-01-02.wav": "new"})
    manifest = run(corpus(place, sha256=sha256))
    assert list_files(place / "cache/corpora/ravdess") == ["Actor_02/03-01-01-01-01-01-02.wav"]
    assert (manifest["n_files"], manifest["archives"][0]["sha256"]) == (1, sha256)


def test_a_mirror_with_bytes_of_its_own(place, monkeypatch):
    sha256 = archive(place / "mirror", CLIPS)
    (place / "mirror" / "SHA256SUMS").write_text(f"{sha256}  {NAME}\n")
    monkeypatch.setenv("SER_MIRROR", str(place / "mirror"))
    manifest = run(corpus(place, md5="0" * 32))
    assert manifest["mirror"]
    assert manifest["archives"][0]["verified_by"] == "mirror"


def test_an_incomplete_bundle_that_nobody_vouches_for(place):
    archive(place / "publisher", CLIPS)
    with pytest.raises(
        PipelineError, match="8 files of at least 1,440, and no checksum says that this is right"
    ):
        run(corpus(place))
    folder = place / "cache/archives/ravdess/publisher"
    assert [path.name for path in folder.iterdir()] == [f"{NAME}.bad"]


def test_a_web_page_in_an_archives_place(place):
    (place / "publisher" / NAME).write_text("<html>Log in</html>")
    with pytest.raises(PipelineError, match="a web page"):
        run(corpus(place))
    archive(place / "publisher", {f"{i}.wav": "" for i in range(1440)})
    assert run(corpus(place))["archives"][0]["verified_by"] is None


@pytest.fixture
def disk(place, monkeypatch):
    (place / "disk/ravdess").mkdir(parents=True)
    monkeypatch.setenv("SER_CORPORA", str(place / "disk"))
    return place / "disk/ravdess"


@pytest.mark.parametrize("source", ["archive", "manual", "synthetic"])
def test_a_corpus_on_disk_goes_before_all_else(place, disk, source):
    (disk / "a.wav").write_text("one")
    manifest = run(corpus(place), source)
    assert (manifest["source"], manifest["n_files"], manifest["n_bytes"]) == ("disk", 1, 3)
    (disk / "a.wav").write_text("two")
    again = run(corpus(place), source)
    assert again["tree"] != manifest["tree"]


def test_an_empty_folder_on_disk(place, disk):
    with pytest.raises(PipelineError, match="disk/ravdess is empty"):
        run(corpus(place))


def test_a_file_where_the_folder_should_be(place, disk):
    disk.rmdir()
    disk.write_text("")
    with pytest.raises(PipelineError, match="disk/ravdess is not a folder"):
        run(corpus(place))


def test_a_manual_corpus_that_is_not_there(place):
    with pytest.raises(PipelineError, match=r"is not there\. Fetch Audio.* in SER_CORPORA"):
        run(corpus(place), "manual")


def test_a_folder_of_corpora_that_is_not_there(place, monkeypatch):
    monkeypatch.setenv("SER_CORPORA", str(place / "nowhere"))
    with pytest.raises(PipelineError, match=r"SER_CORPORA names .*nowhere, which is not a folder"):
        run(corpus(place))


def test_an_archive_corpus_without_archives(place):
    with pytest.raises(PipelineError, match=r"corpora\.ravdess: source is archive, and .*names no archives"):
        run(replace(corpus(place), archives=()))


def test_a_synthetic_corpus_without_a_seed(place):
    with pytest.raises(PipelineError, match=r"corpora\.ravdess: a synthetic corpus needs a seed"):
        run(corpus(place), "synthetic")


DEMO = load_adapter("demo_tess").CORPUS


def test_a_synthetic_corpus(place):
    manifest = run(DEMO, "synthetic", seed=1, sizes={"n_words": 2})
    found = list_files(place / "cache/corpora/demo_tess")
    assert manifest["source"] == "synthetic"
    assert manifest["n_files"] == len(found) > 28
    assert "OAF_ps/OAF_bar_ps.wav" in found


def test_a_synthetic_corpus_of_another_seed_has_another_digest(place, monkeypatch):
    def make(corpus, root, *, seed, n_workers):
        (root / "a.wav").write_text(f"{corpus} {seed} {n_workers}")

    monkeypatch.setattr("pipeline.demo.synthesise.synthesise", make)
    first = run(DEMO, "synthetic", seed=1)
    second = run(DEMO, "synthetic", seed=2)
    assert first["tree"] != second["tree"]
    assert (place / "cache/corpora/demo_tess/a.wav").read_text() == "demo_tess 2 1"


POINTED = "Actor_01/03-01-01-01-01-01-01.wav"
POINTER = (
    f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(b'audio').hexdigest()}\nsize 5\n"
)
NOBODY = "http://127.0.0.1:9/owner/repository"


@pytest.fixture
def lfs(place, monkeypatch):
    """An LFS server's objects, here a folder that holds the audio of POINTER already; who is asked is noted."""
    (place / "cache/archives/ravdess/lfs").mkdir(parents=True)
    (place / "cache/archives/ravdess/lfs" / hashlib.sha256(b"audio").hexdigest()).write_bytes(b"audio")
    asked = []
    real = module.replace_pointers

    def noting(folder, source, objects, **options):
        asked.append(source.repository)
        return real(folder, source, objects, **options)

    monkeypatch.setattr(module, "replace_pointers", noting)
    return asked


def test_pointers_of_git_lfs_are_replaced_once(place, lfs):
    sha256 = archive(place / "publisher", CLIPS | {POINTED: POINTER, "VideoFlash/a.flv": POINTER})
    manifest = run(corpus(place, lfs=NOBODY, sha256=sha256))
    root = place / "cache/corpora/ravdess"
    assert (root / POINTED).read_bytes() == b"audio"
    assert (root / "VideoFlash/a.flv").read_text() == POINTER
    assert manifest["n_bytes"] == 7 * 6 + 5 + len(POINTER)
    assert run(corpus(place, lfs=NOBODY, sha256=sha256)) == manifest
    assert lfs == [NOBODY]


def test_a_setting_of_lfs_unpacks_again(place, lfs):
    sha256 = archive(place / "publisher", CLIPS | {POINTED: POINTER})
    first = run(corpus(place, sha256=sha256))
    second = run(corpus(place, lfs=NOBODY, sha256=sha256))
    assert first["tree"] != second["tree"]
    assert (place / "cache/corpora/ravdess" / POINTED).read_bytes() == b"audio"


def test_objects_that_cannot_be_had_leave_the_archive_in_place(place, monkeypatch):
    archive(place / "publisher", CLIPS | {POINTED: POINTER})
    monkeypatch.setattr(
        module, "Source", lambda repository: lfs_module.Source(repository, n_tries=1, backoff_seconds=0)
    )
    with pytest.raises(PipelineError, match="was asked for Git LFS objects and answered nothing"):
        run(corpus(place, lfs=NOBODY))
    folder = place / "cache/archives/ravdess/publisher"
    assert [path.name for path in folder.iterdir()] == [NAME]
    assert not (place / "cache/corpora/ravdess").exists()


def test_a_mirror_with_the_real_audio_asks_no_lfs(place, monkeypatch):
    archive(place / "publisher", CLIPS | {POINTED: POINTER})
    sha256 = archive(place / "mirror", CLIPS)
    (place / "mirror" / "SHA256SUMS").write_text(f"{sha256}  {NAME}\n")
    monkeypatch.setenv("SER_MIRROR", str(place / "mirror"))
    manifest = run(corpus(place, lfs=NOBODY))
    assert (manifest["mirror"], manifest["n_bytes"]) == (True, 48)


def test_archives_inside_an_archive(place):
    archive(place / "inner", CLIPS)
    inner = (place / "inner" / NAME).read_bytes()
    sha256 = archive(place / "publisher", {"MELD.Raw/train.zip": inner})
    first = run(corpus(place, sha256=sha256))
    manifest = run(corpus(place, nested=True, sha256=sha256))
    assert first["n_files"] == 1
    assert manifest["n_files"] == 8
    assert list_files(place / "cache/corpora/ravdess") == sorted(f"MELD.Raw/{clip}" for clip in CLIPS)


@pytest.mark.parametrize("name", ["RAVDESS", "Ravdess", "ravdess_speech"])
def test_a_folder_of_a_similar_name_is_asked_about_and_nothing_downloaded(place, monkeypatch, name):
    sha256 = archive(place / "publisher", CLIPS)
    (place / "disk" / name).mkdir(parents=True)
    monkeypatch.setenv("SER_CORPORA", str(place / "disk"))
    with pytest.raises(
        PipelineError, match=rf"has no folder .*disk/ravdess; did you mean {name}, which is there"
    ):
        run(corpus(place, sha256=sha256))
    assert not (place / "cache" / "archives").exists()


def test_a_link_that_leads_nowhere_downloads_nothing(place, monkeypatch):
    sha256 = archive(place / "publisher", CLIPS)
    (place / "disk").mkdir()
    (place / "disk" / "ravdess").symlink_to("/mnt/nowhere")
    monkeypatch.setenv("SER_CORPORA", str(place / "disk"))
    with pytest.raises(PipelineError, match="is a link to /mnt/nowhere, which is not there"):
        run(corpus(place, sha256=sha256))
    assert not (place / "cache" / "archives").exists()


def test_other_folders_do_not_keep_from_downloading(place, monkeypatch, caplog):
    caplog.set_level("INFO")
    (place / "disk" / "tess").mkdir(parents=True)
    monkeypatch.setenv("SER_CORPORA", str(place / "disk"))
    assert run(corpus(place, sha256=archive(place / "publisher", CLIPS)))["source"] == "archive"
    assert f"SER_CORPORA has no folder {place}/disk/ravdess: looking for its archives" in caplog.text


def test_a_manual_corpus_names_the_folder_that_was_looked_for(place, monkeypatch):
    (place / "disk").mkdir()
    monkeypatch.setenv("SER_CORPORA", str(place / "disk"))
    with pytest.raises(
        PipelineError, match=rf"ravdess: {place}/disk/ravdess is not there\. .* put it into {place}/disk"
    ):
        run(corpus(place), "manual")
