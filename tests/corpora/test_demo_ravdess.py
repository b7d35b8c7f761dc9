from pipeline.corpora import demo_ravdess
from pipeline.corpora.contract import Entry
from tests.corpora.trees import entries, strays, touch


def build(root):
    touch(
        root,
        "Actor_01/03-01-08-02-02-01-01.wav",
        "Actor_02/03-01-05-01-01-01-02.wav",
        "Actor_02/03-01-09-01-01-01-02.wav",
        "Actor_02/happy final 2.wav",
        ".DS_Store",
        "README.txt",
        "defects.csv",
    )


def test_codes(tmp_path):
    build(tmp_path)
    found = entries(demo_ravdess, tmp_path)
    assert found["03-01-08-02-02-01-01"] == Entry(
        path="Actor_01/03-01-08-02-02-01-01.wav",
        name="03-01-08-02-02-01-01",
        speaker="01",
        sex="male",
        label="surprised",
        intensity="strong",
        text="Dogs are sitting by the door.",
    )
    assert found["03-01-05-01-01-01-02"].sex == "female"
    assert "unknown emotion code 09" in found["03-01-09-01-01-01-02"].problem
    assert "03-01-EE-II-SS-RR-AA" in found["happy final 2"].problem
    assert list(strays(demo_ravdess, tmp_path)) == [".DS_Store"]
