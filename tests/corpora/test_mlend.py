import pytest

from pipeline.corpora import mlend
from pipeline.corpora.contract import Entry
from pipeline.corpora.label_tables import LabelTableError
from tests.corpora.trees import entries, strays, touch

ATTRIBUTES = "MLEndSND_Audio_Attributes.csv"
AUDIO = "MLEndSND_Public/MLEndSND_Public"


def table(root, *rows, name=ATTRIBUTES, header="Public filename,Numeral,Intonation,Speaker"):
    (root / name).write_text("\n".join([header, *rows]) + "\n")


def build(root):
    touch(
        root,
        f"{AUDIO}/00000.wav",
        f"{AUDIO}/00001.wav",
        f"{AUDIO}/00002.wav",
        f"{AUDIO}/00003.wav",
        "MLEndSND_Speakers_Demographics.csv",
    )
    table(root, "00000,3,excited,59", "00001,1000000,question,31", "00002,15,sleepy,107")


def test_rows(tmp_path):
    build(tmp_path)
    found = entries(mlend, tmp_path)
    assert found["00000"] == Entry(
        path=f"{AUDIO}/00000.wav", name="00000", speaker="59", label="excited", text="3"
    )
    assert found["00001"] == Entry(
        path=f"{AUDIO}/00001.wav", name="00001", speaker="31", label="question", text="1000000"
    )
    assert not strays(mlend, tmp_path)


def test_what_cannot_be_labelled(tmp_path):
    build(tmp_path)
    table(tmp_path, "00000,3,excl,59", "00001,1,neutral,", "00002,15,,107")
    problems = [entry.problem for entry in entries(mlend, tmp_path).values()]
    assert problems == [
        "unknown intonation 'excl' (known: bored, excited, neutral, question)",
        "its row names no speaker",
        "unknown intonation '' (known: bored, excited, neutral, question)",
        "no row in a table with the columns public filename, numeral, intonation, speaker",
    ]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Public filename,Numeral,Intonation,Speaker", "12,7,Bored,S4"),
        ("Public filename,Numeral,Intonation,Speaker", "00012.wav, 7 , bored , S4 "),
        ("filename,Numeral,Intonation,Speaker,Benchmark_A,Benchmark_B", "00012.wav,7,bored,S4,Train,Test"),
        ("\ufeffSpeaker,Numeral,Public Filename,Intonation", "S4,7,MLEndSND_Public/00012.wav,bored"),
    ],
)
def test_tables_of_several_versions(tmp_path, header, row):
    touch(tmp_path, "audio/00012.wav")
    table(tmp_path, row, name="some name.csv", header=header)
    expected = Entry("audio/00012.wav", "00012", speaker="S4", label="bored", text="7")
    assert entries(mlend, tmp_path) == {"00012": expected}
    assert not strays(mlend, tmp_path)


def test_a_table_about_something_else(tmp_path):
    build(tmp_path)
    (tmp_path / "other.csv").write_text("Speaker,Nationality\n59,Greece\n")
    (tmp_path / "empty.csv").write_text("")
    assert list(strays(mlend, tmp_path)) == ["empty.csv", "other.csv"]
    assert entries(mlend, tmp_path)["00000"].speaker == "59"


def test_rows_without_a_clip_are_not_lost(tmp_path):
    touch(tmp_path, f"{AUDIO}/00000.wav")
    table(tmp_path, "00000,3,excited,59", "00007,3,excited,59")
    assert strays(mlend, tmp_path) == {"7.wav": f"listed in {ATTRIBUTES}, but there is no such file"}


def test_two_tables_that_agree(tmp_path):
    build(tmp_path)
    table(
        tmp_path, "00000.wav,3,excited,59,Train", name="b.csv", header="filename,Numeral,Intonation,Speaker,A"
    )
    assert entries(mlend, tmp_path)["00000"].problem is None


def test_a_table_with_the_marks_of_an_unfinished_merge(tmp_path):
    touch(tmp_path, "00000.wav", "00001.wav")
    table(
        tmp_path,
        "<<<<<<< HEAD",
        "00000,3,excited,59",
        "00001,3,excited,59",
        "=======",
        "00000,3,excited,59",
        "00001,3,bored,59",
        ">>>>>>> 4d7a214",
    )
    found = entries(mlend, tmp_path)
    assert found["00000"].problem is None
    assert found["00001"].problem == "rows about it contradict each other"
    assert found["00001"].label is None


def test_a_table_that_cannot_be_read(tmp_path):
    build(tmp_path)
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.raises(LabelTableError, match=r"gone\.csv: cannot be opened"):
        entries(mlend, tmp_path)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_spreadsheets_table(tmp_path, separator):
    touch(tmp_path, "00000.wav", "._attributes.csv")
    header = "Public filename,Numeral,Intonation,Speaker".replace(",", separator)
    table(tmp_path, "00000,3,excited,59".replace(",", separator), header="\ufeff" + header)
    assert entries(mlend, tmp_path)["00000"].label == "excited"
