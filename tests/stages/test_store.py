"""The store: complete, blind to what a split does not use, and with the augmented copies that it trains on."""

import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError
from pipeline.core.paths import (
    clips_path,
    copies_path,
    features_path,
    manifest_path,
    split_path,
    store_path,
    transcripts_path,
)
from pipeline.core.schemas import CLIPS, SPLIT, TRANSCRIPTS
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.features.compute import row_key, settings_digest
from pipeline.features.registry import load_kind
from pipeline.features.shards import load_features
from pipeline.stages import features, store
from tests.features.examples import SETTINGS

STUDY = "utbm"  # in the demo profile: demo_ravdess and demo_tess
COPY = "demo_tess/a#pitch_shift=1.2000@42"


@pytest.fixture
def workplace(root, tmp_path, monkeypatch):
    """A study of two clips of noise in one corpus, and a feature set for it and the copies of its training part."""
    shutil.copy(root / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_CORPORA", str(tmp_path / "corpora"))
    monkeypatch.setenv("SER_WORKERS", "1")
    for corpus in ("demo_tess", "demo_ravdess"):
        (tmp_path / "corpora" / corpus).mkdir(parents=True)
        write_json(manifest_path(corpus), {"source": "disk"})
    for seed, name in enumerate("ab"):
        noise = np.random.default_rng(seed).normal(0, 0.1, 8000)
        soundfile.write(tmp_path / "corpora" / "demo_tess" / f"{name}.wav", noise, 16000)
    for variant in load_params().studies[STUDY].variant_names:
        write_split(["demo_tess/a", "demo_tess/b"], variant)
    return tmp_path


def write_split(examples, variant="main"):
    table = pd.DataFrame({"example_id": examples})
    parts = table["example_id"].str.split("#", expand=True).reindex(columns=[0, 1])
    table = table.assign(utterance_id=parts[0], transform=parts[1], corpus="demo_tess", fold=0, split="train")
    write_table(split_path(STUDY, variant), table.reindex(columns=SPLIT.names), SPLIT)


def write_transcripts(keys):
    table = pd.DataFrame({"utterance_id": keys.keys(), "key": keys.values()})
    write_table(transcripts_path(), table.reindex(columns=TRANSCRIPTS.names), TRANSCRIPTS)


def digest(feature_set="transcripts", variant="main"):
    variants = load_params().input_variants(feature_set, STUDY)
    store.complete_store(feature_set, STUDY, ["demo_ravdess", "demo_tess"], variants)
    return read_json(store_path(feature_set, STUDY, variant))


def test_rows_of_other_utterances_do_not_count(workplace):
    write_transcripts({"demo_tess/a": "1", "demo_tess/b": "2", "demo_tess/unused": "3"})
    before = digest()
    write_transcripts({"demo_tess/a": "1", "demo_tess/b": "2", "demo_tess/unused": "4"})
    assert digest() == before
    assert before["n_rows"] == 2


def test_a_changed_row_changes_it(workplace):
    write_transcripts({"demo_tess/a": "1", "demo_tess/b": "2"})
    before = digest()
    write_transcripts({"demo_tess/a": "1", "demo_tess/b": "3"})
    assert digest() != before


def test_a_missing_row_is_named(workplace):
    write_transcripts({"demo_tess/a": "1"})
    with pytest.raises(
        PipelineError, match=r"'transcripts', for split 'main' of study 'utbm', lacks 1 of 2 .*demo_tess/b"
    ):
        digest()


def test_a_copy_says_what_its_original_says(workplace):
    write_split(["demo_tess/a", COPY, "demo_tess/b"], "oversampled")
    write_transcripts({"demo_tess/a": "1", "demo_tess/b": "2"})
    assert digest(variant="oversampled")["n_rows"] == 3
    assert not copies_path("transcripts", STUDY).exists()


@pytest.fixture
def feature_set(workplace):
    """The features of the two clips, and a split that trains on a copy of one."""
    params = load_params()
    name = next(name for name, s in params.feature_sets.items() if f"{STUDY}/oversampled" in s.studies)
    plan = {"kind": "mfcc", "corpora": ["demo_ravdess", "demo_tess"], "settings": SETTINGS["mfcc"]}
    write_json(plan_path("features", name), plan)
    rows = [("demo_tess/a", "demo_tess", "a.wav", "1"), ("demo_tess/b", "demo_tess", "b.wav", "2")]
    write_table(clips_path(name), pd.DataFrame(rows, columns=CLIPS.names), CLIPS)
    features.main(name)
    write_split(["demo_tess/a", COPY, "demo_tess/b"], "oversampled")
    return name


def test_copies_are_made_for_the_split_that_trains_on_them(feature_set):
    assert digest(feature_set, "oversampled")["n_rows"] == 3
    assert digest(feature_set, "main")["n_rows"] == 2
    shards = [features_path(feature_set, "demo_tess"), copies_path(feature_set, STUDY)]
    (original, copy), _ = load_features(feature_set, shards, ["demo_tess/a", COPY])
    assert original.shape == copy.shape
    assert not np.allclose(original, copy)


def test_copies_have_keys_of_their_own(feature_set):
    digest(feature_set)
    (key,) = read_table(copies_path(feature_set, STUDY), ["key"])["key"]
    settings = load_kind("mfcc").Settings(**SETTINGS["mfcc"])
    assert key == f"{settings_digest('mfcc', settings)}-{row_key('1#pitch_shift=1.2000@42')}"


def test_another_copy_changes_its_split_and_no_other(feature_set):
    before = {variant: digest(feature_set, variant) for variant in ("main", "oversampled")}
    write_split(["demo_tess/a", "demo_tess/b", COPY.replace("1.2", "1.3")], "oversampled")
    after = {variant: digest(feature_set, variant) for variant in before}
    assert after["main"] == before["main"]
    assert after["oversampled"] != before["oversampled"]
