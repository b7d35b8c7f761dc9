"""Mean BERT embedding of what is said in a clip: one vector an utterance, made from its transcript.

Source: "Multistage linguistic conditioning of convolutional layers for speech emotion recognition", section 3
(Triantafyllopoulos et al. 2023, DOI 10.3389/fcomp.2023.1072479): "Linguistic embeddings are computed by averaging
the token-embeddings returned by BERT for each utterance". Here: of the last layer, over all tokens but padding.
Whether [CLS] and [SEP] take part is open there; here they do, since BERT returns an embedding for them as well, and
an utterance without words then has a vector too.

The weights are a published model's. A plan that says `weights: random` has a small BERT of seeded random weights in
its place, sized by the setting `random`, whose token ids are hashes of words: good to try the pipeline, and for
nothing else.
"""

import hashlib
import importlib.metadata
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, PositiveInt
from tqdm import tqdm

from pipeline.config.base import Settings as Base
from pipeline.core.errors import PipelineError
from pipeline.core.parallel import batched
from pipeline.core.row_cache import RowCache, digest
from pipeline.pretrained.bert import (
    CLS,
    FEWEST,
    SEP,
    SPECIAL,
    Sizes,
    build_bert,
    load_bert,
    read_sizes,
    read_vocabulary,
    word_piece_ids,
)
from pipeline.pretrained.take import find_weights, weights_digest

if TYPE_CHECKING:
    import torch
    from transformers import BertModel

VERSION = "1"
LIBRARIES = ("numpy", "tokenizers", "torch", "transformers")
DTYPE = np.dtype(np.float32)
FORM = "vector"
ROWS = 32  # texts of a batch
STEP = 8  # a batch is as wide as its longest text, rounded up to a multiple of this
SEED = 1  # of random weights
WORD = re.compile(r"\w+")

Weights = Literal["published", "random"]


class RandomBert(Base):
    """The BERT that stands in for the published one: see `pipeline.pretrained.bert.Sizes`."""

    hidden_size: PositiveInt
    layers: PositiveInt
    heads: PositiveInt
    intermediate: PositiveInt
    vocabulary: int = Field(gt=len(SPECIAL))  # token ids, of which words have all but the first few


class Settings(Base):
    """What is embedded with what."""

    model: str  # as a system's `weights`: a folder, or a hub id such as google-bert/bert-base-uncased@main
    max_tokens: int = Field(ge=FEWEST)  # [CLS] and [SEP] among them; what is longer is cut
    random: RandomBert  # in its place where the profile has random weights


@dataclass(frozen=True)
class Embedder:
    """A model of text, loaded only when a text has to be embedded.

    Attributes:
        digest: Of all that decides a vector besides the text: weights, vocabulary, settings, code, libraries.
        tokenise: From texts to their token ids.
        load: Returns the model.
        size: Of a vector.
    """

    digest: str
    tokenise: Callable[[Sequence[str]], list[list[int]]]
    load: Callable[[], "BertModel"]
    size: int


def build_embedder(settings: Settings, weights: Weights, where: str) -> Embedder:
    """Find the model that a feature set names.

    Args:
        settings: Of the feature set.
        weights: Published ones, or random ones in their place.
        where: The feature set's key in params.yaml, for errors.

    Raises:
        PipelineError: It is nowhere, is no BERT, or takes fewer tokens than asked for.
    """
    versions = {name: importlib.metadata.version(name).partition("+")[0] for name in LIBRARIES}
    given = [VERSION, versions, settings.max_tokens]
    if weights == "random":
        random = settings.random
        sizes = Sizes(
            random.vocabulary,
            random.hidden_size,
            random.layers,
            random.heads,
            random.intermediate,
            positions=settings.max_tokens,
        )
        tokenise = partial(hashed_ids, vocabulary_size=random.vocabulary, max_tokens=settings.max_tokens)
        key = digest([*given, "random", SEED, random.model_dump()])
        return Embedder(key, tokenise, partial(_random_bert, sizes), sizes.hidden_size)
    folder = find_weights(settings.model, f"{where}.model")
    vocabulary, sizes = read_vocabulary(folder), read_sizes(folder)
    if settings.max_tokens > sizes.positions:
        raise PipelineError(
            f"{where}.max_tokens is {settings.max_tokens}, but {settings.model} takes {sizes.positions} at most"
        )
    key = digest([*given, "published", weights_digest(folder), vocabulary])
    tokenise = partial(word_piece_ids, vocabulary=vocabulary, max_tokens=settings.max_tokens)
    return Embedder(key, tokenise, partial(_published_bert, sizes, folder), sizes.hidden_size)


def embed(
    texts: Iterable[str], embedder: Embedder, device: "torch.device", description: str
) -> tuple[dict[str, np.ndarray], int]:
    """Return the vector of each text, computing those that no earlier run has.

    Args:
        texts: Transcripts; equal ones are computed once.
        embedder: The model.
        device: Where it runs.
        description: Text of the progress bar.

    Returns:
        By text, shape (size,), float32; and how many of them were computed now.
    """
    keys = {text: text_key(text) for text in texts}
    cache = RowCache("features/text_embedding", embedder.digest)
    rows = cache.get_many(keys.values())
    missing = [text for text, key in keys.items() if key not in rows]
    named = (
        {keys[text]: {"values": vector} for text, vector in vectors.items()}
        for vectors in compute(missing, embedder, device, description)
    )
    for fresh in cache.store(named, ROWS):
        rows.update(fresh)
    return {text: rows[key]["values"] for text, key in keys.items()}, len(missing)


def text_key(text: str) -> str:
    """Name a text in caches and shards."""
    return digest(["text", text])


def feature_names(settings: Settings) -> None:
    """The values have no names of their own."""


def hashed_ids(texts: Sequence[str], *, vocabulary_size: int, max_tokens: int) -> list[list[int]]:
    """Return the ids of [CLS], a text's words in lower case and [SEP]: those of words by a hash of each."""
    n_words = vocabulary_size - len(SPECIAL)
    first, last = SPECIAL.index(CLS), SPECIAL.index(SEP)
    return [
        [
            first,
            *(_hash(word) % n_words + len(SPECIAL) for word in WORD.findall(text.lower())[: max_tokens - 2]),
            last,
        ]
        for text in texts
    ]


def mean_of_tokens(bert: "BertModel", rows: Sequence[Sequence[int]], width: int) -> np.ndarray:
    """Return the mean vector of each text's tokens, shape (texts, size), float32.

    Args:
        bert: In evaluation mode.
        rows: Token ids of each text, at least one.
        width: Of the batch, padding included: as many as the longest has, or more.
    """
    import torch

    tokens = torch.zeros((len(rows), width), dtype=torch.int64)  # (B, T)
    for line, row in zip(tokens, rows, strict=True):
        line[: len(row)] = torch.tensor(row)
    real = torch.arange(width) < torch.tensor([[len(row)] for row in rows])  # (B, T)
    tokens, real = tokens.to(bert.device), real.to(bert.device)
    with torch.inference_mode():
        states = bert(input_ids=tokens, attention_mask=real.long()).last_hidden_state  # (B, T, size)
        summed = states.masked_fill(~real.unsqueeze(2), 0.0).sum(dim=1)  # (B, size)
        return (summed / real.sum(dim=1, keepdim=True)).cpu().numpy()


def compute(
    texts: Sequence[str], embedder: Embedder, device: "torch.device", description: str | None
) -> Iterator[Mapping[str, np.ndarray]]:
    """Embed different texts a batch at a time, the shortest first, and keep nothing.

    All batches of one width have the same number of rows, the last filled up: sums of matrix products depend on
    their shape, so that a text would else have other last bits in other company.

    Args:
        texts: Transcripts, each once.
        embedder: The model.
        device: Where it runs.
        description: Text of the progress bar; None for no bar.
    """
    if not texts:
        return
    bert = embedder.load().to(device).eval()
    ids = dict(zip(texts, embedder.tokenise(texts), strict=True))
    by_width: dict[int, list[str]] = {}
    for text in sorted(texts):
        by_width.setdefault(-(-len(ids[text]) // STEP) * STEP, []).append(text)
    hidden = True if description is None else None
    with tqdm(total=len(texts), desc=description, unit="text", disable=hidden, mininterval=0.5) as bar:
        for width, group in sorted(by_width.items()):
            for batch in batched(group, ROWS):
                rows = [ids[text] for text in batch]
                filled = rows + [rows[0]] * (ROWS - len(rows))
                vectors = mean_of_tokens(bert, filled, min(width, bert.config.max_position_embeddings))
                yield dict(zip(batch, vectors, strict=False))
                bar.update(len(batch))


def _random_bert(sizes: Sizes) -> "BertModel":
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return build_bert(sizes, dropout=0.0, pooler=False)


def _published_bert(sizes: Sizes, folder: Path) -> "BertModel":
    bert = build_bert(sizes, dropout=0.0, pooler=False)
    load_bert(bert, folder)
    return bert


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
