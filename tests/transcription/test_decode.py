"""Batched decoding with the real Whisper code on random weights: windows, doubt, silence, long clips."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.transcription import decode as module
from pipeline.transcription.decode import RATE, WHOLE, Decoding, decode, is_repeated, pieces
from pipeline.transcription.weights import load_whisper

HOW = Decoding(language="en", beam_size=None, max_tokens=4, window=30, no_speech=0.6, precision="float32")
SHORT = replace(HOW, window=15)


@pytest.fixture(scope="module")
def model(micro_whisper):
    return load_whisper(str(micro_whisper), "cpu")


@pytest.fixture(scope="module")
def waves():
    generator = np.random.default_rng(0)
    return [generator.normal(0, 0.1, size).astype(np.float32) for size in (RATE, RATE // 2, 1, 0)]


@pytest.fixture
def heard(monkeypatch):
    """What is asked of Whisper, as (window, most tokens, seconds of each part); it answers as `says` has it."""
    asked = []

    def run(model, parts, how, window, max_tokens):
        if parts:
            asked.append((window, max_tokens, [len(part) / RATE for part in parts]))
        return [run.says[window] for _ in parts]

    run.says = {15: result("short"), 30: result("whole")}
    monkeypatch.setattr(module, "_run", run)
    return SimpleNamespace(asked=asked, says=run.says)


def result(text, **changes):
    """A result of Whisper's that nobody doubts, but for what is changed."""
    plain = {"tokens": [1, 2], "avg_logprob": -0.1, "no_speech_prob": 0.1}
    return SimpleNamespace(text=text, language="en", **{**plain, **changes})


def seconds(*lengths):
    return [np.zeros(round(length * RATE), np.float32) for length in lengths]


def test_a_batch_equals_its_clips_alone(model, waves):
    together = decode(model, waves, SHORT)
    alone = [decode(model, [wave], SHORT)[0] for wave in waves]
    assert [one.text for one in together] == [one.text for one in alone]
    for name in ("confidence", "no_speech"):
        values = [[getattr(one, name) for one in side] for side in (together, alone)]
        np.testing.assert_allclose(*values, atol=1e-5)


def test_it_equals_whispers_own_decoding(model, waves):
    import whisper

    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(waves[0]))
    options = whisper.DecodingOptions(language="en", sample_len=4, without_timestamps=True, fp16=False)
    own = whisper.decode(model, mel, options)
    ours = decode(model, waves[:1], HOW)[0]
    assert ours.text == own.text.strip()
    assert ours.confidence == pytest.approx(np.exp(own.avg_logprob), abs=1e-5)
    assert ours.no_speech == pytest.approx(own.no_speech_prob, abs=1e-5)


def test_the_short_window_is_that_of_a_model_with_fewer_positions(model, waves, monkeypatch):
    import whisper

    dims = whisper.ModelDimensions(**{**vars(model.dims), "n_audio_ctx": 750})
    half = whisper.Whisper(dims)
    state = model.state_dict()
    state["encoder.positional_embedding"] = state["encoder.positional_embedding"][:750]
    half.load_state_dict(state)
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(waves[0], 15 * RATE))
    options = whisper.DecodingOptions(language="en", sample_len=4, without_timestamps=True, fp16=False)
    own = whisper.decode(half, mel, options)
    monkeypatch.setattr(module, "_is_doubtful", lambda *_: False)
    ours = decode(model, waves[:1], SHORT)[0]
    assert ours.text == own.text.strip()
    assert ours.confidence == pytest.approx(np.exp(own.avg_logprob), abs=1e-5)
    assert ours != decode(model, waves[:1], HOW)[0]


def test_the_model_is_whole_again_after_an_error(model, waves, monkeypatch):
    def fail(*_args, **_options):
        assert len(model.encoder.positional_embedding) == model.dims.n_audio_ctx == 750
        raise KeyboardInterrupt

    monkeypatch.setattr("whisper.decode", fail)
    with pytest.raises(KeyboardInterrupt):
        decode(model, waves[:1], SHORT)
    assert len(model.encoder.positional_embedding) == model.dims.n_audio_ctx == 1500


def test_the_language_is_detected_where_none_is_given(model, waves):
    assert len(decode(model, waves[:1], replace(SHORT, language=None))[0].language) >= 2


def test_a_clip_is_heard_in_the_short_window_first(heard):
    assert decode(None, seconds(2, 3), SHORT)[0].text == "short"
    assert heard.asked == [(15, 4, [2, 3])]


def test_a_longer_clip_is_heard_in_whispers_own_window(heard):
    texts = [one.text for one in decode(None, seconds(15, 15.1, 2), SHORT)]
    assert texts == ["short", "whole", "short"]
    assert heard.asked == [(15, 4, [15, 2]), (30, 4, [15.1])]


@pytest.mark.parametrize(
    "doubt",
    [
        {"text": "Thank you. " * 20},
        {"avg_logprob": np.log(0.65)},
        {"no_speech_prob": 0.4},
        {"tokens": [1] * (8 + 6 * 2)},
    ],
    ids=str,
)
def test_what_is_doubtful_is_heard_again(heard, doubt):
    how = replace(SHORT, max_tokens=224)
    heard.says[15] = result(**{"text": "doubtful", **doubt})
    assert decode(None, seconds(2), how)[0].text == "whole"
    assert heard.asked == [(15, 20, [2]), (30, 224, [2])]


def test_a_clip_that_a_longer_one_leaves_more_tokens_is_judged_by_its_own(heard):
    """So that its text does not depend on what else is in its batch."""
    heard.says[15] = result("loop", tokens=[1] * 20)
    texts = [one.text for one in decode(None, seconds(2, 10), replace(SHORT, max_tokens=224))]
    assert texts == ["whole", "loop"]


def test_nobody_speaks(heard):
    heard.says[30] = result("you", no_speech_prob=0.95, avg_logprob=-0.5, tokens=[1] * 4)
    transcript = decode(None, seconds(2), HOW)[0]
    assert (transcript.text, transcript.confidence, transcript.no_speech) == ("", None, 0.95)
    assert not transcript.truncated


@pytest.mark.parametrize(("n_tokens", "truncated"), [(3, False), (4, True)])
def test_a_text_that_reaches_the_most_tokens_is_marked(heard, n_tokens, truncated):
    heard.says[30] = result("whole", tokens=[1] * n_tokens)
    assert decode(None, seconds(2), HOW)[0].truncated == truncated


def test_whisper_ends_a_text_at_the_most_tokens(model, waves):
    """Random weights never end one."""
    assert decode(model, waves[:1], HOW)[0].truncated


@pytest.mark.parametrize(("length", "n_pieces"), [(0, 1), (30, 1), (30.1, 2), (56, 2), (57, 3), (300, 11)])
def test_pieces_are_about_equally_long(length, n_pieces):
    cut = pieces(np.random.default_rng(0).normal(0, 0.1, round(length * RATE)).astype(np.float32))
    assert len(cut) == n_pieces
    assert sum(map(len, cut)) == round(length * RATE)
    assert all(abs(len(piece) / RATE - length / n_pieces) <= 2 for piece in cut)
    assert max(map(len, cut)) <= WHOLE * RATE


def test_a_long_clip_is_cut_where_it_is_quietest():
    wave = np.random.default_rng(0).normal(0, 0.1, 40 * RATE).astype(np.float32)
    pause = slice(round(20.6 * RATE), round(20.7 * RATE))
    wave[pause] = 0
    assert pause.start < len(pieces(wave)[0]) < pause.stop


def test_a_long_clip_joins_what_is_said_in_its_pieces(heard, monkeypatch):
    said = iter([result("One,"), result("you", no_speech_prob=0.95), result("two.", tokens=[1] * 4)])
    monkeypatch.setattr(module, "_run", lambda model, parts, *_: [next(said) for _ in parts])
    transcript = decode(None, seconds(80), HOW)[0]
    assert (transcript.text, transcript.no_speech, transcript.truncated) == ("One, two.", 0.1, True)


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        ("", False),
        ("Say the word back.", False),
        ("No, no.", False),
        ("Say the word back. Say the word back!", True),
        ("Thank you. " * 20, True),
    ],
)
def test_repeated(text, repeated):
    assert is_repeated(text) == repeated
