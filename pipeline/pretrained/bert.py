"""BERT: its network, and what a folder of published weights holds of it (config.json, vocab.txt, the weights).

Source: Devlin et al. 2019, "BERT: Pre-training of deep bidirectional transformers for language understanding",
DOI 10.18653/v1/N19-1423; the code is transformers' `BertModel`. Parameters of bert-base-uncased, d = 768:

    embeddings          (30,522 words + 512 positions + 2 types + 2 of LayerNorm) d     23,837,184
    12 layers           12 (4 (d d + d) + d 3072 + 3072 + 3072 d + d + 4 d)              85,054,464
    pooler              d d + d                                                             590,592
                                                                                        109,482,240
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import PipelineError
from pipeline.pretrained.find import CONFIG, weight_file
from pipeline.pretrained.take import Loaded, read_state, take_weights
from pipeline.pretrained.torchaudio_cpu import prepare

if TYPE_CHECKING:
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertModel

PAD, UNK, CLS, SEP = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
SPECIAL = [
    PAD,
    UNK,
    CLS,
    SEP,
]  # of a vocabulary of our own; in that of bert-base-uncased they are 0, 100, 101, 102
FEWEST = 3  # tokens of a text that are kept: [CLS], [SEP], and one between them
FIXED = {"model_type": "bert", "hidden_act": "gelu", "layer_norm_eps": 1e-12, "type_vocab_size": 2}


@dataclass(frozen=True)
class Sizes:
    """The size of a BERT.

    Attributes:
        vocabulary_size: Number of token ids.
        hidden_size: Of a token's vector.
        layers: Number of them.
        heads: Of attention in each layer; they divide the hidden size.
        intermediate: Width of the layers' hidden layer.
        positions: Most tokens of a text.
    """

    vocabulary_size: int
    hidden_size: int
    layers: int
    heads: int
    intermediate: int
    positions: int


NAMES = dict(  # what config.json calls them
    zip(
        Sizes.__dataclass_fields__,
        (
            "vocab_size",
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
            "max_position_embeddings",
        ),
        strict=True,
    )
)


def build_bert(sizes: Sizes, *, dropout: float, pooler: bool) -> "BertModel":
    """Build a BERT with fresh weights.

    Args:
        sizes: Its own.
        dropout: Probability behind the embeddings and behind each half of a layer, and of the attention's weights.
        pooler: Whether the hidden layer above [CLS] is there.

    Raises:
        PipelineError: The heads do not divide the hidden size.
    """
    if sizes.hidden_size % sizes.heads:
        raise PipelineError(
            f"BERT: {sizes.heads} heads do not divide a hidden size of {sizes.hidden_size}: choose others"
        )
    prepare()
    from transformers.models.bert.modeling_bert import BertConfig, BertModel

    named: dict[str, Any] = {NAMES[name]: value for name, value in asdict(sizes).items()}
    dropouts = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    config = BertConfig(  # the cache is for decoders
        **named, **dropouts, use_cache=False, initializer_range=initial_deviation(sizes.hidden_size)
    )
    return BertModel(config, add_pooling_layer=pooler)


def initial_deviation(hidden_size: int) -> float:
    """Return the deviation of fresh weights: BERT's .02 at its size of 768, and sums as large at any other."""
    return 0.02 * math.sqrt(768 / hidden_size)


def read_sizes(folder: Path) -> Sizes:
    """Return the sizes that a folder's config.json tells.

    Raises:
        PipelineError: It is not there, or describes another network.
    """
    config = json.loads(_existing(folder / CONFIG).read_text("utf-8"))
    missing = [name for name in NAMES.values() if name not in config]
    other = [
        f"{name} {config.get(name)!r} instead of {value!r}"
        for name, value in FIXED.items()
        if config.get(name) != value
    ]
    if missing or other:
        wrong = [*other, *(f"no {name}" for name in missing)]
        raise PipelineError(f"{folder / CONFIG}: expected a BERT, got {', '.join(wrong)}")
    return Sizes(**{name: config[key] for name, key in NAMES.items()})


def load_bert(bert: "BertModel", folder: Path) -> Loaded:
    """Copy published weights into a BERT that was built with the folder's sizes.

    Files of `BertModel` and of `BertForPreTraining` are taken, and the names (gamma, beta) that LayerNorm's
    parameters had when the first of them were made.

    Raises:
        PipelineError: The folder has no weights, or another network's.
    """
    state = {_own_name(name): tensor for name, tensor in read_state(folder).items()}
    return take_weights(bert, state, weight_file(folder))


def read_vocabulary(folder: Path) -> list[str]:
    """Return the word pieces of a folder's vocab.txt, by id.

    Raises:
        PipelineError: It is not there, is not the network's, lacks what every text needs, or minds upper case.
    """
    path = _existing(folder / "vocab.txt")
    pieces = path.read_text("utf-8").removesuffix("\n").split("\n")
    lacking = [name for name in SPECIAL if name not in pieces]
    if lacking or pieces[0] != PAD or len(set(pieces)) < len(pieces):
        raise PipelineError(
            f"{path}: {len(pieces)} word pieces, {len(set(pieces))} of them different, the first {pieces[0]!r}, "
            f"without {lacking}: expected each piece once, {PAD} first, and {', '.join(SPECIAL)} among them"
        )
    if len(pieces) != (wanted := read_sizes(folder).vocabulary_size):
        raise PipelineError(f"{path} has {len(pieces)} word pieces, but {folder / CONFIG} says {wanted}")
    about = folder / "tokenizer_config.json"
    if about.exists() and json.loads(about.read_text("utf-8")).get("do_lower_case") is False:
        raise PipelineError(
            f"{folder} is a model of cased text, and texts come in lower case: take an uncased one"
        )
    return pieces


def word_piece_ids(texts: Sequence[str], vocabulary: Sequence[str], max_tokens: int) -> list[list[int]]:
    """Return the ids of [CLS], a text's word pieces and [SEP], in lower case, at most `max_tokens` of them.

    Args:
        texts: Of any content; an empty one is [CLS] and [SEP].
        vocabulary: Word pieces by id.
        max_tokens: Three or more.
    """
    if max_tokens < FEWEST:
        raise PipelineError(f"max_tokens is {max_tokens}; expected {FEWEST} or more: {CLS}, a token, {SEP}")
    tokeniser = _tokeniser(tuple(vocabulary))
    tokeniser.enable_truncation(max_tokens)
    return [encoding.ids for encoding in tokeniser.encode_batch(list(texts))]


@lru_cache(maxsize=1)
def _tokeniser(vocabulary: tuple[str, ...]) -> "BertWordPieceTokenizer":
    """Build the tokeniser that `transformers.BertTokenizer` wraps, without importing transformers (2 s)."""
    from tokenizers import BertWordPieceTokenizer

    return BertWordPieceTokenizer({piece: i for i, piece in enumerate(vocabulary)}, lowercase=True)


def _own_name(name: str) -> str:
    name = name.removeprefix("bert.")
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise PipelineError(f"{path} is not there: expected a folder with the files of a published BERT")
    return path
