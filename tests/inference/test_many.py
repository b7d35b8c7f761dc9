"""Many recordings: the same answers as one by one, in order, and one bad file spoils no other."""

from dataclasses import asdict
from pathlib import Path

import pytest
import soundfile

from pipeline.core.errors import PipelineError
from pipeline.inference import many
from pipeline.inference.answers import Answer
from pipeline.inference.predictor import load
from tests.inference.box import Box, tone

SECONDS = {"a": 0.6, "b": 3.0, "long": 40.0, "c": 1.2, "d": 0.7}


@pytest.fixture
def paths(box: Box, tmp_path: Path) -> list[Path]:
    """Short recordings and a long one; of the second the end is silent."""
    for number, (name, seconds) in enumerate(SECONDS.items()):
        wave = tone("sad", seconds, 16_000, number)
        if name == "b":
            wave[16_000:] = 0
        soundfile.write(tmp_path / f"{name}.wav", wave, 16_000, "FLOAT")
    return [tmp_path / f"{name}.wav" for name in SECONDS]


@pytest.mark.parametrize("name", ["tiny_cnn", "tiny_fusion"])
def test_answers_are_those_of_one_by_one(paths: list[Path], name: str) -> None:
    predictor = load(name)
    paths = paths if name == "tiny_cnn" else paths[:2]
    expected = [predictor.answer(path, 1.0) for path in paths]
    for one, alone in zip(many.answers(predictor, paths, 1.0), expected, strict=True):
        assert isinstance(one, Answer)
        assert one.scores == pytest.approx(alone.scores, abs=1e-5)
        assert [(window.start, window.end, window.speech) for window in one.windows] == [
            (window.start, window.end, window.speech) for window in alone.windows
        ]
        assert asdict(one) | {"scores": 0, "windows": 0} == asdict(alone) | {"scores": 0, "windows": 0}


def test_short_recordings_are_asked_about_together(paths: list[Path], monkeypatch) -> None:
    predictor, sizes = load("tiny_cnn"), []
    ask = predictor.ask
    monkeypatch.setattr(predictor, "ask", lambda batch, text: sizes.append(len(batch)) or ask(batch, text))
    short = [path for path in paths if path.stem != "long"]
    assert len(list(many.answers(predictor, short, 1.0))) == 4
    assert sizes == [6]


def test_a_bad_recording_spoils_no_other(paths: list[Path], tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("text")
    found = list(many.answers(load("tiny_cnn"), [paths[0], text, *paths[2:]], 1.0))
    assert [isinstance(one, PipelineError) for one in found] == [False, True, False, False, False]
    assert "text.wav: cannot be read" in str(found[1])


def test_where_asking_fails_one_recording_alone_is_at_fault(paths: list[Path], monkeypatch) -> None:
    predictor = load("tiny_cnn")
    prepare = predictor._reader.prepare

    def fails(clips, texts):
        if any("b.wav" in clip.where for clip in clips):
            raise PipelineError("b.wav: no features")
        return prepare(clips, texts)

    monkeypatch.setattr(predictor._reader, "prepare", fails)
    found = list(many.answers(predictor, [paths[0], paths[1], paths[3]], 1.0))
    assert [str(one) if isinstance(one, PipelineError) else "" for one in found] == [
        "",
        "b.wav: no features",
        "",
    ]


def test_progress_of_a_long_recording_is_told(paths: list[Path]) -> None:
    told: list[tuple[str, float]] = []
    list(many.answers(load("tiny_cnn"), paths, 1.0, progress=lambda path, s: told.append((path.name, s))))
    assert told == [("long.wav", 32.0), ("long.wav", 40.0)]
