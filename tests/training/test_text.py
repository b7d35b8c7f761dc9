"""Tokens and vocabulary."""

import pytest

from pipeline.training.text import build_vocabulary, encode, tokenise


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
