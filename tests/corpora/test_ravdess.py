from collections import Counter

import pytest

from pipeline.corpora import ravdess
from pipeline.corpora.contract import Entry
from tests.corpora.listing import published_paths
from tests.corpora.trees import entries, strays, touch


def build(root):
    touch(
        root,
        "Actor_01/03-01-06-02-02-01-01.wav",
        "Actor_12/03-01-01-01-01-02-12.wav",
        "Actor_12/03-01-09-01-01-01-12.wav",
        "Actor_12/.DS_Store",
        "__MACOSX/Actor_12/._03-01-01-01-01-02-12.wav",
    )


def test_every_code(tmp_path):
    build(tmp_path)
    found = entries(ravdess, tmp_path)
    assert found["03-01-06-02-02-01-01"] == Entry(
        path="Actor_01/03-01-06-02-02-01-01.wav",
        name="03-01-06-02-02-01-01",
        speaker="01",
        sex="male",
        label="fearful",
        intensity="strong",
        text="Dogs are sitting by the door.",
    )
    assert found["03-01-01-01-01-02-12"] == Entry(
        path="Actor_12/03-01-01-01-01-02-12.wav",
        name="03-01-01-01-01-02-12",
        speaker="12",
        sex="female",
        label="neutral",
        intensity="normal",
        text="Kids are talking by the door.",
    )
    assert strays(ravdess, tmp_path) == {
        "Actor_12/.DS_Store": "not audio by its name (expected .wav)",
        "__MACOSX/Actor_12/._03-01-01-01-01-02-12.wav": "macOS resource fork, not audio",
    }


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("03-01-09-01-01-01-12", "unknown emotion code 09"),
        ("03-02-03-01-01-01-12", "02 is song"),
        ("01-01-03-01-01-01-12", "modality 01"),
        ("03-01-03-01-01-12", "not MM-VV-EE-II-SS-RR-AA"),
        ("happy final 2", "not MM-VV-EE-II-SS-RR-AA"),
    ],
)
def test_what_cannot_be_labelled(tmp_path, name, problem):
    touch(tmp_path, f"Actor_12/{name}.wav")
    assert problem in entries(ravdess, tmp_path)[name].problem


def test_a_copy_with_the_tree_twice(tmp_path):
    touch(
        tmp_path,
        "Actor_01/03-01-06-02-02-01-01.wav",
        "audio_speech_actors_01-24/Actor_01/03-01-06-02-02-01-01.wav",
    )
    assert list(entries(ravdess, tmp_path)) == [
        "03-01-06-02-02-01-01",
        "03-01-06-02-02-01-01@audio_speech_actors_01-24/Actor_01",
    ]


@pytest.mark.real
def test_the_published_tree(tmp_path):
    touch(tmp_path, *published_paths("ravdess"))
    found = entries(ravdess, tmp_path).values()
    assert len(found) == 1440
    assert Counter(entry.label for entry in found) == dict.fromkeys(ravdess.CORPUS.labels, 192) | {
        "neutral": 96
    }
    assert Counter(entry.speaker for entry in found) == {f"{actor:02d}": 60 for actor in range(1, 25)}
    assert Counter(entry.sex for entry in found) == {"female": 720, "male": 720}
    assert Counter(entry.intensity for entry in found) == {"normal": 768, "strong": 672}
    assert not any(entry.problem for entry in found)
    assert not strays(ravdess, tmp_path)
