"""Mean BERT embeddings: their values, their independence of company and cache, and random weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from pipeline.core.errors import PipelineError
from pipeline.features import text_embedding
from pipeline.features.registry import kinds, load_text_kind, reads_text
from pipeline.features.text_embedding import Settings, build_embedder, embed, hashed_ids
from tests.bert_folder import save_bert

RANDOM = {"hidden_size": 16, "layers": 2, "heads": 2, "intermediate": 24, "vocabulary": 1000}
TEXTS = [
    "Go away!",
    "well done, please",
    "the dogs bark",
    "so sorry",
    "",
    "Go away, please, go away so so so far",
]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))


def settings(model: object = "nowhere", **changes: Any) -> Settings:
    return Settings.model_validate({"model": str(model), "max_tokens": 10, "random": RANDOM, **changes})


def embedded(texts: list[str], weights: str = "random", **changes: Any) -> dict[str, np.ndarray]:
    return embed(texts, build_embedder(settings(**changes), weights, "x"), CPU, "test")[0]


def another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "another"))


def test_a_vector_is_the_mean_of_what_transformers_returns(published: Path) -> None:
    from transformers import BertModel, BertTokenizer

    tokeniser = BertTokenizer(vocab=str(published / "vocab.txt"))
    bert = BertModel.from_pretrained(published).eval()
    with torch.inference_mode():
        tokens = tokeniser("well done, please", return_tensors="pt")["input_ids"]
        expected = bert(tokens).last_hidden_state[0].mean(dim=0)
    vectors = embedded(TEXTS, "published", model=published)
    assert tokens.shape == (1, 6)  # [CLS] and [SEP] take part
    np.testing.assert_allclose(vectors["well done, please"], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("weights", ["published", "random"])
def test_every_text_has_a_finite_vector_of_its_own(published: Path, weights: str) -> None:
    vectors = np.stack(list(embedded(TEXTS, weights, model=published).values()))
    assert vectors.shape == (len(TEXTS), 16)
    assert vectors.dtype == text_embedding.DTYPE
    assert (vectors.ndim - 1, text_embedding.FORM) == (1, "vector")
    assert np.isfinite(vectors).all()
    assert len(np.unique(vectors, axis=0)) == len(TEXTS)


def test_company_changes_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = embedded([*TEXTS, *(f"word{i} " * (i % 9) + "end" for i in range(60))])
    another_cache(tmp_path, monkeypatch)
    alone = [embedded([text])[text] for text in TEXTS]
    np.testing.assert_array_equal([together[text] for text in TEXTS], alone)


def test_equal_texts_are_computed_once_and_a_second_run_computes_none() -> None:
    embedder = build_embedder(settings(), "random", "x")
    first, n_computed = embed(["so", "sorry", "so"], embedder, CPU, "test")
    again, n_again = embed(["sorry", "so"], embedder, CPU, "test")
    assert (n_computed, n_again) == (2, 0)
    np.testing.assert_array_equal(first["so"], again["so"])


def test_a_text_that_is_too_long_is_cut_behind_its_first_tokens() -> None:
    long = "one two three four five six seven eight"
    vectors = embedded([long, f"{long} nine", "one two three"])
    np.testing.assert_array_equal(vectors[long], vectors[f"{long} nine"])


def test_random_weights_are_the_same_each_time_and_leave_the_generator_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(3)
    first = embedded(["go away"])["go away"]
    drawn = torch.rand(1)
    another_cache(tmp_path, monkeypatch)
    torch.manual_seed(3)
    assert torch.rand(1) == drawn
    np.testing.assert_array_equal(embedded(["go away"])["go away"], first)


def test_a_word_has_one_hash_and_special_ids_are_kept_free() -> None:
    (row, cut) = hashed_ids(
        ["So, so SORRY", " ".join(map(str, range(2000)))], vocabulary_size=100, max_tokens=1500
    )
    assert (row[0], row[-1], len(row)) == (2, 3, 5)
    assert row[1] == row[2] != row[3]
    assert (len(cut), min(cut[1:-1]), max(cut)) == (1500, 4, 99)


@pytest.mark.parametrize(
    "changes",
    [{"max_tokens": 11}, {"random": {**RANDOM, "vocabulary": 999}}, {"random": {**RANDOM, "layers": 1}}],
)
def test_other_settings_have_another_digest(changes: dict) -> None:
    digests = {build_embedder(settings(**change), "random", "x").digest for change in ({}, changes)}
    assert len(digests) == 2


def test_other_weights_have_another_digest_wherever_they_lie(published: Path, tmp_path: Path) -> None:
    folders = [published, save_bert(tmp_path / "same"), save_bert(tmp_path / "other", seed=1)]
    first, same, other = (build_embedder(settings(path), "published", "x").digest for path in folders)
    assert first == same != other


def test_weights_that_are_nowhere_are_an_error() -> None:
    with pytest.raises(PipelineError, match=r"feature_sets\.x\.model: pretrained weights 'nowhere'"):
        build_embedder(settings(), "published", "feature_sets.x")


def test_more_tokens_than_the_model_takes_are_an_error(published: Path) -> None:
    with pytest.raises(PipelineError, match=r"x\.max_tokens is 13, but .* takes 12 at most"):
        build_embedder(settings(published, max_tokens=13), "published", "x")


@pytest.mark.parametrize("changes", [{"max_tokens": 2}, {"random": {**RANDOM, "vocabulary": 4}}])
def test_settings_that_cannot_be_are_refused(changes: dict) -> None:
    with pytest.raises(ValidationError):
        settings(**changes)


def test_it_is_a_kind_that_reads_text_and_no_audio() -> None:
    assert reads_text("text_embedding")
    assert load_text_kind("text_embedding") is text_embedding
    assert "text_embedding" not in kinds()
    assert not reads_text("mfcc")


def test_a_kind_that_reads_audio_is_refused() -> None:
    with pytest.raises(PipelineError, match="'mfcc' is no kind of feature that is computed from transcripts"):
        load_text_kind("mfcc")
