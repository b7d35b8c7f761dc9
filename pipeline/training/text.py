"""Transcripts to token ids, with a vocabulary of the training split.

Source: the MultiModal-ER study, section A.1: lower case, punctuation stripped, white-space tokens.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

PADDING, UNKNOWN = 0, 1
SPECIAL = ["<pad>", "<unk>"]
_PUNCTUATION = re.compile(r"[^\w\s]|_")


def tokenise(text: str | None) -> list[str]:
    """Split a transcript into words; none of them for a missing one."""
    return _PUNCTUATION.sub("", (text or "").lower()).split()


def build_vocabulary(texts: Iterable[str | None], min_count: int) -> list[str]:
    """List the tokens of the training texts, the most frequent first, behind padding and unknown.

    Args:
        texts: Transcripts of the training split.
        min_count: A rarer word is unknown.
    """
    counts = Counter(token for text in texts for token in tokenise(text))
    known = [token for token, count in counts.items() if count >= min_count]
    return SPECIAL + sorted(known, key=lambda token: (-counts[token], token))


def encode(texts: Sequence[str | None], vocabulary: list[str], max_tokens: int) -> np.ndarray:
    """Return token ids, shape (texts, max_tokens), int64, cut and padded at the end."""
    ids = {token: i for i, token in enumerate(vocabulary)}
    encoded = np.full((len(texts), max_tokens), PADDING, dtype=np.int64)
    for row, text in zip(encoded, texts, strict=True):
        tokens = tokenise(text)[:max_tokens]
        row[: len(tokens)] = [ids.get(token, UNKNOWN) for token in tokens]
    return encoded
