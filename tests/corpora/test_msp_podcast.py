import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.tree import list_files
from pipeline.corpora import msp_podcast
from pipeline.corpora.contract import Entry
from pipeline.corpora.label_tables import LabelTableError
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
    (tmp_path / "Labels/labels_consensus.csv").write_text("FileName,EmoClass\na.wav,H\n")
    with pytest.raises(LabelTableError, match=r"consensus\.csv: no column EmoAct, EmoVal, EmoDom, Split_Set"):
        entries(msp_podcast, tmp_path)


def test_a_list_that_is_no_table(tmp_path):
    touch(tmp_path, "Audios/a.wav", "Labels/x")
    (tmp_path / "Labels/labels_consensus.csv").write_text(HEADER + '"' + "a" * 200_000)
    with pytest.raises(LabelTableError, match=r"labels_consensus\.csv: line 2 is no row of a table"):
        entries(msp_podcast, tmp_path)


def test_a_list_that_a_spreadsheet_saved_with_its_own_decimal_point(tmp_path):
    build(tmp_path)
    expected = entries(msp_podcast, tmp_path)
    saved = CONSENSUS.replace(",", ";").replace(".0", ",0").replace("5.2", "5,2").replace("\n", "\r\n")
    (tmp_path / "Labels/labels_consensus.csv").write_bytes(saved.encode("utf-16"))
    assert entries(msp_podcast, tmp_path) == expected


PREVIOUS = "Previous_releases_information"


def build_release_1_12(root):
    """A release that carries along the lists of earlier ones, and the clips that were removed since."""
    build(root)
    removed = f"{PREVIOUS}/files_removed_from_prev_versions/v1.3_removed_files"
    touch(
        root,
        f"{removed}/{turn('0009_0001')}.wav",
        f"{removed}/{turn('0001_0008')}.wav",
        *(f"{PREVIOUS}/previous_releases_info/v1.{n}/{name}/x" for n, name in enumerate(("label", "Labels"))),
        f"{PREVIOUS}/previous_releases_info/v1.1/Transcripts/{turn('0001_0008')}.txt",
    )
    old = CONSENSUS.replace(",H,", ",S,") + f"{turn('0009_0001')}.wav,H,5.2,4.8,5.0,1,Male,Train\n"
    for folder in root.glob(f"{PREVIOUS}/previous_releases_info/v1.*/*abel*"):
        (folder / "labels_consensus.csv").write_text(old)
        (folder / "labels_detailed.csv").write_text(DETAILED)


def test_earlier_releases_do_not_count_and_are_listed(tmp_path):
    build(tmp_path / "plain")
    build_release_1_12(tmp_path / "release")
    assert entries(msp_podcast, tmp_path / "release") == entries(msp_podcast, tmp_path / "plain")
    more = strays(msp_podcast, tmp_path / "release").keys() - strays(msp_podcast, tmp_path / "plain").keys()
    there = {path for path in list_files(tmp_path / "release") if path.startswith(PREVIOUS)}
    assert more == there


def test_removed_clips_say_why_they_do_not_count(tmp_path):
    build_release_1_12(tmp_path)
    reasons = [reason for path, reason in strays(msp_podcast, tmp_path).items() if "removed" in path]
    assert reasons == ["of an earlier release, or removed since: only the current one counts"] * 2


def test_two_releases_side_by_side_are_not_added_up(tmp_path):
    build(tmp_path / "v1.11")
    build(tmp_path / "v1.12")
    with pytest.raises(
        PipelineError, match=r"2 tables labels_consensus\.csv below .*v1\.11.*v1\.12.*one release"
    ):
        entries(msp_podcast, tmp_path)
