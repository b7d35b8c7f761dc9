"""Silero's detector: what it takes for speech, piece by piece as at once, and in answers."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.audio.wave import resample
from pipeline.core.errors import PipelineError
from pipeline.demo.layout import plan_ravdess
from pipeline.demo.render import render
from pipeline.demo.streams import stream
from pipeline.demo.synthesise import PARTS, draw_clips
from pipeline.inference import speech as module
from pipeline.inference.predictor import load
from pipeline.inference.recording import Recording
from pipeline.inference.speech import FRAME, MODEL, RATE, SURE, VoiceActivity, load_silero
from pipeline.predict import main
from tests.inference.box import Box


@pytest.fixture
def without_onnxruntime(monkeypatch: pytest.MonkeyPatch):
    load_silero.cache_clear()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    yield
    load_silero.cache_clear()


@pytest.fixture
def _needs_onnxruntime() -> None:
    pytest.importorskip("onnxruntime", reason="needs requirements-dev.txt")


heard = pytest.mark.usefixtures("_needs_onnxruntime")


@pytest.fixture(scope="module")
def spoken() -> np.ndarray:
    """Synthetic speech of the demo at 16 kHz: two sentences, with pauses around each."""
    part, waves = PARTS["demo_ravdess"], []
    for job in draw_clips("demo_ravdess", plan_ravdess(n_speakers=1, seed=1)[:2], 1):
        rng = stream(1, "wave", job.clip.path)
        waves.append(render(job.clip.text, job.speaker, job.prosody, job.room, part.recording, rng))
    return resample(np.concatenate(waves), part.recording.rate, RATE)


def noise(seconds: float, dbfs: float = -30.0) -> np.ndarray:
    level = 10 ** (dbfs / 20)
    return np.random.default_rng(1).normal(0, level, round(seconds * RATE)).astype(np.float32)


def write(path: Path, wave: np.ndarray, rate: int = RATE) -> Path:
    soundfile.write(path, wave, rate, "FLOAT")
    return path


def test_the_file_is_the_one_that_is_named() -> None:
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() in (module.__doc__ or "")
    assert "MIT License" in (MODEL.parent / "LICENSE").read_text()


@heard
def test_silence_and_noise_are_no_speech_and_speech_is(spoken: np.ndarray) -> None:
    assert VoiceActivity().seconds(np.zeros(5 * RATE, np.float32), last=True) == 0
    assert VoiceActivity().seconds(noise(5.0), last=True) < 0.25
    seconds = len(spoken) / RATE
    assert 0.4 * seconds < VoiceActivity().seconds(spoken, last=True) < seconds


@heard
def test_pieces_are_heard_like_the_whole(spoken: np.ndarray) -> None:
    whole = VoiceActivity().probabilities(spoken, last=True)
    assert len(whole) == -(-len(spoken) // FRAME)
    assert whole.min() < 0.1 < 0.9 < whole.max()
    for size in (100, FRAME, 4_321, len(spoken) - 1):
        detector, parts = VoiceActivity(), []
        for start in range(0, len(spoken), size):
            piece = spoken[start : start + size]
            parts.append(detector.probabilities(piece, last=start + size >= len(spoken)))
        np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-3)


@heard
def test_long_windows_are_heard_in_several_calls(spoken: np.ndarray, monkeypatch) -> None:
    whole = VoiceActivity().probabilities(spoken, last=True)
    monkeypatch.setattr(module, "FRAMES", 7)
    np.testing.assert_allclose(VoiceActivity().probabilities(spoken, last=True), whole, atol=1e-3)


@heard
@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_windows_have_the_seconds_of_the_whole(tmp_path: Path, spoken: np.ndarray, rate: int) -> None:
    wave = np.concatenate([noise(3.0), spoken, noise(3.0)])
    path = write(tmp_path / "a.wav", resample(wave, RATE, rate), rate)
    stretches = list(Recording(path, 1.0, [8_000], "silero").stretches())
    (whole,) = Recording(path, float("inf"), [], "silero").stretches()
    assert sum(one.speech_seconds for one in stretches) == pytest.approx(whole.speech_seconds, abs=0.2)
    assert all(one.speech_seconds <= one.end - one.start for one in stretches)
    assert [one.speech for one in stretches[:3]] == [False] * 3
    assert any(one.speech for one in stretches[3:])
    assert {rate for one in stretches for rate in one.clip.waves} == {8_000}
    by_level = list(Recording(path, 1.0, []).stretches())
    assert all(one.speech for one in by_level)


@heard
def test_the_last_frame_counts_as_far_as_it_is_filled(spoken: np.ndarray) -> None:
    probabilities = VoiceActivity().probabilities(spoken, last=True)
    surest = int(probabilities.argmax())
    cut = spoken[: surest * FRAME + 300]
    detector = VoiceActivity()
    whole = detector.seconds(cut[:-300], last=False)
    assert detector.seconds(cut[-300:], last=True) in (0, 300 / RATE)
    expected = np.count_nonzero(probabilities[:surest] > SURE) * FRAME / RATE
    assert whole == pytest.approx(expected, abs=0.04)  # a frame may be as sure as not


@heard
def test_an_answer_of_noise_has_no_scores(box: Box, tmp_path: Path, capsys) -> None:
    path = write(tmp_path / "noise.wav", noise(4.0))
    answer = load("tiny_cnn").answer(path, 2.0, speech="silero")
    assert [window.scores for window in answer.windows] == [None, None]
    assert answer.notes[0] == "no speech: Silero's detector finds none, or next to none"
    assert load("tiny_cnn").answer(path, 2.0).scores is not None
    assert main(["tiny_cnn", str(path), "--speech", "silero", "--format", "json"]) == 0
    (said,) = json.loads(capsys.readouterr().out)
    assert said["scores"] is None


def test_where_onnxruntime_is_missing_it_is_told(
    box: Box, without_onnxruntime: None, tmp_path, capsys
) -> None:
    path = write(tmp_path / "noise.wav", noise(1.0))
    with pytest.raises(PipelineError, match=r"needs onnxruntime, which is not installed: `pip install"):
        load("tiny_cnn").answer(path, speech="silero")
    assert main(["tiny_cnn", str(path), "--speech", "silero"]) == 2
    assert "pip install onnxruntime" in capsys.readouterr().err
    assert load("tiny_cnn").answer(path).scores is not None
