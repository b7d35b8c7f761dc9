from collections import Counter

import pytest

from pipeline.corpora import tess
from pipeline.corpora.contract import Entry
from tests.corpora.listing import published_paths
from tests.corpora.trees import entries, strays, touch

TOP = "TESS Toronto emotional speech set data"


def build(root):
    touch(
        root,
        f"{TOP}/OAF_neutral/OA_bite_neutral.wav",
        f"{TOP}/OAF_Fear/OAF_back_fear.wav",
        f"{TOP}/YAF_pleasant_surprised/YAF_youth_ps.wav",
        f"{TOP}/YAF_pleasant_surprised/YAF_youth_bored.wav",
        f"{TOP}/{TOP}/OAF_Fear/OAF_back_fear.wav",
        "readme.pdf",
    )


def test_names(tmp_path):
    build(tmp_path)
    found = entries(tess, tmp_path)
    assert found["YAF_youth_ps"] == Entry(
        path=f"{TOP}/YAF_pleasant_surprised/YAF_youth_ps.wav",
        name="YAF_youth_ps",
        speaker="YAF",
        sex="female",
        label="ps",
        text="Say the word youth.",
    )
    assert found["OA_bite_neutral"].speaker == "OAF"
    assert found["OAF_back_fear"].label == "fear"
    assert strays(tess, tmp_path) == {"readme.pdf": "not audio by its name (expected .wav)"}


def test_the_inner_copy_has_names_of_its_own(tmp_path):
    build(tmp_path)
    found = entries(tess, tmp_path)
    assert found["OAF_back_fear"].path == f"{TOP}/OAF_Fear/OAF_back_fear.wav"
    assert found[f"OAF_back_fear@{TOP}/{TOP}/OAF_Fear"].path == f"{TOP}/{TOP}/OAF_Fear/OAF_back_fear.wav"


def test_files_without_folders(tmp_path):
    touch(tmp_path, "OAF_Back_Fear.WAV", "MANIFEST.TXT")
    found = entries(tess, tmp_path)["OAF_Back_Fear"]
    assert (found.speaker, found.label, found.text) == ("OAF", "fear", "Say the word back.")
    assert not strays(tess, tmp_path)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("YAF_youth_bored", "unknown emotion bored"),
        ("YAF_youth", "{OAF,YAF}_"),
        ("XAF_youth_ps", "{OAF,YAF}_"),
    ],
)
def test_what_cannot_be_labelled(tmp_path, name, problem):
    touch(tmp_path, f"{name}.wav")
    assert problem in entries(tess, tmp_path)[name].problem


@pytest.mark.real
def test_the_published_tree(tmp_path):
    touch(tmp_path, *published_paths("tess"))
    found = entries(tess, tmp_path).values()
    assert len(found) == 2800
    assert Counter(entry.label for entry in found) == dict.fromkeys(tess.CORPUS.labels, 400)
    assert Counter(entry.speaker for entry in found) == {"OAF": 1400, "YAF": 1400}
    assert len({entry.text for entry in found}) == 200
    assert not any(entry.problem for entry in found)


@pytest.mark.real
def test_the_widespread_copy_with_the_tree_twice(tmp_path):
    paths = published_paths("tess")
    touch(tmp_path, *paths, *(f"{TOP}/{path}" for path in paths))
    found = entries(tess, tmp_path)
    assert len(found) == 5600
    assert sum("@" in name for name in found) == 2800
    assert all(("@" in name) == entry.path.startswith(f"{TOP}/{TOP}/") for name, entry in found.items())
