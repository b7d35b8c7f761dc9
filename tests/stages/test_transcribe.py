"""The transcribe stage: gold, the real Whisper code, and clips that are not there."""

import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
from ruamel.yaml import YAML

from pipeline.core.errors import PipelineError
from pipeline.core.paths import feature_plan_path, index_path, manifest_path, transcripts_path
from pipeline.core.schemas import INDEX
from pipeline.core.tables import read_table, write_json, write_table
from pipeline.stages import transcribe


@pytest.fixture
def workplace(tmp_path, root, monkeypatch):
    """A corpus of two clips on disk, one of them quarantined."""
    shutil.copy(root / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "corpora"))
    (tmp_path / "corpora" / "demo_tess").mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 0.1, 8000)
    soundfile.write(tmp_path / "corpora" / "demo_tess" / "a.wav", noise, 16000)
    write_json(manifest_path("demo_tess"), {"source": "disk", "tree": "x"})
    write_json(feature_plan_path("transcripts", "demo_tess"), {"needed": True})
    write_index(["Say the word back.", "Say the word bar."])
    return tmp_path


def write_index(texts):
    table = pd.DataFrame(
        {
            "utterance_id": ["demo_tess/a", "demo_tess/b"],
            "path": ["a.wav", "b.wav"],
            "audio_hash": ["1", "2"],
            "text": texts,
            "status": ["ok", "quarantined"],
        }
    )
    write_table(index_path("demo_tess"), table.reindex(columns=INDEX.names), INDEX)


def set_asr(folder, **values):
    yaml = YAML()
    params = yaml.load(folder / "params.yaml")
    params["asr"].update(values)
    yaml.dump(params, folder / "params.yaml")


def test_gold_text_of_the_readable_clips(workplace):
    transcribe.main("demo_tess")
    table = read_table(transcripts_path("demo_tess"))
    assert table[["utterance_id", "text", "source"]].values.tolist() == [
        ["demo_tess/a", "Say the word back.", "gold"]
    ]


def test_whisper_says_which_model(workplace, micro_whisper):
    set_asr(workplace, source="whisper", model=str(micro_whisper), max_tokens=4)
    transcribe.main("demo_tess")
    table = read_table(transcripts_path("demo_tess"))
    assert table["source"].tolist() == ["whisper:micro.pt"]
    assert table["language"].tolist() == ["en"]


def test_no_model_is_an_error(workplace):
    set_asr(workplace, source="whisper", model="nano")
    with pytest.raises(PipelineError, match="'nano': no such file"):
        transcribe.main("demo_tess")


def test_gold_needs_texts(workplace):
    write_index([None, None])
    with pytest.raises(PipelineError, match="has no texts of its own"):
        transcribe.main("demo_tess")


def test_a_corpus_that_is_not_needed_has_no_rows(workplace):
    write_json(feature_plan_path("transcripts", "demo_tess"), {"needed": False})
    transcribe.main("demo_tess")
    assert len(read_table(transcripts_path("demo_tess"))) == 0


def test_audio_that_is_gone_is_an_error(workplace, micro_whisper):
    set_asr(workplace, source="whisper", model=str(micro_whisper))
    shutil.rmtree(workplace / "corpora" / "demo_tess")
    with pytest.raises(PipelineError, match="name the folder that holds it in SER_CORPORA"):
        transcribe.main("demo_tess")
