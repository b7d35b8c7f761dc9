import pytest

from pipeline.core.tree import list_files
from pipeline.corpora import iemocap
from pipeline.corpora.contract import Entry, missing_tables
from pipeline.corpora.label_tables import LabelTableError
from tests.corpora.trees import entries, strays, touch

DIALOGUE = "Ses01F_impro01"
WAVS = f"Session1/sentences/wav/{DIALOGUE}"
RATINGS = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]	Ses01F_impro01_F000	neu	[2.5000, 3.0000, 1.5000]
C-E2:	Neutral;	()
C-E3:	Neutral; Anger;	(curious)
C-E4:	Frustration;	()
C-F1:	Sadness;	()
A-E3:	val 3; act 2; dom  2;	()

[7.5712 - 10.4750]	Ses01F_impro01_M000	xxx	[2.5000, 2.5000, 2.5000]
C-E2:	Neutral state; Something else;	()
C-M1:	Anger;	()

[10.0 - 11.4]	Ses01F_impro01_F001	odd	[2.5000, 2.5000, 2.5000]

[11.0 - 12.4]	Ses01F_impro01_F002	exc	[2.5000, nan, 2.5000]

[12.0 - 12.4]	Ses01F_impro01_F003	exc	[2.5000, 2.5000]

[13.0 - 13.4]	Ses01F_impro01_F009	exc	[4.5000, 2.5000, 2.5000]
"""
TEXTS = """Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.
M: [unclear]
Ses01F_impro01_M000 [007.5712-010.4750]: It\x92s here.
"""


def build(root):
    touch(
        root,
        f"{WAVS}/Ses01F_impro01_F000.wav",
        f"{WAVS}/Ses01F_impro01_M000.wav",
        f"{WAVS}/Ses01F_impro01_F001.wav",
        f"{WAVS}/Ses01F_impro01_F002.wav",
        f"{WAVS}/Ses01F_impro01_F003.wav",
        f"{WAVS}/Ses01F_impro01_F004.wav",
        f"{WAVS}/._Ses01F_impro01_F000.wav",
        f"Session1/dialog/wav/{DIALOGUE}.wav",
        f"Session1/dialog/avi/DivX/{DIALOGUE}.avi",
        f"Session1/dialog/EmoEvaluation/Categorical/{DIALOGUE}_e2_cat.txt",
        f"Session1/dialog/EmoEvaluation/._{DIALOGUE}.txt",
        f"Session1/dialog/transcriptions/{DIALOGUE}.txt",
        f"Session1/sentences/MOCAP_hand/{DIALOGUE}/Ses01F_impro01_F000.txt",
        f"Session1/sentences/ForcedAlignment/{DIALOGUE}/Ses01F_impro01_F000.wdseg",
        "Documentation/phonemes.txt",
        "README.txt",
        "notes.txt",
    )
    (root / f"Session1/dialog/EmoEvaluation/{DIALOGUE}.txt").write_text(RATINGS)
    (root / f"Session1/dialog/transcriptions/{DIALOGUE}.txt").write_text(TEXTS, "latin-1")
    other = "[14.0 - 14.4]\tSes01F_impro01_F004\tang\t[2.5000, 2.5000, 2.5000]\n"  # not to be read
    (root / f"Session1/dialog/EmoEvaluation/Categorical/{DIALOGUE}_e2_cat.txt").write_text(other)
    (root / f"Session1/dialog/EmoEvaluation/._{DIALOGUE}.txt").write_text(other)


def test_labels(tmp_path):
    build(tmp_path)
    assert entries(iemocap, tmp_path)["Ses01F_impro01_F000"] == Entry(
        path=f"{WAVS}/Ses01F_impro01_F000.wav",
        name="Ses01F_impro01_F000",
        speaker="Ses01F",
        sex="female",
        label="neu",
        text="Excuse me.",
        valence=2.5,
        arousal=3.0,
        dominance=1.5,
        session="Session1",
        votes="neu:2 ang:1 fru:1",
    )


def test_who_speaks_is_said_by_the_last_token(tmp_path):
    build(tmp_path)
    found = entries(iemocap, tmp_path)["Ses01F_impro01_M000"]
    assert (found.speaker, found.sex, found.session) == ("Ses01M", "male", "Session1")


def test_no_majority_and_a_vote_for_what_is_no_label(tmp_path):
    build(tmp_path)
    found = entries(iemocap, tmp_path)["Ses01F_impro01_M000"]
    assert (found.label, found.votes, found.text) == ("xxx", "neu:1 something_else:1", "It’s here.")
    assert found.problem is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("F001", "unknown label odd (known: neu, hap, sad"),
        ("F002", "its ratings [2.5000, nan, 2.5000] are not three numbers: valence"),
        ("F003", "its ratings [2.5000, 2.5000] are not three numbers: valence"),
        ("F004", "not rated: no line in EmoEvaluation"),
    ],
)
def test_what_cannot_be_labelled(tmp_path, name, problem):
    build(tmp_path)
    assert entries(iemocap, tmp_path)[f"Ses01F_impro01_{name}"].problem.startswith(problem)


def test_only_what_is_unknown_is_listed(tmp_path):
    build(tmp_path)
    assert strays(iemocap, tmp_path) == {
        f"{WAVS}/._Ses01F_impro01_F000.wav": "macOS resource fork, not audio",
        f"Session1/dialog/EmoEvaluation/._{DIALOGUE}.txt": "macOS resource fork, not audio",
        "notes.txt": "not audio by its name (expected .wav)",
        f"{WAVS}/Ses01F_impro01_F009.wav": "rated in EmoEvaluation, but there is no such file",
    }
    assert DIALOGUE not in entries(iemocap, tmp_path)


def test_a_tree_one_folder_deeper(tmp_path):
    build(tmp_path / "IEMOCAP_full_release")
    found = entries(iemocap, tmp_path)
    assert found["Ses01F_impro01_F000"].label == "neu"
    assert found.keys() == entries(iemocap, tmp_path / "IEMOCAP_full_release").keys()


@pytest.mark.parametrize(
    ("name", "speaker"),
    [
        ("Ses05M_script01_1b_F012", "Ses05F"),
        ("Ses03F_impro05a_M001", "Ses03M"),
        ("Ses05M_script02_2_MXX0", "Ses05M"),
    ],
)
def test_speakers(tmp_path, name, speaker):
    touch(tmp_path, f"{name}.wav")
    assert entries(iemocap, tmp_path)[name].speaker == speaker


@pytest.mark.parametrize("name", ["Ses06F_impro01_F000", "Ses01F_impro01_X000", "Ses01F_impro01"])
def test_names_that_tell_nothing(tmp_path, name):
    touch(tmp_path, f"{name}.wav")
    assert entries(iemocap, tmp_path)[name].problem.startswith("the name is not Ses0N{F,M}_{dialogue}_{F,M}")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "cp1252"])
def test_files_in_other_encodings_say_the_same(tmp_path, encoding):
    build(tmp_path)
    expected = entries(iemocap, tmp_path)
    for path, text in (("EmoEvaluation", RATINGS), ("transcriptions", TEXTS.replace("\x92", "’"))):
        file = tmp_path / f"Session1/dialog/{path}/{DIALOGUE}.txt"
        file.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    assert entries(iemocap, tmp_path) == expected


@pytest.mark.parametrize("folder", ["EmoEvaluation", "transcriptions"])
@pytest.mark.parametrize("content", [b"", b"<html>\n", b"% nothing\n\n", b"PK\x03\x04\0\0"])
def test_a_file_that_is_none_of_its_folder(tmp_path, folder, content):
    build(tmp_path)
    (tmp_path / f"Session1/dialog/{folder}/{DIALOGUE}.txt").write_bytes(content)
    with pytest.raises(
        LabelTableError, match=rf"{folder}/{DIALOGUE}\.txt: (no line of it is as in|a workbook)"
    ):
        entries(iemocap, tmp_path)


def test_sessions_without_their_files_are_named(tmp_path):
    build(tmp_path)
    missing = missing_tables(iemocap.CORPUS, list_files(tmp_path))
    assert len(missing) == 8
    assert missing[0] == "Session2/dialog/EmoEvaluation/*.txt (the labels of session 2)"
