"""The list of audio that stands between the indexes and the features."""

import pandas as pd
import pytest

from pipeline.config.plans import ClipsPlan, write_plan
from pipeline.core.paths import clips_path, index_path
from pipeline.core.schemas import INDEX
from pipeline.core.tables import read_table, write_table
from pipeline.stages import clips

FEATURE_SETS = {"of_one": ["demo_ravdess"], "of_two": ["demo_ravdess", "demo_tess"], "of_none": []}


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_plan(ClipsPlan(code="1", feature_sets=FEATURE_SETS, transcripts=["demo_tess"]), "clips")
    for corpus in ("demo_ravdess", "demo_tess"):
        write_index(corpus)


def write_index(corpus, **columns):
    rows = {
        "utterance_id": [f"{corpus}/b", f"{corpus}/a", f"{corpus}/c"],
        "path": ["b.wav", "a.wav", "c.wav"],
        "audio_hash": ["2", "1", None],
        "text": ["B.", "A.", None],
        "label": ["sad", "sad", None],
        "status": ["ok", "ok", "quarantined"],
    }
    table = pd.DataFrame({**rows, **columns})
    write_table(index_path(corpus), table.reindex(columns=INDEX.names), INDEX)


def test_readable_clips_of_the_corpora_that_need_it_sorted(caplog):
    caplog.set_level("INFO")
    clips.main()
    of_one = ["demo_ravdess/a", "demo_ravdess/b"]
    assert read_table(clips_path("of_one"))["utterance_id"].tolist() == of_one
    assert read_table(clips_path("of_two"))["utterance_id"].tolist() == [
        *of_one,
        "demo_tess/a",
        "demo_tess/b",
    ]
    assert caplog.messages == ["clips: of_one 2, of_two 4, transcripts 2"]


def test_a_corrected_label_changes_nothing():
    clips.main()
    before = clips_path("of_two").read_bytes()
    write_index("demo_ravdess", label=["happy", "sad", None], text=["Oh.", "A.", None])
    clips.main()
    assert clips_path("of_two").read_bytes() == before


def test_transcripts_have_the_texts():
    clips.main()
    table = read_table(clips_path("transcripts"))
    assert dict(zip(table["utterance_id"], table["text"], strict=True)) == {
        "demo_tess/a": "A.",
        "demo_tess/b": "B.",
    }


def test_a_feature_set_that_nobody_needs_has_no_clips():
    clips.main()
    assert len(read_table(clips_path("of_none"))) == 0
