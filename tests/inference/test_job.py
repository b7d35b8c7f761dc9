"""`python -m pipeline.predict`: files and folders, bad files, interruptions, standard input."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import soundfile

from pipeline.inference import job as module
from pipeline.inference import many
from pipeline.inference.job import find_files
from pipeline.inference.predictor import load
from pipeline.predict import main
from tests.inference.box import Box, tone


@pytest.fixture
def folder(box: Box, tmp_path: Path) -> Path:
    """Three recordings, one of them no audio, and a file that is not called like one."""
    recordings = tmp_path / "in"
    (recordings / "below").mkdir(parents=True)
    soundfile.write(recordings / "a.wav", tone("angry", 0.6, 16_000), 16_000)
    soundfile.write(recordings / "below" / "c.FLAC", tone("sad", 1.3, 22_050), 22_050, format="FLAC")
    (recordings / "b.mp3").write_text("no audio")
    (recordings / "notes.txt").write_text("no audio")
    return recordings


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_folder_is_answered_and_a_bad_file_is_reported(folder: Path, capsys) -> None:
    assert main(["tiny_cnn", str(folder), "--format", "json", "--window", "0.5"]) == 1
    out, err = capsys.readouterr()
    a, b, c = json.loads(out)
    assert [Path(one["file"]).name for one in (a, b, c)] == ["a.wav", "b.mp3", "c.FLAC"]
    assert a["scores"] == pytest.approx(load("tiny_cnn").answer(folder / "a.wav").scores)
    assert [window["end"] for window in c["windows"]] == [0.5, 1.3]
    assert b["error"].endswith("b.mp3: cannot be read as audio (not audio: text)")
    assert "not audio: text" in err
    assert err.endswith("2 of 3 files answered\n")


def test_all_is_well_without_a_bad_file(folder: Path, capsys) -> None:
    assert main(["tiny_separate", str(folder / "a.wav")]) == 0
    assert "arousal" in capsys.readouterr().out


def test_an_interrupted_job_goes_on_where_it_was(folder: Path, monkeypatch, capsys) -> None:
    output = folder.parent / "out.csv"
    command = ["tiny_cnn", str(folder), "--output", str(output)]
    asked: list[str] = []
    read = many._read

    def interrupted(predictor, path, *arguments):
        asked.append(path.name)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return read(predictor, path, *arguments)

    monkeypatch.setattr(many, "_read", interrupted)
    assert main(command) == 130
    assert "the same command goes on from here" in capsys.readouterr().err
    assert not output.exists()
    assert main(command) == 1
    assert asked == ["a.wav", "b.mp3", "c.FLAC", "b.mp3", "c.FLAC"]
    assert "1 of 3 files were answered before" in capsys.readouterr().err
    assert pd.read_csv(output)["part"].tolist() == ["file", "window", "file", "file", "window"]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["in", "out.csv"]


@pytest.mark.parametrize("change", ["file", "window", "cut"])
def test_what_was_answered_counts_only_while_all_is_the_same(folder: Path, monkeypatch, change: str) -> None:
    output, asked = folder.parent / "out.csv", []
    command = ["tiny_cnn", str(folder / "a.wav"), "missing.wav", "--output", str(output)]
    with monkeypatch.context() as patch:
        patch.setattr(module, "write_answers", interrupt)
        assert main(command) == 130
    if change == "file":
        soundfile.write(folder / "a.wav", tone("happy", 0.7, 16_000), 16_000)
    if change == "cut":
        journal = Path(f"{output}.partial")
        journal.write_text(journal.read_text()[:-20])
    read = many._read
    monkeypatch.setattr(
        many, "_read", lambda one, path, *rest: asked.append(path.name) or read(one, path, *rest)
    )
    main([*command, *(["--window", "3"] if change == "window" else [])])
    assert asked == ["a.wav", "missing.wav"]


def test_standard_input_is_a_file_as_well(folder: Path, monkeypatch, capsys) -> None:
    content = io.BytesIO((folder / "a.wav").read_bytes())
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=content))
    assert main(["tiny_cnn", "-", "--format", "json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["file"] == "-"
    assert answer["scores"] == load("tiny_cnn").answer(folder / "a.wav").scores


def test_a_text_for_one_file(folder: Path, capsys) -> None:
    file = str(folder / "a.wav")
    assert main(["tiny_fusion", file, "--text", "go away", "--format", "json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    (expected,) = load("tiny_fusion").predict([folder / "a.wav"], ["go away"])
    assert list(answer["scores"].values()) == pytest.approx(expected.tolist())
    for wrong in (["tiny_cnn", file], ["tiny_fusion", file, file.replace("a.wav", "b.mp3")]):
        assert main([*wrong, "--text", "go away"]) == 2
        assert "expected one file, and a system that reads text" in capsys.readouterr().err


def test_each_recording_standardises_itself(folder: Path, capsys) -> None:
    file = str(folder / "a.wav")
    assert main(["tiny_by_speaker", file, "--enrol", "recording", "--format", "json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert any("knows 1 window of this one" in note for note in answer["notes"])
    assert main(["tiny_svm", file, "--enrol", "recording"]) == 2
    assert "tiny_svm is not standardised by speaker" in capsys.readouterr().err


def test_what_is_trained_is_listed(box: Box, capsys) -> None:
    assert main(["--list"]) == 0
    out = capsys.readouterr().out
    assert "tiny_cnn                                      UAR 0.500      demo_ravdess: by hand" in out
    assert "tiny_mean                                     not evaluated" in out


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["nothing", "a.wav"], "there is no system 'nothing'"),
        (["moved/export", "a.wav"], "the folder moved/export does not exist"),
        (["data/trained", "a.wav"], "the folder data/trained has no export.json"),
        (["tiny_cnn", "data"], "data holds no audio"),
        (["tiny_cnn", "a.wav", "--format", "parquet"], "name a file with --output"),
    ],
)
def test_what_cannot_be_done_ends_at_once(box: Box, capsys, command: list[str], message: str) -> None:
    assert main(command) == 2
    assert message in capsys.readouterr().err


def test_a_command_line_without_files_is_explained(capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["tiny_cnn"])
    assert "--list lists the systems" in capsys.readouterr().err


def test_a_file_that_is_named_twice_is_asked_about_once(folder: Path) -> None:
    files = find_files([str(folder / "a.wav"), str(folder), "-"])
    assert [Path(file).name for file in files] == ["a.wav", "b.mp3", "c.FLAC", "-"]
