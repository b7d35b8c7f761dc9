"""A store's digests: complete, blind to what a split does not use, and with the copies that it trains on."""

import pandas as pd
import pytest

from pipeline.config.plans import StoredStudy
from pipeline.core.errors import PipelineError
from pipeline.core.paths import features_path, split_path, store_path
from pipeline.core.schemas import SPLIT
from pipeline.core.tables import read_json, write_table
from pipeline.features.stores import complete_store, feature_keys

KEYS = {"a/1": "k1", "a/2": "k2", "b/1": "k3", "a/unused": "k4"}
COPY, OTHER_COPY = "a/1#noise=0.0050@42", "a/1#noise=0.0060@42"


@pytest.fixture(autouse=True)
def splits(tmp_path, monkeypatch):
    """Two splits of a study, one of which trains on a copy of a clip, in two folds."""
    monkeypatch.chdir(tmp_path)
    write_split(["a/1", "a/2", "b/1"], "main")
    write_split(["a/1", COPY, "a/2", "b/1"], "augmented")


def write_split(examples, variant, n_folds=2):
    parts = pd.Series(examples).str.split("#", expand=True).reindex(columns=[0, 1])
    table = pd.DataFrame({"example_id": examples, "utterance_id": parts[0], "transform": parts[1]})
    table = table.assign(corpus=parts[0].str[0], split="train")
    folds = pd.concat([table.assign(fold=fold) for fold in range(n_folds)])
    write_table(split_path("study", variant), folds.reindex(columns=SPLIT.names), SPLIT)


def complete(keys=KEYS, copy=None, variants=("main", "augmented")):
    """Complete a store; return what it says of each variant."""
    stored = StoredStudy(corpora=["a", "b"], variants=list(variants))
    complete_store("vectors", "study", stored, pd.Series(keys), {"pretrained": True}, copy)
    return {variant: read_json(store_path("vectors", "study", variant)) for variant in variants}


def test_it_says_how_many_rows_a_split_uses_and_the_facts():
    stores = complete()
    assert {name: store["n_rows"] for name, store in stores.items()} == {"main": 3, "augmented": 4}
    assert all(store["pretrained"] is True for store in stores.values())


def test_rows_of_other_utterances_do_not_count():
    assert complete({**KEYS, "a/unused": "changed"}) == complete()


def test_a_changed_row_changes_the_digest():
    assert complete({**KEYS, "b/1": "changed"})["main"]["digest"] != complete()["main"]["digest"]


def test_the_order_of_rows_does_not_count():
    before = complete()
    write_split(["b/1", "a/2", "a/1"], "main")
    assert complete(dict(reversed(KEYS.items()))) == before


def test_a_missing_row_is_named():
    keys = {name: key for name, key in KEYS.items() if name != "b/1"}
    with pytest.raises(
        PipelineError,
        match=r"feature set 'vectors', for split 'main' of study 'study', lacks 1 of 3 .* as b/1: run",
    ):
        complete(keys)


def test_without_copies_of_its_own_a_copy_has_the_row_of_its_original():
    before = complete()["augmented"]
    assert complete({**KEYS, "a/1": "changed"})["augmented"] != before


def test_copies_of_all_splits_are_made_at_once():
    write_split(["a/1", "a/2", OTHER_COPY], "oversampled")
    came = []

    def copy(study, corpora, copies, keys):
        came.append((study, corpora, copies["example_id"].tolist(), keys.to_dict()))
        return {example: f"key of {example}" for example in copies["example_id"]}

    complete(copy=copy, variants=("main", "augmented", "oversampled"))
    assert came == [("study", ["a", "b"], [COPY, OTHER_COPY], KEYS)]


def test_a_changed_copy_changes_its_split_and_no_other():
    before = complete(copy=lambda study, corpora, copies, keys: {COPY: "one"})
    after = complete(copy=lambda study, corpora, copies, keys: {COPY: "two"})
    assert after["main"] == before["main"]
    assert after["augmented"] != before["augmented"]


def test_no_copies_are_made_where_no_split_has_any():
    def copy(study, corpora, copies, keys):
        raise AssertionError("there is nothing to copy")

    assert complete(copy=copy, variants=["main"])["main"]["n_rows"] == 3


def test_keys_are_those_of_all_corpora():
    for corpus, ids in (("a", ["a/1", "a/2"]), ("b", ["b/1"])):
        path = features_path("vectors", corpus)
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame({"utterance_id": ids, "key": [KEYS[name] for name in ids]}).to_parquet(path)
    assert feature_keys("vectors", ["a", "b"]).to_dict() == {
        name: KEYS[name] for name in ("a/1", "a/2", "b/1")
    }
    assert feature_keys("vectors", []).empty
