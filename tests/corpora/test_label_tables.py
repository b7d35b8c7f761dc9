"""One reader for all tables: what programs do to a table when they save it, and what is no table at all."""

import codecs
import os
import time

import pytest

from pipeline.corpora.label_tables import (
    LabelTableError,
    OtherTableError,
    number,
    read_columns,
    read_lines,
    read_rows,
    read_text,
)

TABLE = 'FileName,Emotion,Text\na.wav,joy,"Oh, «no»"\nb.wav,fear,\n'
ROWS = [
    {"FileName": "a.wav", "Emotion": "joy", "Text": "Oh, «no»"},
    {"FileName": "b.wav", "Emotion": "fear", "Text": ""},
]
COLUMNS = ("FileName", "Emotion", "Text")


def saved(text, separator=",", newline="\n"):
    """The table with another separator; its own comma, within the text, stays."""
    return text.replace("Oh, ", "Oh~").replace(",", separator).replace("Oh~", "Oh, ").replace("\n", newline)


def rows(tmp_path, content, columns=COLUMNS, optional=()):
    path = tmp_path / "labels.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_rows(path, columns, optional))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
def test_every_dialect_says_the_same(tmp_path, separator, newline, encoding):
    assert rows(tmp_path, saved(TABLE, separator, newline).encode(encoding)) == ROWS


@pytest.mark.parametrize(
    "content",
    [
        "\n \r\n" + TABLE,
        "sep=;\n" + saved(TABLE, ";"),
        TABLE.replace("FileName,Emotion", '" filename ", EMOTION'),
        TABLE.replace("\nb", "\n,,\n\nb"),
        TABLE.replace("Text\n", "Text,,\n"),
        TABLE.replace("fear,", "fear,,,"),
        TABLE.replace("fear,", "fear"),
    ],
    ids=[
        "blank lines",
        "hint",
        "case",
        "rows of nothing",
        "columns of nothing",
        "cells of nothing",
        "short row",
    ],
)
def test_what_spreadsheets_leave_besides(tmp_path, content):
    assert rows(tmp_path, content) == ROWS


def test_a_line_break_in_a_cell_is_no_row(tmp_path):
    assert [row["Text"] for row in rows(tmp_path, TABLE.replace("Oh, ", "Oh,\n"))] == ["Oh,\n«no»", ""]


def test_a_column_that_may_be_there(tmp_path):
    (first, _) = rows(tmp_path, TABLE, ("FileName",), ("Emotion", "Sex"))
    assert first == {"FileName": "a.wav", "Emotion": "joy", "Sex": ""}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty; expected a table with the columns FileName, Emotion, Text"),
        ("\n\n", "empty"),
        (TABLE.replace("Emotion", "Emo"), "no column Emotion in its first line 'FileName,Emo,Text'"),
        ("FileName:Emotion:Text\n", "no column FileName, Emotion, Text in its first line"),
        ("version https://git-lfs.github.com/spec/v1\noid\n", "a Git LFS pointer in place of the table"),
        ("<!DOCTYPE html>\n", "a web page in place of the table"),
        (b"PK\x03\x04\x14\0\6\0", "a workbook under the name of a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook under the name of a table"),
    ],
)
def test_what_is_not_the_table(tmp_path, content, says):
    with pytest.raises(OtherTableError) as error:
        rows(tmp_path, content)
    assert str(error.value).startswith(f"{tmp_path}/labels.csv: {says}")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (TABLE + 'c.wav,joy,"Oh\nd.wav,fear,\n', "a quotation that begins in line 4 is not closed there"),
        (TABLE.replace('no»"', "no»"), "a quotation that begins in line 2 is not closed there"),
        (
            TABLE.replace('"Oh, «no»"', "Oh, «no»"),
            "a row has 4 cells, and the header 3 columns: 'a.wav | joy",
        ),
        (TABLE + '"' + "a" * 200_000, r"line 4 is no row of a table (field larger than field limit"),
        (TABLE.replace("joy", "j\0y"), "line 2 is no row of a table (zero bytes)"),
        (
            TABLE + "\0" * 9 + ",,\n",
            "line 4 is no row of a table (zero bytes)",
        ),  # a block that was never written
    ],
)
def test_a_damaged_table(tmp_path, content, says):
    with pytest.raises(LabelTableError) as error:
        rows(tmp_path, content)
    assert str(error.value).startswith(f"{tmp_path}/labels.csv: {says}")


def test_a_table_that_cannot_be_opened(tmp_path):
    (tmp_path / "labels.csv").mkdir()
    with pytest.raises(
        LabelTableError, match=r"labels\.csv: cannot be opened \(Is a directory\): restore it"
    ):
        list(read_rows(tmp_path / "labels.csv", COLUMNS))


def test_a_pipe_under_the_name_of_a_table(tmp_path):
    os.mkfifo(tmp_path / "labels.csv")  # whoever opens it waits for ever
    with pytest.raises(LabelTableError, match=r"cannot be opened \(a pipe or a device, no file\)"):
        read_lines(tmp_path / "labels.csv")


def test_utf_16_without_a_mark_and_with_few_ascii_letters(tmp_path):
    text = "a.wav;生气的声音真的很大\n"
    for order in ("le", "be"):
        (tmp_path / "a.txt").write_bytes(text.encode(f"utf-16-{order}"))
        assert read_lines(tmp_path / "a.txt") == [text]


def test_very_many_columns(tmp_path):
    names = [f"c{n}" for n in range(30_000)]
    (tmp_path / "labels.csv").write_text(",".join(names) + "\n" + "x," * len(names) + "\n")
    started = time.process_time()
    assert list(read_columns(tmp_path / "labels.csv")) == names
    assert time.process_time() - started < 2  # 0.2 s; where each name is looked for among all, ten


def test_lines_that_a_wrong_separator_leaves_too_long(tmp_path):
    (tmp_path / "labels.csv").write_text("file;text\n" + "a;b\n" * 3 + ";".join(["x" * 90_000, "y" * 90_000]))
    found = read_columns(tmp_path / "labels.csv")
    assert {name: len(cells[3]) for name, cells in found.items()} == {"file": 90_000, "text": 90_000}
    (tmp_path / "labels.csv").write_text("file,label\na.wav," + "x" * 200_000)
    with pytest.raises(LabelTableError, match=r"line 2 is no row of a table \(field larger"):
        read_columns(tmp_path / "labels.csv")


def test_lines_of_several_encodings(tmp_path):
    (tmp_path / "a.txt").write_bytes("I’m\r\n".encode("cp1252") + "I’m\n".encode())
    assert read_lines(tmp_path / "a.txt") == ["I’m\n", "I’m\n"]


def test_small_texts(tmp_path):
    (tmp_path / "a.txt").write_bytes(codecs.BOM_UTF16_LE + " That is\r\ngreat! ".encode("utf-16-le"))
    (tmp_path / "empty.txt").write_bytes(b"\n")
    names = ("a.txt", "empty.txt", "none.txt")
    assert [read_text(tmp_path / name) for name in names] == ["That is great!", None, None]


@pytest.mark.parametrize(
    ("text", "value"),
    [("5.25", 5.25), ("5,25", 5.25), ("3", 3.0), ("nan", None), ("inf", None), ("", None), ("1,2,3", None)],
)
def test_numbers_with_a_point_or_a_comma(text, value):
    assert number(text) == value
