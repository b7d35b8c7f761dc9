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


def plan(gold=(), model="base", texts=None):
    """Say whose own texts are read, and what decodes the others."""
    asr = Asr(
        source=None,
        gold=[],
        texts=texts or {},
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


@pytest.fixture
def table(workplace):
    """Two clips, of which one corpus has a table of texts."""
    write_clips({"demo_tess/a": "Say the word back.", "demo_dialogue/b": "And what did you do?"})
    path = workplace / "heard.csv"
    plan(gold=["demo_dialogue"], texts={"demo_tess": str(path)})
    return path


def test_texts_of_another_recogniser(table, caplog):
    table.write_text("utterance_id;text;model\ndemo_tess/a;say the word, bag;DS2\ndemo_tess/z;no clip;DS2\n")
    transcribe.main()
    rows = read_table(transcripts_path()).set_index("utterance_id")
    assert rows["source"].to_dict() == {"demo_dialogue/b": "gold", "demo_tess/a": "table:heard.csv"}
    assert rows.loc["demo_tess/a", "text"] == "say the word, bag"
    assert "1 rows are of no clip of demo_tess that is read, such as demo_tess/z" in caplog.text
    facts = read_json(transcription_path())["demo_tess"]
    assert facts == {
        "source": "table:heard.csv",
        "clips": 1,
        "empty": 0.0,
        "repeated": 0.0,
        "reference_clips": 1,
        "word_error_rate": 0.25,
    }


def test_another_text_is_another_row(table):
    keys = set()
    for text in ("say", "said", ""):
        path = table.with_suffix(".parquet")
        pd.DataFrame({"utterance_id": ["demo_tess/a"], "text": [text or None]}).to_parquet(path)
        plan(gold=["demo_dialogue"], texts={"demo_tess": str(path)})
        transcribe.main()
        rows = read_table(transcripts_path()).set_index("utterance_id")
        assert rows.loc["demo_tess/a", "text"] == text
        keys.add(rows.loc["demo_tess/a", "key"])
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"asr\.texts\.demo_tess: .*heard\.csv is not there"),
        (
            "utterance_id,text\na,say\n",
            "1 of 1 clips of demo_tess have no row, such as demo_tess/a;.* as a",
        ),
        ("utterance_id,text\ndemo_tess/a,say\ndemo_tess/a,sai\n", "stand there twice, such as demo_tess/a"),
        ("clip,text\ndemo_tess/a,say\n", "asr.texts: .*utterance_id"),
    ],
    ids=["no file", "missing", "twice", "other columns"],
)
def test_a_table_that_does_not_fit_is_told(table, content, message):
    if content is not None:
        table.write_text(content)
    with pytest.raises(PipelineError, match=message):
        transcribe.main()
