import hashlib
import json
import zipfile
from types import SimpleNamespace

import pytest

from pipeline.config.settings import Archive, Corpus
from pipeline.core.errors import PipelineError
from pipeline.core.paths import manifest_path
from pipeline.core.tables import write_json
from pipeline.core.tree import list_files
from pipeline.download import lfs as lfs_module
from pipeline.stages import download

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


def settings(place, lfs=None, nested=False, **checks):
    url = (place / "publisher" / NAME).as_uri()
    entry = Archive(name=NAME, url=url, **({"n_bytes": None, "md5": None, "sha256": None} | checks))
    return Corpus(source="archive", archives=[entry], lfs=lfs, nested=nested)


def run(monkeypatch, corpus, settings, needed=True):
    monkeypatch.setattr(download, "load_params", lambda: SimpleNamespace(corpora={corpus: settings}))
    write_json(plan_path("corpora", corpus), {"needed": needed})
    download.main(corpus)
    return json.loads(manifest_path(corpus).read_text())


def test_an_archive_that_the_publisher_vouches_for(place, monkeypatch, caplog):
    sha256 = archive(place / "publisher", CLIPS)
    manifest = run(monkeypatch, "ravdess", settings(place, sha256=sha256))
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


def test_the_manifest_does_not_depend_on_the_run(place, monkeypatch):
    sha256 = archive(place / "publisher", CLIPS)
    run(monkeypatch, "ravdess", settings(place, sha256=sha256))
    first = manifest_path("ravdess").read_bytes()
    (place / "publisher" / NAME).unlink()
    run(monkeypatch, "ravdess", settings(place, sha256=sha256))
    assert manifest_path("ravdess").read_bytes() == first


def test_a_lost_clip_is_unpacked_again(place, monkeypatch):
    sha256 = archive(place / "publisher", CLIPS)
    run(monkeypatch, "ravdess", settings(place, sha256=sha256))
    (place / "cache/corpora/ravdess/Actor_01/03-01-01-01-01-01-01.wav").unlink()
    run(monkeypatch, "ravdess", settings(place, sha256=sha256))
    assert list_files(place / "cache/corpora/ravdess") == sorted(CLIPS)


def test_a_new_archive_replaces_the_old_ones_files(place, monkeypatch):
    run(monkeypatch, "ravdess", settings(place, sha256=archive(place / "publisher", CLIPS)))
    sha256 = archive(place / "publisher", {"Actor_02/03-01-01-01-01-01-02.wav": "new"})
    manifest = run(monkeypatch, "ravdess", settings(place, sha256=sha256))
    assert list_files(place / "cache/corpora/ravdess") == ["Actor_02/03-01-01-01-01-01-02.wav"]
    assert (manifest["n_files"], manifest["archives"][0]["sha256"]) == (1, sha256)


def test_a_mirror_with_bytes_of_its_own(place, monkeypatch):
    sha256 = archive(place / "mirror", CLIPS)
    (place / "mirror" / "SHA256SUMS").write_text(f"{sha256}  {NAME}\n")
    monkeypatch.setenv("SER_MIRROR", str(place / "mirror"))
    manifest = run(monkeypatch, "ravdess", settings(place, md5="0" * 32))
    assert manifest["mirror"]
    assert manifest["archives"][0]["verified_by"] == "mirror"


def test_an_incomplete_bundle_that_nobody_vouches_for(place, monkeypatch):
    archive(place / "publisher", CLIPS)
    with pytest.raises(
        PipelineError, match="8 files of at least 1,440, and no checksum says that this is right"
    ):
        run(monkeypatch, "ravdess", settings(place))
    folder = place / "cache/archives/ravdess/publisher"
    assert [path.name for path in folder.iterdir()] == [f"{NAME}.bad"]
    assert not manifest_path("ravdess").exists()


def test_a_web_page_in_an_archives_place(place, monkeypatch):
    (place / "publisher" / NAME).write_text("<html>Log in</html>")
    with pytest.raises(PipelineError, match="a web page"):
        run(monkeypatch, "ravdess", settings(place))
    archive(place / "publisher", {f"{i}.wav": "" for i in range(1440)})
    assert run(monkeypatch, "ravdess", settings(place))["archives"][0]["verified_by"] is None


def test_a_corpus_that_is_not_needed(place, monkeypatch):
    manifest = run(monkeypatch, "ravdess", settings(place), needed=False)
    assert manifest == {
        "corpus": "ravdess",
        "needed": False,
        "source": None,
        "mirror": False,
        "archives": [],
        "n_files": 0,
        "n_bytes": 0,
        "tree": None,
    }


@pytest.fixture
def disk(place, monkeypatch):
    (place / "disk/ravdess").mkdir(parents=True)
    monkeypatch.setenv("SER_CORPORA", str(place / "disk"))
    return place / "disk/ravdess"


@pytest.mark.parametrize("source", ["archive", "manual", "synthetic"])
def test_a_corpus_on_disk_goes_before_all_else(place, disk, monkeypatch, source):
    (disk / "a.wav").write_text("one")
    manifest = run(monkeypatch, "ravdess", settings(place).model_copy(update={"source": source}))
    assert (manifest["source"], manifest["n_files"], manifest["n_bytes"]) == ("disk", 1, 3)
    (disk / "a.wav").write_text("two")
    again = run(monkeypatch, "ravdess", settings(place).model_copy(update={"source": source}))
    assert again["tree"] != manifest["tree"]


def test_an_empty_folder_on_disk(place, disk, monkeypatch):
    with pytest.raises(PipelineError, match="disk/ravdess is empty"):
        run(monkeypatch, "ravdess", settings(place))


def test_a_file_where_the_folder_should_be(place, disk, monkeypatch):
    disk.rmdir()
    disk.write_text("")
    with pytest.raises(PipelineError, match="disk/ravdess is not a folder"):
        run(monkeypatch, "ravdess", settings(place))


def test_a_manual_corpus_that_is_not_there(place, monkeypatch):
    manual = Corpus(source="manual")
    with pytest.raises(PipelineError, match=r"is not there\. Fetch Audio.* in SER_CORPORA"):
        run(monkeypatch, "ravdess", manual)


def test_a_folder_of_corpora_that_is_not_there(place, monkeypatch):
    monkeypatch.setenv("SER_CORPORA", str(place / "nowhere"))
    with pytest.raises(PipelineError, match=r"SER_CORPORA names .*nowhere, which is not a folder"):
        run(monkeypatch, "ravdess", settings(place))


def test_a_corpus_without_settings(place, monkeypatch):
    monkeypatch.setattr(download, "load_params", lambda: SimpleNamespace(corpora={"tess": None}))
    with pytest.raises(PipelineError, match="unknown corpus 'ravdess'; known: tess"):
        download.main("ravdess")


@pytest.mark.parametrize(("source", "lacks"), [("archive", "a list of archives"), ("synthetic", "a seed")])
def test_incomplete_settings(place, monkeypatch, source, lacks):
    with pytest.raises(PipelineError, match=rf"params\.yaml: corpora\.ravdess: .* needs {lacks}"):
        run(monkeypatch, "ravdess", Corpus(source=source))


def test_a_synthetic_corpus(place, monkeypatch):
    made = Corpus(source="synthetic", seed=1, sizes={"n_words": 2})
    manifest = run(monkeypatch, "demo_tess", made)
    found = list_files(place / "cache/corpora/demo_tess")
    assert manifest["source"] == "synthetic"
    assert manifest["n_files"] == len(found) > 28
    assert "OAF_ps/OAF_bar_ps.wav" in found


def test_a_synthetic_corpus_of_another_seed_has_another_digest(place, monkeypatch):
    def make(corpus, root, *, seed, n_workers):
        (root / "a.wav").write_text(f"{corpus} {seed} {n_workers}")

    monkeypatch.setattr("pipeline.demo.synthesise.synthesise", make)
    first = run(monkeypatch, "demo_tess", Corpus(source="synthetic", seed=1))
    second = run(monkeypatch, "demo_tess", Corpus(source="synthetic", seed=2))
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
    real = download.replace_pointers

    def noting(folder, source, objects, **options):
        asked.append(source.repository)
        return real(folder, source, objects, **options)

    monkeypatch.setattr(download, "replace_pointers", noting)
    return asked


def test_pointers_of_git_lfs_are_replaced_once(place, lfs, monkeypatch):
    sha256 = archive(place / "publisher", CLIPS | {POINTED: POINTER, "VideoFlash/a.flv": POINTER})
    manifest = run(monkeypatch, "ravdess", settings(place, lfs=NOBODY, sha256=sha256))
    root = place / "cache/corpora/ravdess"
    assert (root / POINTED).read_bytes() == b"audio"
    assert (root / "VideoFlash/a.flv").read_text() == POINTER
    assert manifest["n_bytes"] == 7 * 6 + 5 + len(POINTER)
    assert run(monkeypatch, "ravdess", settings(place, lfs=NOBODY, sha256=sha256)) == manifest
    assert lfs == [NOBODY]


def test_a_setting_of_lfs_unpacks_again(place, lfs, monkeypatch):
    sha256 = archive(place / "publisher", CLIPS | {POINTED: POINTER})
    first = run(monkeypatch, "ravdess", settings(place, sha256=sha256))
    second = run(monkeypatch, "ravdess", settings(place, lfs=NOBODY, sha256=sha256))
    assert first["tree"] != second["tree"]
    assert (place / "cache/corpora/ravdess" / POINTED).read_bytes() == b"audio"


def test_objects_that_cannot_be_had_leave_the_archive_in_place(place, monkeypatch):
    archive(place / "publisher", CLIPS | {POINTED: POINTER})
    monkeypatch.setattr(
        download, "Source", lambda repository: lfs_module.Source(repository, n_tries=1, backoff_seconds=0)
    )
    with pytest.raises(PipelineError, match="was asked for Git LFS objects and answered nothing"):
        run(monkeypatch, "ravdess", settings(place, lfs=NOBODY))
    folder = place / "cache/archives/ravdess/publisher"
    assert [path.name for path in folder.iterdir()] == [NAME]
    assert not (place / "cache/corpora/ravdess").exists()


def test_a_mirror_with_the_real_audio_asks_no_lfs(place, monkeypatch):
    archive(place / "publisher", CLIPS | {POINTED: POINTER})
    sha256 = archive(place / "mirror", CLIPS)
    (place / "mirror" / "SHA256SUMS").write_text(f"{sha256}  {NAME}\n")
    monkeypatch.setenv("SER_MIRROR", str(place / "mirror"))
    manifest = run(monkeypatch, "ravdess", settings(place, lfs=NOBODY))
    assert (manifest["mirror"], manifest["n_bytes"]) == (True, 48)


def test_archives_inside_an_archive(place, monkeypatch):
    archive(place / "inner", CLIPS)
    inner = (place / "inner" / NAME).read_bytes()
    sha256 = archive(place / "publisher", {"MELD.Raw/train.zip": inner})
    first = run(monkeypatch, "ravdess", settings(place, sha256=sha256))
    manifest = run(monkeypatch, "ravdess", settings(place, nested=True, sha256=sha256))
    assert first["n_files"] == 1
    assert manifest["n_files"] == 8
    assert list_files(place / "cache/corpora/ravdess") == sorted(f"MELD.Raw/{clip}" for clip in CLIPS)
