"""The store of the transcripts, and of a feature set that is made of them: a copy says what its original says."""

import shutil

import numpy as np
import pandas as pd
import pytest

from pipeline.config.plans import StoredStudy, StorePlan, write_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import (
    copies_path,
    feature_facts_path,
    features_path,
    split_path,
    store_facts_path,
    store_path,
    transcripts_path,
)
from pipeline.core.schemas import SPLIT, TRANSCRIPTS
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.features.shards import load_features, shard_schema, write_shard
from pipeline.stages import store_text

NAME = "bert_made_up"
COPY = "a/1#pitch_shift=1.2000@42"
TEXTS = {"a/1": "Go.", "a/2": "Come.", "b/1": "Stay."}
FLOAT = np.dtype(np.float32)


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """Two splits of two corpora, one of which trains on a copy of a clip; transcripts, and vectors of them."""
    monkeypatch.chdir(tmp_path)
    write_split(["a/1", "a/2", "b/1"], "main")
    write_split(["a/1", COPY, "a/2"], "augmented")
    stored = StoredStudy(corpora=["a", "b"], variants=["main", "augmented"])
    for name in (NAME, "transcripts"):
        write_plan(StorePlan(code="1", studies={"study": stored}), "store", name)
    write_texts(TEXTS)
    write_json(feature_facts_path(NAME), {"feature_set": NAME, "corpora": ["a", "b"], "pretrained": False})


def write_split(examples, variant):
    parts = pd.Series(examples).str.split("#", expand=True).reindex(columns=[0, 1])
    table = pd.DataFrame({"example_id": examples, "utterance_id": parts[0], "transform": parts[1]})
    table = table.assign(corpus=parts[0].str[0], fold=0, split="train")
    write_table(split_path("study", variant), table.reindex(columns=SPLIT.names), SPLIT)


def write_texts(texts):
    """Write transcripts, and a vector of each that is its text's length."""
    table = pd.DataFrame({"utterance_id": texts.keys(), "text": texts.values(), "key": texts.values()})
    write_table(transcripts_path(), table.reindex(columns=TRANSCRIPTS.names), TRANSCRIPTS)
    for corpus in "ab":
        rows = [
            (name, f"key of {text}", np.full(2, len(text), FLOAT))
            for name, text in texts.items()
            if name[0] == corpus
        ]
        write_shard(features_path(NAME, corpus), rows, shard_schema(FLOAT, None))


def stores(name):
    """Run the stage; return what it writes of each split."""
    store_text.main(name)
    return {variant: read_json(store_path(name, "study", variant)) for variant in ("main", "augmented")}


@pytest.mark.parametrize("name", [NAME, "transcripts"])
def test_every_split_has_its_rows(name, caplog):
    caplog.set_level("INFO")
    assert {variant: facts["n_rows"] for variant, facts in stores(name).items()} == {
        "main": 3,
        "augmented": 3,
    }
    assert read_json(store_facts_path(name)) == {"feature_set": name, "studies": ["study"]}
    assert f"store: {name} is complete for 1 studies" in caplog.messages


@pytest.mark.parametrize("name", [NAME, "transcripts"])
def test_another_text_changes_the_digest_of_its_splits_and_no_other(name):
    before = stores(name)
    write_texts({**TEXTS, "b/1": "Stay here."})
    after = stores(name)
    assert after["main"]["digest"] != before["main"]["digest"]
    assert after["augmented"] == before["augmented"]


def test_transcripts_have_no_rows_of_copies():
    stores("transcripts")
    assert not copies_path("transcripts", "study").exists()


def test_a_copy_of_a_clip_has_the_vector_and_the_key_of_its_original():
    stores(NAME)
    shards = [features_path(NAME, "a"), copies_path(NAME, "study")]
    (original, copy), _ = load_features(NAME, shards, ["a/1", COPY])
    np.testing.assert_array_equal(copy, original)
    copies = read_table(copies_path(NAME, "study"))
    assert copies[["utterance_id", "key"]].values.tolist() == [[COPY, "key of Go."]]


@pytest.mark.parametrize("pretrained", [True, False])
def test_it_says_whether_weights_were_published(pretrained):
    write_json(feature_facts_path(NAME), {"pretrained": pretrained})
    assert {facts["pretrained"] for facts in stores(NAME).values()} == {pretrained}
    assert "pretrained" not in stores("transcripts")["main"]


@pytest.mark.parametrize("name", [NAME, "transcripts"])
def test_an_utterance_without_a_text_is_named(name):
    write_texts({text: TEXTS[text] for text in ("a/1", "a/2")})
    with pytest.raises(PipelineError, match=rf"'{name}', for split 'main' .* lacks 1 of 3 .* as b/1"):
        store_text.main(name)


def test_a_feature_set_of_no_study_is_complete():
    write_plan(StorePlan(code="1", studies={}), "store", NAME)
    shutil.rmtree(features_path(NAME, "a").parent)
    store_text.main(NAME)
    assert read_json(store_facts_path(NAME))["studies"] == []
