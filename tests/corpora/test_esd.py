import codecs

import pytest

from pipeline.core.tree import list_files
from pipeline.corpora import esd
from pipeline.corpora.contract import Entry, missing_tables
from pipeline.corpora.esd import Line, decode_line, read_line
from pipeline.corpora.label_tables import LabelTableError, decode
from tests.corpora.trees import entries, strays, touch

TOP = "Emotion Speech Dataset"


def write(root, path, content):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())


def build(root):
    touch(
        root,
        f"{TOP}/0001/Angry/0001_000351.wav",
        f"{TOP}/0001/0001.txt",
        f"{TOP}/0011/Angry/0011_000351.wav",
        f"{TOP}/0011/Neutral/0011_000001.wav",
        f"{TOP}/0011/Bored/0011_000002.wav",
        f"{TOP}/0015/Surprise/evaluation/0015_001401.wav",
        f"{TOP}/0015/Surprise/train/0015_001451.wav",
        f"{TOP}/0015/Surprise/test/0015_001421.wav",
        f"{TOP}/ReadMe.txt",
        f"{TOP}/notes.txt",
    )
    lines = (
        "0011_000001\tThe nine the eggs, I keep.\tNeutral\n0011_000351\tThe nine the eggs, I keep.\tAngry\n"
    )
    write(root, f"{TOP}/0011/0011.txt", lines)


def test_labels(tmp_path):
    build(tmp_path)
    found = entries(esd, tmp_path)
    assert found["0011_000351"] == Entry(
        path=f"{TOP}/0011/Angry/0011_000351.wav",
        name="0011_000351",
        speaker="0011",
        sex="male",
        label="Angry",
        text="The nine the eggs, I keep.",
    )
    assert found["0011_000002"].problem.startswith("its folder 'Bored' is no emotion (known: Neutral, Angry")
    assert found["0015_001401"].sex == "female"
    assert found["0015_001401"].text is None


def test_mandarin_is_listed_and_not_used(tmp_path):
    build(tmp_path)
    assert strays(esd, tmp_path) == {
        f"{TOP}/0001/Angry/0001_000351.wav": "Mandarin (speakers 0001 to 0010); this corpus is the English part",
        f"{TOP}/notes.txt": "not audio by its name (expected .wav)",
    }


@pytest.mark.parametrize(
    ("name", "split"), [("0015_001451", "train"), ("0015_001401", "val"), ("0015_001421", "test")]
)
def test_folders_below_an_emotion_are_the_official_split(tmp_path, name, split):
    build(tmp_path)
    found = entries(esd, tmp_path)[name]
    assert (found.official_split, found.label, found.problem) == (split, "Surprise", None)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("0011/Angry/0011_351.wav", "the name is not {speaker}_{number}"),
        ("0021/Angry/0021_000351.wav", "a speaker from 0011 to 0020"),
        ("0012/Angry/0011_000351.wav", "its name says speaker 0011, its folder 0012"),
        ("0011/0011_000351.wav", "its folder '0011' is no emotion"),
    ],
)
def test_what_cannot_be_labelled(tmp_path, path, problem):
    touch(tmp_path, path)
    (found,) = entries(esd, tmp_path).values()
    assert problem in found.problem


def test_the_folder_wins_and_the_log_says_so(tmp_path, caplog):
    build(tmp_path)
    write(tmp_path, f"{TOP}/0011/0011.txt", "0011_000351\tI keep.\tSad\n0011_000001\tI keep.\t中立\n")
    found = entries(esd, tmp_path)["0011_000351"]
    assert (found.label, found.text, found.problem) == ("Angry", "I keep.", None)
    assert "another emotion than the folder for 1 clips" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        "It’s him.\t生气".encode(),
        codecs.BOM_UTF8 + "It’s him.\t生气".encode(),
        "It’s him.\t生气".encode("utf-16"),
        "It’s him.\t生气".encode("utf-16-be"),
        "It’s him.\t生气".encode("utf-16-le"),
        "It’s him.\t生气".encode("gbk"),
    ],
    ids=["UTF-8", "UTF-8 with BOM", "UTF-16", "UTF-16-BE", "UTF-16-LE", "GBK"],
)
def test_encodings(content):
    assert decode(content, decode_line) == ["It’s him.\t生气"]


def test_windows_1252_is_not_taken_for_chinese():
    assert decode("It’s him.\tAngry".encode("cp1252"), decode_line) == ["It’s him.\tAngry"]


def test_each_line_may_have_its_own_encoding():
    content = "I’m\n".encode("cp1252") + "I’m\n".encode("gbk") + "I’m\n".encode()
    assert decode(content, decode_line) == ["I’m\n"] * 3


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("I keep.\tHappy", Line("I keep.", "Happy")),
        ("I  keep.\t快乐 ", Line("I keep.", "Happy")),
        ("I keep.\t伤心", Line("I keep.", "Sad")),
        ("I keep.\t惊喜", Line("I keep.", "Surprise")),
        ("I keep.\t中立", Line("I keep.", "Neutral")),
        ("I keep. Angry", Line("I keep.", "Angry")),
        ("I keep.\tMerry", Line("I keep.", None)),
        ("I keep.", Line("I keep.", None)),
    ],
)
def test_lines(words, expected):
    assert read_line(words) == expected


def test_a_blank_after_the_clips_name(tmp_path):
    write(tmp_path, "0011/0011.txt", "0011_000001 I keep.\tNeutral\n\nnonsense\n0011_000002\n")
    assert esd.read_clips(tmp_path) == {"0011_000001": Line("I keep.", "Neutral")}


@pytest.mark.parametrize("separator", [";", ",", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gbk"])
def test_a_spreadsheets_text_file(tmp_path, separator, encoding):
    lines = f"0011_000001{separator}Oh, no.{separator}生气\r\n0011_000002{separator}I keep.{separator}Sad\r\n"
    write(tmp_path, "0011/0011.txt", lines.encode(encoding))
    assert esd.read_clips(tmp_path) == {
        "0011_000001": Line("Oh, no.", "Angry"),
        "0011_000002": Line("I keep.", "Sad"),
    }


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n", b"\xff" * 50])
def test_a_text_file_that_is_none(tmp_path, content):
    write(tmp_path, "0011/0011.txt", content)
    with pytest.raises(LabelTableError, match=r"0011\.txt: no line of it begins with a clip's name"):
        esd.read_clips(tmp_path)


def test_text_files_that_are_not_there_are_named(tmp_path):
    build(tmp_path)
    assert missing_tables(esd.CORPUS, list_files(tmp_path))[0] == "0012.txt (what speaker 0012 says)"
    assert len(missing_tables(esd.CORPUS, list_files(tmp_path))) == 9
