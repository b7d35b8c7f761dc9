"""The transcribe stage: gold, the real Whisper code, and clips that are not there."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.config.asr import Asr
from pipeline.config.plans import TranscribePlan, write_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import clips_path, manifest_path, transcription_path, transcripts_path
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.stages import transcribe
from pipeline.stages.clips import WITH_TEXT
from tests.scale.clips import hash_of


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A corpus of one clip on disk, whose own texts are read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "corpora"))
    (tmp_path / "corpora" / "demo_tess").mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 0.1, 8000)
    soundfile.write(tmp_path / "corpora" / "demo_tess" / "a.wav", noise, 16000)
    write_json(manifest_path("demo_tess"), {"source": "disk", "tree": "x"})
    write_clips({"demo_tess/a": "Say the word back."})
    plan(gold=["demo_tess"])
    return tmp_path


def write_clips(texts):
    table = pd.DataFrame({"utterance_id": texts.keys(), "text": texts.values()}, dtype=str)
    names = table["utterance_id"].str.split("/", expand=True).reindex(columns=[0, 1]).astype(str)
    sound = hash_of(Path("corpora/demo_tess/a.wav"))
    table = table.assign(corpus=names[0], path=names[1] + ".wav", audio_hash=sound)
    write_table(clips_path("transcripts"), table, WITH_TEXT)


def plan(gold=(), model="base"):
    """Say whose own texts are read, and what decodes the others."""
    asr = Asr(
        source=None,
        gold=[],
        studies=[],
        model=model,
        language="en",
        beam_size=None,
        max_tokens=4,
        window=15,
        no_speech=0.6,
        batch_size=8,
    )
    write_plan(TranscribePlan(code="1", asr=asr, gold_corpora=[*gold]), "transcribe")


def test_gold_text(workplace):
    transcribe.main()
    table = read_table(transcripts_path())
    assert table[["utterance_id", "text", "source"]].values.tolist() == [
        ["demo_tess/a", "Say the word back.", "gold"]
    ]
    assert read_json(transcription_path()) == {"demo_tess": {"source": "gold", "clips": 1, "empty": 0.0}}


def test_whisper_says_which_model(workplace, micro_whisper):
    plan(model=str(micro_whisper))
    transcribe.main()
    table = read_table(transcripts_path())
    assert table["source"].tolist() == ["whisper:micro.pt"]
    assert table["language"].tolist() == ["en"]
    assert table["no_speech"].between(0, 1).all()
    assert table["truncated"].tolist() == [True]  # random weights never end a text
    facts = read_json(transcription_path())["demo_tess"]
    assert (facts["source"], facts["clips"], facts["truncated"]) == ("whisper:micro.pt", 1, 1.0)
    assert facts["word_error_rate"] >= 0.5


def test_no_model_is_an_error(workplace):
    plan(model="nano")
    with pytest.raises(PipelineError, match="'nano': no such file"):
        transcribe.main()


def test_own_texts_of_some_corpora(workplace, micro_whisper):
    write_clips({"demo_tess/a": "Say the word back.", "demo_dialogue/b": "And what did you do?"})
    plan(gold=["demo_dialogue"], model=str(micro_whisper))
    transcribe.main()
    table = read_table(transcripts_path()).set_index("utterance_id")
    assert table["source"].to_dict() == {"demo_dialogue/b": "gold", "demo_tess/a": "whisper:micro.pt"}
    assert table.loc["demo_dialogue/b", "text"] == "And what did you do?"


def test_gold_needs_texts(workplace):
    write_clips({"demo_tess/a": "Say the word back.", "demo_ravdess/a": None})
    plan(gold=["demo_tess", "demo_ravdess"])
    with pytest.raises(PipelineError, match="'demo_ravdess' has no texts of its own"):
        transcribe.main()


def test_without_clips_there_are_no_rows(workplace):
    write_clips({})
    transcribe.main()
    assert len(read_table(transcripts_path())) == 0


def test_audio_that_is_gone_is_an_error(workplace, micro_whisper):
    plan(model=str(micro_whisper))
    shutil.rmtree(workplace / "corpora" / "demo_tess")
    with pytest.raises(PipelineError, match="name the folder that holds it in SER_CORPORA"):
        transcribe.main()
