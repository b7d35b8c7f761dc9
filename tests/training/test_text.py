"""Tokens and vocabulary."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.pretrained.bert import SPECIAL as BERT_SPECIAL
from pipeline.training.network_files import load_network
from pipeline.training.text import build_vocabulary, choose_tokeniser, encode, token_ids, tokenise
from pipeline.training.torch_runner import TorchRunner
from tests.bert_folder import ARCHITECTURE, VOCABULARY, save_bert
from tests.training import toy


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        (" Say the word, 'Pain'!", ["say", "the", "word", "pain"]),
        ("I don't know…", ["i", "dont", "know"]),
        ("ÉTÉ 42", ["été", "42"]),
        ("?!", []),
        (None, []),
    ],
)
def test_lower_case_without_punctuation(text: str | None, tokens: list[str]) -> None:
    assert tokenise(text) == tokens


def test_frequent_words_come_first_and_equals_by_the_alphabet() -> None:
    assert build_vocabulary(["b a c", "c", None], min_count=1) == ["<pad>", "<unk>", "c", "a", "b"]


def test_rare_words_are_left_out() -> None:
    assert build_vocabulary(["b a c", "c"], min_count=2) == ["<pad>", "<unk>", "c"]


def test_texts_are_cut_padded_and_unknown_words_marked() -> None:
    encoded = encode(["say the word", "say what", None], ["<pad>", "<unk>", "say", "the"], max_tokens=2)
    assert encoded.tolist() == [[2, 3], [2, 1], [0, 0]]


def test_sentences_are_the_same_words_between_marks() -> None:
    vocabulary = build_vocabulary(["so sorry", "so"], min_count=1, special=BERT_SPECIAL)
    assert vocabulary == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "so", "sorry"]
    encoded = encode(["So sorry!", "so [SEP] well", None], vocabulary, 5, "sentences")
    assert encoded.tolist() == [[2, 4, 5, 3, 0], [2, 4, 1, 1, 3], [2, 3, 0, 0, 0]]


def test_a_sentence_that_is_cut_keeps_its_marks() -> None:
    assert encode(["a b c"], ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"], 3, "sentences").tolist() == [
        [2, 4, 3]
    ]


def test_word_pieces_are_padded_and_keep_their_marks() -> None:
    texts = ["go away", "The dogs bark, so sorry!", None]
    encoded = encode(texts, VOCABULARY, 5, "word_pieces")
    pieces = [[VOCABULARY[i] for i in row] for row in encoded]
    assert pieces == [
        ["[CLS]", "go", "away", "[SEP]", "[PAD]"],
        ["[CLS]", "the", "dog", "##s", "[SEP]"],
        ["[CLS]", "[SEP]", "[PAD]", "[PAD]", "[PAD]"],
    ]


@pytest.mark.parametrize(
    ("model", "weights", "tokeniser"),
    [
        ("bilstm_attention", None, "words"),
        ("bert", None, "sentences"),
        ("bert", "random", "sentences"),
        ("bert", "google-bert/bert-base-uncased@main", "word_pieces"),
    ],
)
def test_the_family_and_its_weights_say_what_reads_a_text(
    model: str, weights: str | None, tokeniser: str
) -> None:
    assert choose_tokeniser(model, weights) == tokeniser


@pytest.mark.parametrize("missing", ["max_tokens", "min_count"])
def test_a_missing_setting_is_an_error(missing: str) -> None:
    system = toy.torch_system(**{**toy.TEXT, missing: None})
    with pytest.raises(PipelineError, match=r"systems\.toy: .* needs max_tokens and min_count"):
        token_ids(["a"], ["a"], system, "systems.toy")


def test_an_unknown_model_is_an_error() -> None:
    system = toy.torch_system(**toy.TEXT, model="brt")
    with pytest.raises(PipelineError, match="unknown model 'brt', did you mean 'bert'"):
        token_ids(["a"], ["a"], system, "systems.toy")


BERT = {
    **toy.TEXT,
    "model": "bert",
    "architecture": {**ARCHITECTURE, "dropout": 0.0},
    "max_tokens": 8,
    "epochs": 15,
    "lr": 0.01,
}


@pytest.mark.parametrize("published", [True, False])
def test_a_bert_learns_and_is_read_back_without_the_weights_it_began_with(
    tmp_path: Path, published: bool
) -> None:
    weights = str(save_bert(tmp_path / "published")) if published else None
    system = toy.torch_system(**BERT, weights=weights)
    data = toy.study("transcripts")
    outcome = TorchRunner(data, system, "toy", tmp_path / "models", tmp_path / "checkpoints").train(7, 0)
    shutil.rmtree(tmp_path / "published", ignore_errors=True)
    network, design = load_network(tmp_path / "models", 7, 0)
    rows = outcome.rows["test"]
    assert design.tokeniser == ("word_pieces" if published else "sentences")
    assert (design.vocabulary == VOCABULARY) == published
    texts = [data.texts[row] for row in rows]
    tokens = encode(texts, design.vocabulary, design.shapes["tokens"][0], design.tokeniser)
    with torch.inference_mode():
        logits = network(tokens=torch.from_numpy(tokens))
    assert (logits.argmax(dim=1).numpy() == data.targets[rows]).all()
    np.testing.assert_allclose(logits.double().softmax(dim=1), outcome.probabilities["test"], rtol=1e-4)
