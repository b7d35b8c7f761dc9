"""The store's digest: complete, of the study's own rows, and blind to all others."""

import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.params import load_params
from pipeline.core.paths import split_path, transcripts_path
from pipeline.core.schemas import SPLIT, TRANSCRIPTS
from pipeline.core.tables import write_table
from pipeline.stages.store import digest_store

STUDY = "multimodal_er"  # in the demo profile: demo_tess and demo_dialogue


@pytest.fixture
def params(root, tmp_path, monkeypatch):
    loaded = load_params(root / "params.yaml")
    monkeypatch.chdir(tmp_path)
    return loaded


def split(names):
    table = pd.DataFrame({"utterance_id": names}).reindex(columns=SPLIT.names).assign(fold=0)
    write_table(split_path(STUDY), table, SPLIT)


def transcripts(corpus, keys):
    table = pd.DataFrame({"utterance_id": keys.keys(), "key": keys.values()})
    write_table(transcripts_path(corpus), table.reindex(columns=TRANSCRIPTS.names), TRANSCRIPTS)


def test_rows_of_other_utterances_do_not_count(params):
    split(["demo_tess/a", "demo_dialogue/b"])
    transcripts("demo_dialogue", {"demo_dialogue/b": "2"})
    transcripts("demo_tess", {"demo_tess/a": "1", "demo_tess/unused": "3"})
    before = digest_store(params, "transcripts", STUDY)
    transcripts("demo_tess", {"demo_tess/a": "1", "demo_tess/unused": "4"})
    assert digest_store(params, "transcripts", STUDY) == before
    assert before["n_rows"] == 2


def test_a_changed_row_changes_it(params):
    split(["demo_tess/a"])
    transcripts("demo_dialogue", {})
    transcripts("demo_tess", {"demo_tess/a": "1"})
    before = digest_store(params, "transcripts", STUDY)
    transcripts("demo_tess", {"demo_tess/a": "2"})
    assert digest_store(params, "transcripts", STUDY) != before


def test_a_missing_row_is_named(params):
    split(["demo_tess/a", "demo_tess/b"])
    transcripts("demo_dialogue", {})
    transcripts("demo_tess", {"demo_tess/a": "1"})
    with pytest.raises(PipelineError, match=r"'transcripts' lacks 1 of the 2 utterances.*demo_tess/b"):
        digest_store(params, "transcripts", STUDY)
