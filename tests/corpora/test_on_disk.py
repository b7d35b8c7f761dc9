"""Which folder below SER_CORPORA is meant, and what is said where none is."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.corpora.on_disk import disk_folder, look_alikes


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """An empty SER_CORPORA."""
    folder = tmp_path / "disk"
    folder.mkdir()
    monkeypatch.setenv("SER_CORPORA", str(folder))
    return folder


def test_the_folder_of_a_corpus(disk):
    (disk / "savee").mkdir()
    assert disk_folder("savee") == disk / "savee"
    assert disk_folder("tess") is None


def test_without_the_variable(disk, monkeypatch):
    monkeypatch.delenv("SER_CORPORA")
    assert disk_folder("savee") is None


@pytest.mark.parametrize(
    ("corpus", "name"),
    [
        *(("savee", "SAVEE"), ("crema_d", "Crema"), ("crema_d", "CREMA-D"), ("ravdess", "Ravdess")),
        *(("tess", "Tess"), ("meld", "MELD.Raw"), ("iemocap", "IEMOCAP_full_release"), ("ravdess", "ravdes")),
        *(("msp_podcast", "MSP-PODCAST-1.12"), ("jl_corpus", "JL Corpus"), ("mlend", "MLEnd")),
    ],
)
def test_a_name_that_is_nearly_right_is_asked_about(disk, corpus, name):
    (disk / name).mkdir()
    with pytest.raises(PipelineError) as error:
        disk_folder(corpus)
    says = f"{corpus}: SER_CORPORA has no folder {disk / corpus}; did you mean {name}, which is there?"
    assert str(error.value).startswith(says)


@pytest.mark.parametrize(
    ("corpus", "name"),
    [
        *(
            ("meld", "mlend"),
            ("tess", "tests"),
            ("tess", "demo_tess"),
            ("esd", "essentials"),
            ("savee", "saved"),
        ),
        *(("msp_podcast", "MSP-IMPROV"), ("iemocap", "podcasts"), ("crema_d", ".cache"), ("crema_d", "--")),
    ],
)
def test_names_that_mean_something_else(disk, corpus, name):
    (disk / name).mkdir()
    assert disk_folder(corpus) is None


def test_the_layout_of_a_widespread_copy(disk):
    for name in ("Crema", "Ravdess", "Savee", "Tess"):
        (disk / name).mkdir()
    found = [look_alikes(disk, corpus) for corpus in ("crema_d", "ravdess", "savee", "tess", "esd")]
    assert found == [["Crema"], ["Ravdess"], ["Savee"], ["Tess"], []]


def test_a_link_to_a_disk_that_is_not_mounted(disk):
    (disk / "savee").symlink_to("/mnt/nowhere/savee")
    with pytest.raises(
        PipelineError, match=r"savee is a link to /mnt/nowhere/savee, which is not there: mount"
    ):
        disk_folder("savee")


def test_all_corpora_on_a_disk_that_is_not_mounted(disk, monkeypatch):
    (disk.parent / "link").symlink_to("/mnt/nowhere")
    monkeypatch.setenv("SER_CORPORA", str(disk.parent / "link"))
    with pytest.raises(PipelineError, match=r"names .*link, which is a link to /mnt/nowhere, which is not"):
        disk_folder("savee")


def test_the_corpus_itself_in_place_of_the_folder_above_it(disk, monkeypatch):
    (disk / "SAVEE" / "DC").mkdir(parents=True)
    monkeypatch.setenv("SER_CORPORA", str(disk / "SAVEE"))
    with pytest.raises(
        PipelineError, match=r"is .*disk/SAVEE itself the corpus\? Then name the folder above it"
    ):
        disk_folder("savee")


def test_what_the_project_makes_needs_no_folder(disk):
    (disk / "demo").mkdir()
    assert disk_folder("demo_tess", made_here=True) is None
