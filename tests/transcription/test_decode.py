"""Batched decoding with the real Whisper code on random weights."""

import numpy as np
import pytest

from pipeline.transcription.decode import RATE, WINDOW, decode, windows
from pipeline.transcription.weights import load_whisper

OPTIONS = {"language": "en", "beam_size": None, "max_tokens": 4}


@pytest.fixture(scope="module")
def model(micro_whisper):
    return load_whisper(str(micro_whisper), "cpu")


@pytest.fixture(scope="module")
def waves():
    generator = np.random.default_rng(0)
    return [generator.normal(0, 0.1, size).astype(np.float32) for size in (RATE, RATE // 2, 1)]


@pytest.mark.parametrize(("samples", "count"), [(0, 1), (1, 1), (WINDOW, 1), (WINDOW + 1, 2)])
def test_long_clips_are_cut_into_windows(samples, count):
    assert len(windows(np.zeros(samples, np.float32))) == count


def test_a_batch_equals_its_clips_alone(model, waves):
    together = decode(model, waves, **OPTIONS)
    alone = [decode(model, [wave], **OPTIONS)[0] for wave in waves]
    assert [one.text for one in together] == [one.text for one in alone]
    np.testing.assert_allclose(
        [one.confidence for one in together], [one.confidence for one in alone], atol=1e-5
    )


def test_it_equals_whispers_own_decoding(model, waves):
    import whisper

    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(waves[0]))
    own = whisper.decode(
        model, mel, whisper.DecodingOptions(language="en", sample_len=4, without_timestamps=True, fp16=False)
    )
    ours = decode(model, waves[:1], **OPTIONS)[0]
    assert ours.text == own.text.strip()
    assert ours.confidence == pytest.approx(np.exp(own.avg_logprob), abs=1e-5)


def test_the_language_is_detected_where_none_is_given(model, waves):
    assert len(decode(model, waves[:1], **{**OPTIONS, "language": None})[0].language) >= 2


def test_a_long_clip_joins_its_windows(model):
    wave = np.random.default_rng(1).normal(0, 0.1, WINDOW + RATE).astype(np.float32)
    whole = decode(model, [wave], **OPTIONS)[0]
    parts = decode(model, windows(wave), **OPTIONS)
    assert whole.text == " ".join(part.text for part in parts).strip()
