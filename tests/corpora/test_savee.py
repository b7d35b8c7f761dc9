from itertools import product

import numpy as np
import pytest
import soundfile

from pipeline.corpora import savee
from pipeline.corpora.contract import Entry
from pipeline.curation.index import build_index, surprises
from tests.corpora.trees import entries, strays, touch
from tests.curation.signals import speech


def build(root):
    touch(
        root,
        "AudioData/DC/a01.wav",
        "AudioData/DC/sa01.wav",
        "AudioData/JE/a01.wav",
        "AudioData/KL/su15.wav",
        "AudioData/KL/x01.wav",
        "AudioData/Info.txt",
    )


def complete():
    """The paths of all 480 clips."""
    codes = [f"{code}{n:02d}" for code in savee.EMOTIONS for n in range(1, 31 if code == "n" else 16)]
    return [f"AudioData/{speaker}/{code}.wav" for speaker, code in product(savee.SPEAKERS, codes)]


def test_the_published_layout(tmp_path):
    build(tmp_path)
    found = entries(savee, tmp_path)
    assert found["DC_sa01"] == Entry(
        path="AudioData/DC/sa01.wav", name="DC_sa01", speaker="DC", sex="male", label="sadness"
    )
    assert found["KL_su15"].label == "surprise"
    assert strays(savee, tmp_path) == {"AudioData/Info.txt": "not audio by its name (expected .wav)"}


def test_equal_file_names_of_two_speakers(tmp_path):
    build(tmp_path)
    found = entries(savee, tmp_path)
    assert (found["DC_a01"].speaker, found["JE_a01"].speaker) == ("DC", "JE")
    assert found["DC_a01"].label == found["JE_a01"].label == "anger"


@pytest.mark.parametrize("folder", ["", "ALL/", "AudioData/DC/"])
def test_the_flat_layout(tmp_path, folder):
    touch(tmp_path, f"{folder}DC_a01.wav")
    assert entries(savee, tmp_path) == {
        "DC_a01": Entry(f"{folder}DC_a01.wav", "DC_a01", speaker="DC", sex="male", label="anger")
    }


def test_a_copy_with_both_layouts_has_two_names(tmp_path):
    touch(tmp_path, "ALL/DC_a01.wav", "AudioData/DC/a01.wav")
    assert list(entries(savee, tmp_path)) == ["DC_a01", "DC_a01@AudioData/DC"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("AudioData/DC/x01.wav", "unknown emotion x"),
        ("AudioData/DC/s01.wav", "unknown emotion s"),
        ("AudioData/DC/JE_a01.wav", "the name says speaker JE, the folder DC"),
        ("a01.wav", "no speaker in name or folder"),
        ("XX_a01.wav", "no speaker in name or folder"),
        ("AudioData/DC/a1.wav", "is not {emotion}{number}"),
    ],
)
def test_what_cannot_be_labelled(tmp_path, path, problem):
    touch(tmp_path, path)
    (entry,) = entries(savee, tmp_path).values()
    assert problem in entry.problem


def test_a_complete_tree(tmp_path):
    touch(tmp_path, *complete())
    found = entries(savee, tmp_path).values()
    labels = [entry.label for entry in found]
    assert len(found) == 480
    assert {label: labels.count(label) for label in savee.CORPUS.labels} == dict.fromkeys(
        savee.CORPUS.labels, 60
    ) | {"neutral": 120}
    assert not any(entry.problem for entry in found)


def test_a_clip_at_full_scale_stays_and_is_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_WORKERS", "1")
    wave = speech(1, n_syllables=4)
    wave[100:110] = 1.0
    (tmp_path / "corpus/AudioData/DC").mkdir(parents=True)
    soundfile.write(tmp_path / "corpus/AudioData/DC/a01.wav", np.tile(wave, 2), 16000, subtype="PCM_16")
    index = build_index(savee, tmp_path / "corpus")
    assert index["status"].tolist() == ["ok"]
    assert index["clipped"][0] == pytest.approx(10 / len(wave))
    assert next(surprises(savee.CORPUS, index)) == "savee: 1 utterances; a complete copy has 480"
