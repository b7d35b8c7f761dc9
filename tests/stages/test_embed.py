"""The embed stage: from transcripts to shards that stores and trainers read like any other."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipeline.config.plans import FeaturesPlan, write_plan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import feature_facts_path, features_path, transcripts_path
from pipeline.core.schemas import TRANSCRIPTS
from pipeline.core.tables import read_json, write_table
from pipeline.features.shards import load_features
from pipeline.stages import embed
from tests.bert_folder import save_bert

NAME = "bert_mean"
SETTINGS = {
    "model": "google-bert/bert-base-uncased@main",
    "max_tokens": 10,
    "random": {"hidden_size": 8, "layers": 1, "heads": 2, "intermediate": 8, "vocabulary": 500},
}
TEXTS = {"a/2": "Go away.", "a/1": "So sorry.", "b/1": "Go away.", "c/1": "Unused."}


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SER_DEVICE", "cpu")
    plan(["a", "b"])
    write_transcripts(TEXTS)


def plan(corpora: list[str], weights: Literal["random", "published"] = "random", **changes: object) -> None:
    """Say what the feature set is made of."""
    settings = {**SETTINGS, **changes}
    made_of = FeaturesPlan(
        code="1", kind="text_embedding", corpora=corpora, settings=settings, weights=weights
    )
    write_plan(made_of, "embed", NAME)


def write_transcripts(texts: dict[str, str]) -> None:
    table = pd.DataFrame({"utterance_id": texts.keys(), "text": texts.values(), "key": "k"})
    write_table(transcripts_path(), table.reindex(columns=TRANSCRIPTS.names), TRANSCRIPTS)


def shard(corpus: str) -> dict[str, list]:
    return pq.read_table(features_path(NAME, corpus)).to_pydict()


def test_a_shard_has_one_row_an_utterance_sorted() -> None:
    embed.main(NAME)
    rows = shard("a")
    assert rows["utterance_id"] == ["a/1", "a/2"]
    assert rows["shape"] == [[8], [8]]
    assert len(set(rows["key"])) == 2
    assert not features_path(NAME, "c").exists()


def test_equal_texts_have_equal_rows_in_all_corpora() -> None:
    embed.main(NAME)
    (first, other, copy), names = load_features(
        NAME, [features_path(NAME, corpus) for corpus in "ab"], ["a/2", "a/1", "b/1"]
    )
    assert names is None
    assert shard("a")["key"][1] == shard("b")["key"][0]
    np.testing.assert_array_equal(first, copy)
    assert not np.allclose(first, other)


def test_the_same_texts_give_the_same_bytes_from_any_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed.main(NAME)
    before = features_path(NAME, "a").read_bytes()
    embed.main(NAME)
    assert features_path(NAME, "a").read_bytes() == before
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "another"))
    embed.main(NAME)
    assert features_path(NAME, "a").read_bytes() == before


def test_one_line_of_counts_is_logged_for_each_corpus(caplog: pytest.LogCaptureFixture) -> None:
    write_transcripts({**TEXTS, "a/3": "Go away."})
    with caplog.at_level("INFO"):
        embed.main(NAME)
    lines = [record.message for record in caplog.records if record.message.startswith("embed")]
    assert lines[0].startswith("embed: bert_mean of a: 3 rows, 2 texts (0 cached, 2 computed) in ")
    assert lines[1].startswith("embed: bert_mean of b: 1 rows, 1 texts (1 cached, 0 computed) in ")


@pytest.mark.parametrize(("weights", "pretrained"), [("random", False), ("published", True)])
def test_random_weights_are_told(tmp_path: Path, weights: Any, pretrained: bool) -> None:
    plan(["a"], weights, model=str(save_bert(tmp_path / "bert")))
    embed.main(NAME)
    facts = {"feature_set": NAME, "corpora": ["a"], "pretrained": pretrained}
    assert read_json(feature_facts_path(NAME)) == facts
    assert shard("a")["shape"][0] == ([16] if pretrained else [8])


def test_a_feature_set_that_no_corpus_needs_needs_no_weights() -> None:
    plan([], "published")
    embed.main(NAME)
    assert [path.name for path in feature_facts_path(NAME).parent.iterdir()] == ["about.json"]


def test_published_weights_that_are_not_there_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SER_WEIGHTS", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(Path.cwd()))
    plan(["a"], "published")
    with pytest.raises(PipelineError, match=r"feature_sets\.bert_mean\.model: the weights goo"):
        embed.main(NAME)


def test_a_corpus_without_transcripts_is_an_error() -> None:
    plan(["d"])
    with pytest.raises(
        PipelineError, match=r"no transcript of corpus .d.: add the studies .* to asr\.studies"
    ):
        embed.main(NAME)


def test_a_mistake_in_the_settings_is_named() -> None:
    plan(["a"], max_token=3)
    with pytest.raises(PipelineError, match=r"bert_mean\.max_token: unknown key, did you mean 'max_tokens'"):
        embed.main(NAME)
