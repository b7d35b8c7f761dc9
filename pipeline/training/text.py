"""Transcripts to token ids, in one of three ways.

    words        lower case, punctuation stripped, split at white space; a vocabulary of the training split.
                 Source: the MultiModal-ER study, section A.1.
    sentences    the same words, between [CLS] and [SEP]: for a BERT that starts from random weights.
    word_pieces  those of a published BERT and its own vocabulary, between [CLS] and [SEP].

In all of them 0 is padding.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from pipeline.config.systems import RANDOM, TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.models.registry import load_networks
from pipeline.pretrained.bert import CLS, FEWEST, SEP, read_vocabulary, word_piece_ids
from pipeline.pretrained.bert import SPECIAL as BERT_SPECIAL
from pipeline.pretrained.take import find_weights

Tokeniser = Literal["words", "sentences", "word_pieces"]

PADDING, UNKNOWN = 0, 1
SPECIAL = ["<pad>", "<unk>"]
_PUNCTUATION = re.compile(r"[^\w\s]|_")


def choose_tokeniser(model: str, weights: str | None) -> Tokeniser:
    """Return how a model reads text: by what its family declares, and by whether its weights are published.

    Args:
        model: File in pipeline/models.
        weights: A system's `weights`.
    """
    if not load_networks(model).reads_sentences:
        return "words"
    return "sentences" if weights in (None, RANDOM) else "word_pieces"


def token_ids(
    texts: Sequence[str | None], training: Iterable[str | None], system: TorchSystem, where: str
) -> tuple[np.ndarray, list[str], Tokeniser]:
    """Return token ids as `encode` does, the vocabulary, and what made them.

    Args:
        texts: Transcripts of a study.
        training: Those of the training split, of which a vocabulary is made where none is published.
        system: The settings.
        where: The system's key, for errors.
    """
    if system.max_tokens is None:
        raise PipelineError(f"{where}: a system that reads transcripts needs max_tokens and min_count")
    tokeniser = choose_tokeniser(system.model, system.weights)
    if tokeniser == "word_pieces":
        vocabulary = read_vocabulary(find_weights(str(system.weights), f"{where}.weights"))
    elif system.min_count is None:
        raise PipelineError(
            f"{where}: a system that reads transcripts needs max_tokens and min_count; only the vocabulary of "
            "published weights does without min_count"
        )
    else:
        special = SPECIAL if tokeniser == "words" else BERT_SPECIAL
        vocabulary = build_vocabulary(training, system.min_count, special)
    return encode(texts, vocabulary, system.max_tokens, tokeniser), vocabulary, tokeniser


def tokenise(text: str | None) -> list[str]:
    """Split a transcript into words; none of them for a missing one."""
    return _PUNCTUATION.sub("", (text or "").lower()).split()


def build_vocabulary(
    texts: Iterable[str | None], min_count: int, special: Sequence[str] = SPECIAL
) -> list[str]:
    """List the tokens of the training texts, the most frequent first, behind padding and unknown.

    Args:
        texts: Transcripts of the training split.
        min_count: A rarer word is unknown.
        special: What stands first: padding, unknown, and others that no word is.
    """
    counts = Counter(token for text in texts for token in tokenise(text))
    known = [token for token, count in counts.items() if count >= min_count]
    return [*special, *sorted(known, key=lambda token: (-counts[token], token))]


def encode(
    texts: Sequence[str | None], vocabulary: list[str], max_tokens: int, tokeniser: Tokeniser = "words"
) -> np.ndarray:
    """Return token ids, shape (texts, max_tokens), int64, cut and padded at the end.

    Args:
        texts: Transcripts.
        vocabulary: Tokens by id.
        max_tokens: Most of a text; [CLS] and [SEP] count, and stay where a text is cut.
        tokeniser: The one that the vocabulary was made for.
    """
    encoded = np.full((len(texts), max_tokens), PADDING, dtype=np.int64)
    if tokeniser == "word_pieces":
        rows = word_piece_ids([text or "" for text in texts], vocabulary, max_tokens)
    else:
        ids = {token: i for i, token in enumerate(vocabulary)}
        rows = [_word_ids(text, ids, max_tokens, marked=tokeniser == "sentences") for text in texts]
    for row, tokens in zip(encoded, rows, strict=True):
        row[: len(tokens)] = tokens
    return encoded


def _word_ids(text: str | None, ids: dict[str, int], max_tokens: int, *, marked: bool) -> list[int]:
    words = tokenise(text)
    if marked:
        if max_tokens < FEWEST:
            raise PipelineError(
                f"max_tokens is {max_tokens}; expected {FEWEST} or more: {CLS}, a word, {SEP}"
            )
        words = [CLS, *words[: max_tokens - 2], SEP]
    return [ids.get(token, UNKNOWN) for token in words[:max_tokens]]
