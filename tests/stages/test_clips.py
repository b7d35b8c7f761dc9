"""The list of audio that stands between the indexes and the features."""

import shutil

import pandas as pd
import pytest

from pipeline.core.paths import clips_path, index_path
from pipeline.core.schemas import INDEX
from pipeline.core.tables import read_table, write_table
from pipeline.stages import clips, plan


@pytest.fixture(autouse=True)
def workplace(tmp_path, root, monkeypatch):
    shutil.copy(root / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    plan.main()
    for corpus in ("demo_ravdess", "demo_tess", "demo_dialogue"):
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


def test_readable_clips_of_the_corpora_that_need_it_sorted():
    clips.main()
    assert read_table(clips_path("mel_image_128"))["utterance_id"].tolist() == [
        "demo_ravdess/a",
        "demo_ravdess/b",
    ]


def test_a_corrected_label_changes_nothing():
    clips.main()
    before = clips_path("spectral_scalars").read_bytes()
    write_index("demo_ravdess", label=["happy", "sad", None], text=["Oh.", "A.", None])
    clips.main()
    assert clips_path("spectral_scalars").read_bytes() == before


def test_transcripts_have_the_texts():
    clips.main()
    table = read_table(clips_path("transcripts"))
    assert dict(zip(table["utterance_id"], table["text"], strict=True))["demo_tess/a"] == "A."


def test_a_feature_set_that_nobody_needs_has_no_clips():
    clips.main()
    assert len(read_table(clips_path("compare_functionals"))) == 0
