"""A corpus's transcripts: gold or Whisper, cached by content."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.config.asr import Asr
from pipeline.core.errors import PipelineError
from pipeline.core.row_cache import digest
from pipeline.transcription import corpus as module
from pipeline.transcription.corpus import whisper_transcripts
from pipeline.transcription.decode import Decoding
from pipeline.transcription.given_texts import gold_transcripts
from tests.scale.clips import hash_of


@pytest.fixture
def clips(tmp_path, monkeypatch):
    """Three clips under two names: DC/a01 and JE/a01 differ, JE/copy is DC/a01 again."""
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    generator = np.random.default_rng(0)
    waves = {"a": generator.normal(0, 0.1, 8000), "b": generator.normal(0, 0.3, 6000)}
    rows = [("DC/a01", "a"), ("JE/a01", "b"), ("JE/copy", "a")]
    for path, content in rows:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / f"{path}.wav", waves[content], 16000)
    return pd.DataFrame(
        {
            "utterance_id": [f"savee/{path}" for path, _ in rows],
            "file": [tmp_path / f"{path}.wav" for path, _ in rows],
            "audio_hash": [hash_of(tmp_path / f"{path}.wav") for path, _ in rows],
            "text": ["Hello.", None, "Hello."],
        }
    )


def asr(model) -> Asr:
    return Asr(
        source="whisper",
        gold=[],
        studies=[],
        model=str(model),
        language="en",
        beam_size=None,
        max_tokens=4,
        window=15,
        no_speech=0.6,
        batch_size=2,
    )


def test_transcripts_are_keyed_by_content_not_by_name(clips, micro_whisper):
    table, n_computed = whisper_transcripts(clips, asr(micro_whisper))
    assert n_computed == 2
    assert table["key"].nunique() == 2
    assert table["text"][0] == table["text"][2]
    assert set(table["source"]) == {"whisper:micro.pt"}
    assert table["confidence"].between(0, 1).all()


def test_a_second_run_computes_nothing(clips, micro_whisper, monkeypatch):
    first, _ = whisper_transcripts(clips, asr(micro_whisper))
    monkeypatch.setattr(module, "decode", None)
    second, n_computed = whisper_transcripts(clips, asr(micro_whisper))
    assert n_computed == 0
    pd.testing.assert_frame_equal(first, second)


def test_a_clip_that_changed_since_the_index_is_an_error_and_fills_no_cache(clips, micro_whisper):
    path = clips["file"][1]
    indexed = path.read_bytes()
    soundfile.write(path, np.zeros(6000), 16000)
    with pytest.raises(
        PipelineError, match=r"JE/a01\.wav has other sound than when it was indexed: `dvc repro"
    ):
        whisper_transcripts(clips, asr(micro_whisper))
    path.write_bytes(indexed)
    assert whisper_transcripts(clips, asr(micro_whisper))[1] == 2


def test_one_clip_more_costs_one_clip(clips, micro_whisper, monkeypatch):
    whisper_transcripts(clips[:1], asr(micro_whisper))
    computed, real = [], module.decode
    monkeypatch.setattr(
        module, "decode", lambda model, waves, how: computed.extend(waves) or real(model, waves, how)
    )
    assert whisper_transcripts(clips, asr(micro_whisper))[1] == len(computed) == 1


@pytest.mark.parametrize(
    "change",
    [{"language": None}, {"beam_size": 2}, {"max_tokens": 3}, {"window": 30}, {"no_speech": 0.5}],
    ids=str,
)
def test_what_decides_a_text_is_in_its_key(clips, micro_whisper, change):
    before, _ = whisper_transcripts(clips[:1], asr(micro_whisper))
    after, n_computed = whisper_transcripts(clips[:1], asr(micro_whisper).model_copy(update=change))
    assert n_computed == 1
    assert before["key"][0] != after["key"][0]


def test_half_precision_has_keys_of_its_own():
    single, half = (Decoding.of(asr("base"), device) for device in ("cpu", "cuda:1"))
    assert (single.precision, half.precision) == ("float32", "float16")
    assert digest(vars(single)) != digest(vars(half))


def test_all_threads_compute(clips, micro_whisper, monkeypatch):
    import torch

    real, threads = module.decode, []

    def count(*arguments):
        threads.append(torch.get_num_threads())
        return real(*arguments)

    monkeypatch.setenv("SER_WORKERS", "2")
    monkeypatch.setattr(module, "decode", count)
    whisper_transcripts(clips, asr(micro_whisper))
    assert threads == [2]


def test_a_killed_run_loses_one_batch_at_most(clips, micro_whisper, monkeypatch):
    real, calls = module.decode, []

    def die_on_second(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    one_each = asr(micro_whisper).model_copy(update={"batch_size": 1})
    monkeypatch.setattr(module, "decode", die_on_second)
    with pytest.raises(KeyboardInterrupt):
        whisper_transcripts(clips, one_each)
    monkeypatch.setattr(module, "decode", real)
    assert whisper_transcripts(clips, one_each)[1] == 1


def test_gold_is_the_corpus_own_text(clips):
    table = gold_transcripts(clips)
    assert table["text"].tolist() == ["Hello.", "", "Hello."]
    assert table["key"][0] == table["key"][2] != table["key"][1]
    assert set(table["source"]) == {"gold"}
