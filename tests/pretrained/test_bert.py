"""A folder of a published BERT: its sizes, its word pieces, and what is wrong with one that is not."""

import json
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.pretrained.bert import Sizes, build_bert, load_bert, read_sizes, read_vocabulary, word_piece_ids
from tests.bert_folder import VOCABULARY, save_bert

# config.json of bert-base-uncased, as it was published.
BASE = {
    "architectures": ["BertForMaskedLM"],
    "attention_probs_dropout_prob": 0.1,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 0,
    "position_embedding_type": "absolute",
    "type_vocab_size": 2,
    "vocab_size": 30522,
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert(tmp_path_factory.mktemp("bert"))


def write_config(folder: Path, **changes: object) -> Path:
    (folder / "config.json").write_text(json.dumps({**BASE, **changes}))
    return folder


def write_vocabulary(folder: Path, pieces: list[str]) -> Path:
    write_config(folder, vocab_size=len(VOCABULARY))
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", "utf-8")
    return folder


def test_sizes_come_from_the_published_configuration(tmp_path: Path) -> None:
    assert read_sizes(write_config(tmp_path)) == Sizes(30_522, 768, 12, 12, 3072, 512)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "roberta"}, "expected a BERT, got model_type 'roberta' instead of 'bert'"),
        ({"hidden_act": "relu"}, "hidden_act 'relu' instead of 'gelu'"),
    ],
)
def test_another_network_is_an_error(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        read_sizes(write_config(tmp_path, **changes))


def test_a_folder_without_a_configuration_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"config\.json is not there: expected a folder with the files"):
        read_sizes(tmp_path)


def test_weights_of_another_size_are_an_error(published: Path) -> None:
    bert = build_bert(Sizes(len(VOCABULARY), 8, 2, 2, 24, 12), dropout=0.0, pooler=True)
    with pytest.raises(PipelineError, match="tensors have another shape than the network's"):
        load_bert(bert, published)


def test_heads_that_do_not_divide_the_size_are_an_error() -> None:
    with pytest.raises(PipelineError, match="3 heads do not divide a hidden size of 16"):
        build_bert(Sizes(30, 16, 1, 3, 24, 12), dropout=0.0, pooler=True)


def test_word_pieces_are_read_by_id(published: Path) -> None:
    assert read_vocabulary(published) == VOCABULARY


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        (VOCABULARY[::-1], r"the first '42', without \[\]: expected each piece once, \[PAD\] first"),
        ([piece for piece in VOCABULARY if piece != "[SEP]"], r"without \['\[SEP\]'\]"),
        ([*VOCABULARY[:-1], "go"], "24 word pieces, 23 of them different"),
        ([*VOCABULARY, "cat"], "has 25 word pieces, but .* says 24"),
    ],
)
def test_a_vocabulary_that_cannot_be_used_is_an_error(
    tmp_path: Path, pieces: list[str], message: str
) -> None:
    with pytest.raises(PipelineError, match=message):
        read_vocabulary(write_vocabulary(tmp_path, pieces))


def test_a_model_of_cased_text_is_an_error(tmp_path: Path) -> None:
    write_vocabulary(tmp_path, VOCABULARY)
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    with pytest.raises(PipelineError, match="is a model of cased text"):
        read_vocabulary(tmp_path)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("The dog BARKS.", ["the", "dog", "bark", "##s", "."]),
        ("Été 42, so sorry!", ["ete", "42", ",", "so", "sorry", "!"]),
        ("the cat", ["the", "[UNK]"]),
        ("", []),
    ],
)
def test_texts_in_word_pieces_by_hand(text: str, pieces: list[str]) -> None:
    ids = [VOCABULARY.index(piece) for piece in ["[CLS]", *pieces, "[SEP]"]]
    assert word_piece_ids([text], VOCABULARY, 10) == [ids]


TEXTS = ["The dogs bark, so... go AWAY!", "naïve façade", "well\u00a0done\tplease 42", "don't", "犬 go", ""]


@pytest.mark.parametrize("max_tokens", [3, 5, 40])
def test_ids_are_those_of_transformers(published: Path, max_tokens: int) -> None:
    from transformers import BertTokenizer

    tokeniser = BertTokenizer(vocab=str(published / "vocab.txt"))
    theirs = tokeniser(TEXTS, truncation=True, max_length=max_tokens)["input_ids"]
    assert word_piece_ids(TEXTS, VOCABULARY, max_tokens) == theirs


def test_two_tokens_are_too_few() -> None:
    with pytest.raises(PipelineError, match="max_tokens is 2; expected 3 or more"):
        word_piece_ids(["go"], VOCABULARY, 2)
