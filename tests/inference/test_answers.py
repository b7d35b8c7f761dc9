"""Answers: the whole of a recording, and answers as text and files."""

import json

import pandas as pd
import pytest

from pipeline.inference.answers import Answer, Window, top, whole
from pipeline.inference.written import as_frame, as_table, write_answers

WINDOWS = [
    Window(0.0, 5.0, True, {"happy": 0.8, "sad": 0.2}, 4.0),
    Window(5.0, 10.0, False, None, 0.1),
    Window(10.0, 12.0, True, {"happy": 0.0, "sad": 1.0}, 1.0),
]
SCORES = {"happy": 0.64, "sad": 0.36}
ANSWER = Answer("cnn", "classes", 12.0, WINDOWS, SCORES, ["quieter"], "seed 1", True)
VALUES = {"arousal": 1.25, "valence": -0.5}
SHORT = Answer("mse", "dimensions", 2.0, [Window(0.0, 2.0, True, VALUES, 2.0)], VALUES, [], "seed 1", None)
ANSWERS = {"a.wav": ANSWER, "b.wav": SHORT, "c.wav": "no audio"}


def test_the_whole_is_weighted_by_speech() -> None:
    assert whole(WINDOWS) == pytest.approx(SCORES)
    assert whole(WINDOWS[1:2]) is None
    assert whole([]) is None


def test_the_highest_come_first_and_equals_as_given() -> None:
    assert top({"a": 0.2, "b": 0.5, "c": 0.2, "d": 0.1}) == [("b", 0.5), ("a", 0.2), ("c", 0.2)]


def test_a_table_for_the_screen() -> None:
    assert as_table(ANSWERS).splitlines() == [
        "a.wav  (cnn, seed 1, calibrated)",
        "      0.0 -   12.0 s  happy 64%  sad 36%",
        "      0.0 -    5.0 s  happy 80%  sad 20%",
        "      5.0 -   10.0 s  no speech",
        "     10.0 -   12.0 s  sad 100%  happy 0%",
        "  note: quieter",
        "b.wav  (mse, seed 1)",
        "      0.0 -    2.0 s  arousal 1.25  valence -0.50",
        "c.wav",
        "  error: no audio",
    ]


def test_a_row_a_file_and_a_row_a_window() -> None:
    frame = as_frame(ANSWERS)
    assert frame.columns.tolist()[:6] == ["file", "part", "start", "end", "speech_seconds", "top"]
    assert frame.columns.tolist()[-2:] == ["notes", "error"]
    assert frame["part"].tolist() == ["file", "window", "window", "window", "file", "window", "file"]
    assert frame["top"].fillna("-").tolist() == ["happy", "happy", "-", "sad", "-", "-", "-"]
    assert frame["error"].dropna().tolist() == ["no audio"]


@pytest.mark.parametrize("read", [pd.read_csv, pd.read_parquet])
def test_tables_are_read_back(tmp_path, read) -> None:
    ending = read.__name__.removeprefix("read_")
    write_answers(ANSWERS, ending, tmp_path / "new" / "file")
    frame = read(tmp_path / "new" / "file")
    assert frame["happy"].dropna().tolist() == [0.64, 0.8, 0.0]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


def test_json_has_an_object_a_file(capsys) -> None:
    write_answers(ANSWERS, "json", None)
    first, second, third = json.loads(capsys.readouterr().out)
    assert first["file"] == "a.wav"
    assert first["windows"][1] == {
        "start": 5.0,
        "end": 10.0,
        "speech": False,
        "scores": None,
        "speech_seconds": 0.1,
    }
    assert second["scores"] == VALUES
    assert third == {"file": "c.wav", "error": "no audio"}
