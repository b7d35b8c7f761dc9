"""Predictors: what they say is what training wrote down, for every kind of system."""

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.audio.reading import read_sound
from pipeline.audio.wave import audio_hash
from pipeline.core.errors import PipelineError
from pipeline.core.paths import predictions_path
from pipeline.core.tables import read_table
from pipeline.inference.predictor import load, trained_systems
from pipeline.transcription.corpus import transcribe_batch
from pipeline.transcription.decode import Decoding
from pipeline.transcription.weights import load_once
from tests.inference.box import ENSEMBLES, SYSTEMS, Box, tone

every_system = pytest.mark.parametrize("name", [*SYSTEMS, *ENSEMBLES])


@every_system
def test_predictions_are_those_of_training_by_each_clips_own_model(box: Box, name: str) -> None:
    predictor = load(name)
    if predictor.trained.by_speaker:
        predictor.enrol(list(box.files.values()))  # all of them are one speaker's
    letter = "p" if predictor.kind == "classes" else "y"
    table = read_table(predictions_path(name))
    test = table[table["split"] == "test"]
    assert test.groupby(["seed", "fold"]).ngroups == (4 if name == "tiny_cnn" else 2)
    for model, clips in test.groupby(["seed", "fold"]):
        files = [box.files[clip] for clip in clips["utterance_id"]]
        texts = [box.texts[clip] for clip in clips["utterance_id"]]
        says = predictor.predict(files, texts, models=[model])
        expected = clips[[f"{letter}_{name}" for name in predictor.outputs]]
        np.testing.assert_allclose(says, expected, atol=1e-5)


def test_without_a_choice_it_is_the_mean_of_all_models(box: Box) -> None:
    predictor = load("tiny_cnn")
    files = list(box.files.values())[:3]
    each = [predictor.predict(files, models=[(seed, fold)]) for seed in (1, 2) for fold in (0, 1)]
    np.testing.assert_allclose(predictor.predict(files), np.mean(each, axis=0))
    assert np.ptp(each, axis=0).max() > 1e-3
    expected = "mean of 4 models: seeds 1, 2; 2 folds, each trained without its own test clips"
    assert predictor.models_in_words() == expected


@every_system
def test_a_clip_gets_the_same_answer_in_any_company_and_from_samples(box: Box, name: str) -> None:
    predictor = load(name)
    clips = list(box.files)[:5]
    files, texts = [box.files[clip] for clip in clips], [box.texts[clip] for clip in clips]
    together = predictor.predict(files, texts)
    sources = [(wave.T, rate) for wave, rate in (soundfile.read(file, dtype="float32") for file in files)]
    np.testing.assert_allclose(predictor.predict(sources, texts), together, atol=1e-6)
    alone = [predictor.predict([file], [text])[0] for file, text in zip(files, texts, strict=True)]
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_a_recording_no_longer_than_a_window_is_answered_as_a_clip(box: Box) -> None:
    predictor = load("tiny_cnn")
    file = next(iter(box.files.values()))
    answer = predictor.answer(file)
    assert [(window.start, window.end, window.speech) for window in answer.windows] == [(0.0, 0.5, True)]
    expected = dict(zip(predictor.outputs, predictor.predict([file])[0], strict=True))
    assert answer.scores == pytest.approx(expected, abs=1e-6)
    assert "the system learnt from synthetic speech" in answer.notes[0]


def test_a_text_comes_from_whisper_where_none_is_given(box: Box, micro_whisper) -> None:
    predictor = load("tiny_fusion")
    files = list(box.files.values())[:2]
    weights = load_once(str(micro_whisper), "cpu")[1]
    how = Decoding.of(predictor.trained.asr, "cpu")
    sounds = [read_sound(file) for file in files]
    hashes = [audio_hash(sound.mono, sound.rate) for sound in sounds]
    clips = list(zip(hashes, files, strict=True))
    rows = transcribe_batch(clips, model=str(micro_whisper), weights=weights, how=how)
    texts = [rows[one]["text"] for one in hashes]
    assert predictor.prepare(files).texts == texts
    np.testing.assert_array_equal(predictor.predict(files), predictor.predict(files, texts))


def test_a_given_text_makes_the_recording_one_window(box: Box) -> None:
    file = box.root / "long.wav"
    soundfile.write(file, tone("sad", 12.0, 16_000), 16_000)
    answer = load("tiny_fusion").answer(file, text="so sorry")
    assert [(window.start, window.end) for window in answer.windows] == [(0.0, 12.0)]


def test_whisper_that_is_not_there_is_told_with_the_systems_name(box: Box, monkeypatch) -> None:
    predictor = load("tiny_any_length")
    asr = predictor.trained.asr.model_copy(update={"model": "absent"})
    predictor._reader.trained = predictor.trained.model_copy(update={"asr": asr})
    with pytest.raises(
        PipelineError, match=r"tiny_any_length reads what is said, and no text was given.*'absent'"
    ):
        predictor.load_whisper()


def test_progress_is_told_and_a_cancelled_answer_ends(box: Box) -> None:
    file = box.root / "longer.wav"
    soundfile.write(file, tone("angry", 40.0, 16_000), 16_000)
    predictor, seconds, cancelled = load("tiny_cnn"), [], threading.Event()
    assert predictor.answer(file, 0.5, progress=seconds.append).seconds == 40.0
    assert seconds == [16.0, 32.0, 40.0]
    cancelled.set()
    answer = predictor.answer(file, 0.5, cancelled=cancelled)
    assert answer.windows == []
    assert answer.notes[-1] == "cancelled: what comes later was not asked about"


def test_what_is_known_of_a_system(box: Box) -> None:
    predictor = load("tiny_cnn")
    assert (predictor.name, predictor.kind, predictor.outputs) == (
        "tiny_cnn",
        "classes",
        ["angry", "happy", "sad"],
    )
    assert predictor.facts["score"] == {"name": "uar", "value": 0.5, "low": 0.4, "high": 0.6}
    assert (predictor.facts["synthetic"], predictor.facts["corpora"]) == (True, ["demo_ravdess"])
    assert load("tiny_separate").kind == "dimensions"
    assert load("tiny_separate").facts["score"] is None


def test_which_systems_there_are(box: Box) -> None:
    assert trained_systems() == sorted([*SYSTEMS, *ENSEMBLES])


def test_a_system_that_is_not_there_is_refused(box: Box) -> None:
    with pytest.raises(PipelineError, match="there is no system 'tiny_cn', did you mean 'tiny_cnn'"):
        load("tiny_cn")


def test_a_system_of_other_settings_is_refused(box: Box) -> None:
    plan = box.root / "data/plan/train/tiny_svm.json"
    text = plan.read_text()
    try:
        plan.write_text(json.dumps({**json.loads(text), "code": "2"}))
        with pytest.raises(PipelineError, match="tiny_svm was trained by other settings or code"):
            load("tiny_svm")
        assert "tiny_svm" not in trained_systems()
        assert "tiny_mean" not in trained_systems()
    finally:
        plan.write_text(text)


def test_models_that_it_does_not_have_and_texts_that_are_too_few_are_refused(box: Box) -> None:
    predictor, files = load("tiny_cnn"), list(box.files.values())[:2]
    with pytest.raises(PipelineError, match=r"tiny_cnn has models of .* not of \[\(3, 0\)\]"):
        predictor.predict(files, models=[(3, 0)])
    with pytest.raises(PipelineError, match="came 1 texts for 2 recordings"):
        predictor.predict(files, ["one"])


def test_a_clip_of_other_length_is_refused_where_all_had_one(box: Box) -> None:
    predictor = load("tiny_cnn")
    clips = predictor.prepare(list(box.files.values())[:1])
    shorter = {"images": [clips.features["images"][0][:, :5]]}
    with pytest.raises(PipelineError, match=r"images of a clip has the shape \(16, 5\).*\(16, 12\)"):
        predictor.predict_prepared(replace(clips, features=shorter))


LOADED = "import sys; from pipeline.inference.predictor import load; load({!r}); print(*sys.modules)"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "needless"),
    [
        ("tiny_cnn", {"sklearn", "transformers", "whisper", "opensmile", "skops", "librosa"}),
        ("tiny_forest", {"transformers", "whisper", "librosa", "torchaudio"}),
    ],
)
def test_a_system_imports_what_it_needs(box: Box, root, name: str, needless: set[str]) -> None:
    run = [sys.executable, "-c", LOADED.format(name)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(root)})
    assert needless.isdisjoint(done.stdout.split())


def test_with_few_clips_of_a_speaker_an_average_one_is_taken_and_the_notes_say_so(box: Box) -> None:
    predictor, clips = load("tiny_by_speaker"), list(box.files.values())
    before = predictor.predict(clips[:2])
    predictor.enrol(clips[:7])
    np.testing.assert_array_equal(predictor.predict(clips[:2]), before)
    assert any("knows 7 clips of this one, fewer than 8" in note for note in predictor.answer(clips[0]).notes)
    predictor.enrol(clips[4:12])
    assert np.abs(predictor.predict(clips[:2]) - before).max() > 1e-3
    assert "standardised by 8 clips that were enrolled of the speaker" in predictor.answer(clips[0]).notes
    predictor.enrol(clips[:3])  # somebody else
    np.testing.assert_array_equal(predictor.predict(clips[:2]), before)


def test_a_recording_may_standardise_itself(box: Box, tmp_path: Path) -> None:
    wave, rate = np.concatenate([read_sound(file).mono[:8000] for file in [*box.files.values()][:12]]), 16_000
    wave[4 * 8000 : 6 * 8000] = 0  # no speech: not counted
    soundfile.write(long := tmp_path / "long.wav", wave, rate, "FLOAT")
    soundfile.write(short := tmp_path / "short.wav", wave[: 9 * 8000], rate, "FLOAT")
    itself, told = load("tiny_by_speaker"), load("tiny_by_speaker")
    told.enrol([(part, rate) for part in np.split(wave, 12) if part.any()])
    expected = told.answer(long, 0.5)
    answer = itself.answer(long, 0.5, enrol_itself=True)
    assert [one.speech for one in answer.windows].count(True) == 10
    for one, other in zip(answer.windows, expected.windows, strict=True):
        assert (one.start, one.end, one.speech) == (other.start, other.end, other.speech)
        assert one.scores == (other.scores and pytest.approx(other.scores, abs=1e-6))
    assert any("recording's own 10 windows with speech" in note for note in answer.notes)
    average = itself.answer(short, 0.5)  # and nobody stays enrolled
    few = itself.answer(short, 0.5, enrol_itself=True)
    assert few.windows == average.windows
    assert any("knows 7 windows of this one, fewer than 8" in note for note in few.notes)
    assert any("knows 0 clips of this one" in note for note in average.notes)


def test_nobody_is_enrolled_in_another_system(box: Box) -> None:
    svm = load("tiny_svm")
    for enrol in (svm.enrol, lambda clips: svm.answer(clips[0], enrol_itself=True)):
        with pytest.raises(PipelineError, match="tiny_svm is not standardised by speaker"):
            enrol([Path("unread.wav")])
