import pytest

from pipeline.corpora import msp_podcast
from pipeline.corpora.contract import Entry
from tests.corpora.trees import entries, strays, touch

HEADER = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\n"
CONSENSUS = (
    HEADER
    + """MSP-PODCAST_0001_0008.wav,H,5.2,4.8,5.0,127,Female,Train
MSP-PODCAST_0001_0019.wav,X,3.0,4.0,4.0,Unknown,Unknown,Validation
MSP-PODCAST_0002_0033.wav,N,3.0,4.0,4.0,9,Male,Test1
MSP-PODCAST_0002_0034.wav,N,3.0,4.0,4.0,9,Male,Test2
MSP-PODCAST_0002_0035.wav,Z,3.0,4.0,4.0,9,Male,Train
MSP-PODCAST_0002_0036.wav,N,3.0,nan,4.0,9,Male,Train
MSP-PODCAST_0002_0037.wav,N,,4.0,4.0,9,Male,Train
MSP-PODCAST_0002_0038.wav,N,3.0,4.0,4.0,9,Male,Holdout
MSP-PODCAST_0002_0099.wav,N,3.0,4.0,4.0,9,Male,Train
"""
)
DETAILED = """FileName,Worker,EmoClass_Major,EmoClass_Second,EmoAct,EmoVal,EmoDom
MSP-PODCAST_0001_0008.wav,WORKER00000001,Happy,"Happy,Amused",5,5,5
MSP-PODCAST_0001_0008.wav,WORKER00000002,Happy,Happy,5,5,5
MSP-PODCAST_0001_0008.wav,WORKER00000003,Other-relieved,Other,5,4,5
MSP-PODCAST_0001_0008.wav,WORKER00000004,Wistful,Sad,5,4,5
MSP-PODCAST_0001_0019.wav,WORKER00000004,,,5,4,5
"""
WITHOUT_SPEAKER = {"MSP-PODCAST_0001_0019"}


def turn(number):
    return f"MSP-PODCAST_{number}"


def build(root):
    numbers = ["0001_0008", "0001_0019", *(f"0002_00{n}" for n in (*range(33, 39), 40))]
    touch(
        root,
        *(f"Audios/{turn(number)}.wav" for number in numbers),
        "Transcripts/MSP-PODCAST_0001_0008.txt",
        "Time_Labels/MSP-PODCAST_0001_0008.txt",
        "Labels/labels.txt",
        "Labels/._labels_consensus.csv",
        "readme.txt",
        "notes.txt",
    )
    (root / "Transcripts/MSP-PODCAST_0001_0008.txt").write_text("That is great!\n")
    (root / "Labels/labels_consensus.csv").write_text(CONSENSUS)
    (root / "Labels/labels_detailed.csv").write_text(DETAILED)


def test_labels(tmp_path):
    build(tmp_path)
    assert entries(msp_podcast, tmp_path)[turn("0001_0008")] == Entry(
        path="Audios/MSP-PODCAST_0001_0008.wav",
        name="MSP-PODCAST_0001_0008",
        speaker="127",
        sex="female",
        label="H",
        text="That is great!",
        arousal=5.2,
        valence=4.8,
        dominance=5.0,
        votes="H:2 O:1 wistful:1",
        official_split="train",
    )


def test_a_speaker_that_is_unknown_is_no_speaker(tmp_path):
    build(tmp_path)
    found = entries(msp_podcast, tmp_path)[turn("0001_0019")]
    assert (found.speaker, found.sex, found.votes, found.problem) == (None, None, None, None)


@pytest.mark.parametrize(
    ("number", "split"),
    [("0001_0008", "train"), ("0001_0019", "val"), ("0002_0033", "test"), ("0002_0034", None)],
)
def test_only_the_first_test_part_is_official(tmp_path, number, split):
    build(tmp_path)
    found = entries(msp_podcast, tmp_path)[turn(number)]
    assert (found.official_split, found.problem) == (split, None)


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("0002_0035", "unknown EmoClass 'Z' (known: A, S, H"),
        ("0002_0036", "EmoVal 'nan' is no number"),
        ("0002_0037", "EmoAct '' is no number"),
        ("0002_0038", "unknown Split_Set 'Holdout' (known: train, development"),
        ("0002_0040", "no row in labels_consensus.csv"),
    ],
)
def test_what_cannot_be_labelled(tmp_path, number, problem):
    build(tmp_path)
    assert entries(msp_podcast, tmp_path)[turn(number)].problem.startswith(problem)


def test_strays(tmp_path):
    build(tmp_path)
    assert strays(msp_podcast, tmp_path) == {
        "Labels/._labels_consensus.csv": "macOS resource fork, not audio",
        "notes.txt": "not audio by its name (expected .wav)",
        "Audios/MSP-PODCAST_0002_0099.wav": "listed in labels_consensus.csv, but there is no such file",
    }


def test_the_older_spelling_of_the_list_and_of_its_split(tmp_path):
    touch(tmp_path, "Audios/a.wav", "Labels/x")
    row = "a.wav,S,5.2,4.8,5.0,127,Male,Development\n"
    (tmp_path / "Labels/labels_concensus.csv").write_text(HEADER + row)
    found = entries(msp_podcast, tmp_path)["a"]
    assert (found.label, found.official_split, found.votes) == ("S", "val", None)


def test_raters_of_a_release_with_one_column(tmp_path):
    build(tmp_path)
    rows = (
        "FileName,EmoDetail\nMSP-PODCAST_0001_0008.wav,WORKER00000001; Sad; Sad,Tired; A:4.0; V:3.0; D:4.0;\n"
    )
    (tmp_path / "Labels/labels_detailed.csv").write_text(rows)
    assert entries(msp_podcast, tmp_path)[turn("0001_0008")].votes == "S:1"


def test_a_list_without_its_columns(tmp_path):
    touch(tmp_path, "Audios/a.wav", "Labels/x")
    (tmp_path / "Labels/labels_consensus.csv").write_text("FileName\na.wav\n")
    assert "unknown EmoClass ''" in entries(msp_podcast, tmp_path)["a"].problem


def test_a_list_that_is_no_table(tmp_path, caplog):
    touch(tmp_path, "Audios/a.wav", "Labels/x")
    (tmp_path / "Labels/labels_consensus.csv").write_text(HEADER + '"' + "a" * 200_000)
    assert entries(msp_podcast, tmp_path)["a"].problem == "no row in labels_consensus.csv"
    assert "labels_consensus.csv: read up to a row that is no CSV" in caplog.text
