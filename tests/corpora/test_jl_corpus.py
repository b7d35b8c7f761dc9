from itertools import product

import pytest

from pipeline.corpora import jl_corpus
from pipeline.corpora.contract import Entry
from tests.corpora.trees import entries, strays, touch

RAW = "Raw JL corpus (unchecked and unannotated)/JL(wav+txt)"
LOWER = "raw jl corpus (unchecked and unannotated)/JL(wav+txt)"
CHECKED = "JL corpus (checked and annotated)/JL(wav+txt)"


def build(root):
    touch(
        root,
        f"{RAW}/female1_angry_1a_1.wav",
        f"{RAW}/male2_encouraging_10b_2.wav",
        f"{RAW}/male2_bored_10b_2.wav",
        f"{RAW}/male2_bored_10b_2.txt",
        "perception test/question 1.wav",
        "readme.txt",
    )
    (root / RAW / "female1_angry_1a_1.txt").write_bytes("\ufeffThe carpark\r\nis full.\r\n".encode())


def test_names_and_texts(tmp_path):
    build(tmp_path)
    found = entries(jl_corpus, tmp_path)
    assert found["female1_angry_1a_1"] == Entry(
        path=f"{RAW}/female1_angry_1a_1.wav",
        name="female1_angry_1a_1",
        speaker="female1",
        sex="female",
        label="angry",
        text="The carpark is full.",
    )
    assert found["male2_encouraging_10b_2"] == Entry(
        path=f"{RAW}/male2_encouraging_10b_2.wav",
        name="male2_encouraging_10b_2",
        speaker="male2",
        sex="male",
        label="encouraging",
    )
    assert strays(jl_corpus, tmp_path) == {"readme.txt": "not audio by its name (expected .wav)"}


def test_a_transcript_without_its_clip_is_not_lost(tmp_path):
    touch(tmp_path, f"{RAW}/female1_angry_1a_1.wav", f"{RAW}/female1_angry_1a_2.txt")
    assert list(strays(jl_corpus, tmp_path)) == [f"{RAW}/female1_angry_1a_2.txt"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"Don\x92t play that r\xf4le.", "Don’t play that rôle."),
        ("Don’t.".encode(), "Don’t."),
        (b" \r\n", None),
    ],
)
def test_the_encodings_of_texts(tmp_path, content, text):
    touch(tmp_path, "male1_sad_1a_1.wav")
    (tmp_path / "male1_sad_1a_1.txt").write_bytes(content)
    assert entries(jl_corpus, tmp_path)["male1_sad_1a_1"].text == text


@pytest.mark.parametrize("copy", [LOWER, CHECKED, f"A processed copy/{RAW.lower()}"])
def test_a_copy_of_the_tree_does_not_double_it(tmp_path, copy):
    touch(tmp_path, f"{RAW}/male1_sad_1a_1.wav", f"{copy}/male1_sad_1a_1.wav", f"{copy}/male1_sad_1a_1.txt")
    touch(tmp_path, f"{copy}/male1_sad_1a_2.wav")
    found = entries(jl_corpus, tmp_path)
    assert {name: entry.path for name, entry in found.items()} == {
        "male1_sad_1a_1": f"{RAW}/male1_sad_1a_1.wav",
        "male1_sad_1a_2": f"{copy}/male1_sad_1a_2.wav",
    }
    assert strays(jl_corpus, tmp_path) == {
        f"{copy}/male1_sad_1a_1.wav": f"another copy of {RAW}/male1_sad_1a_1.wav, which is taken"
    }


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("male1_bored_1a_1", "unknown emotion bored"),
        ("male3_sad_1a_1", "is not {speaker}_{emotion}"),
        ("male1_sad_1c_1", "is not {speaker}_{emotion}"),
    ],
)
def test_what_cannot_be_labelled(tmp_path, name, problem):
    touch(tmp_path, f"{name}.wav")
    assert problem in entries(jl_corpus, tmp_path)[name].problem


def test_a_complete_tree(tmp_path):
    parts = product(["female1", "female2", "male1", "male2"], jl_corpus.LABELS, range(1, 16), "ab", "12")
    touch(tmp_path, *(f"{RAW}/{who}_{label}_{n}{half}_{take}.wav" for who, label, n, half, take in parts))
    found = list(entries(jl_corpus, tmp_path).values())
    labels = [entry.label for entry in found]
    assert len(found) == 2400
    assert {label: labels.count(label) for label in jl_corpus.LABELS} == dict.fromkeys(jl_corpus.LABELS, 240)
    assert sum(entry.sex == "female" for entry in found) == 1200
