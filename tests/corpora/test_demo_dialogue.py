from pipeline.corpora import demo_dialogue
from pipeline.corpora.contract import Entry
from tests.corpora.trees import entries, strays, touch

LABELS = """utterance,speaker,sex,label,votes,arousal,valence,dominance,transcript
Ses01F_d01_000,Ses01F,female,sad,sad sad sad neu,2.25,2.0,2.75,"It breaks my heart, truly."
Ses01F_d01_001,Ses01F,female,xxx,sad sad neu neu,3.0,3.0,3.0,Okay then.
Ses01M_d01_000,Ses01M,male,odd,odd odd odd odd,3.0,3.0,3.0,Okay then.
Ses01M_d01_001,Ses01M,male,neu,neu neu neu neu,,3.0,3.0,Okay then.
Ses01M_d01_002,Ses01M,male,neu,neu neu neu neu,3.0,3.0,3.0,Nobody recorded this.
"""


def build(root):
    touch(
        root,
        "Session1/wav/Ses01F_d01_000.wav",
        "Session1/wav/Ses01F_d01_001.wav",
        "Session1/wav/Ses01M_d01_000.wav",
        "Session1/wav/Ses01M_d01_001.wav",
        "Session1/wav/Ses01M_d01_009.wav",
        "README.txt",
        "defects.csv",
        "notes.txt",
    )
    (root / "Session1/labels.csv").write_text(LABELS)


def test_labels(tmp_path):
    build(tmp_path)
    found = entries(demo_dialogue, tmp_path)
    assert found["Ses01F_d01_000"] == Entry(
        path="Session1/wav/Ses01F_d01_000.wav",
        name="Ses01F_d01_000",
        speaker="Ses01F",
        sex="female",
        label="sad",
        text="It breaks my heart, truly.",
        arousal=2.25,
        valence=2.0,
        dominance=2.75,
        session="Session1",
        votes="sad:3 neu:1",
        official_split="train",
    )
    assert found["Ses01F_d01_001"].label == "xxx"
    assert "unknown label odd" in found["Ses01M_d01_000"].problem
    assert "is no number" in found["Ses01M_d01_001"].problem
    assert found["Ses01M_d01_009"].problem == "no row in its session's labels.csv"
    assert strays(demo_dialogue, tmp_path) == {
        "notes.txt": "not audio by its name (expected .wav)",
        "Session1/wav/Ses01M_d01_002.wav": "listed in labels.csv, but there is no such file",
    }
