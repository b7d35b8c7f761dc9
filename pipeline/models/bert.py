"""BERT, fine-tuned as a whole, with one linear layer on top.

Source: "Multistage linguistic conditioning of convolutional layers for speech emotion recognition", section 4.2
(Triantafyllopoulos et al. 2023, DOI 10.3389/fcomp.2023.1072479): bert-base-uncased "with a final linear layer".
What that layer reads is open there; here, as in transformers' `BertForSequenceClassification`, it is BERT's own
pooled vector of [CLS], Linear(768, 768) - tanh, behind dropout.

Input: token ids, shape (clips, tokens), int64, padded with 0 at the end; output: K logits, or values of K targets.
Parameters of bert-base-uncased: 109,482,240 (see `pipeline.pretrained.bert`) and 768 K + K for the output, together
109,485,316 for 4 classes and 109,484,547 for 3 dimensions.

Padding never changes an utterance's output: it is masked in the attention. A batch is cut to its longest utterance:
sentences have a dozen words, and 128 tokens cost ten times as much.
"""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.models.registry import Architecture, Inputs, Networks, Probability
from pipeline.pretrained.bert import Sizes, build_bert, initial_deviation, load_bert, read_sizes
from pipeline.pretrained.take import Loaded

if TYPE_CHECKING:
    from transformers import BertModel

PADDING = 0  # token id


class Settings(Architecture):
    """Sizes of the network, and dropout."""

    hidden_size: PositiveInt  # of a token's vector
    layers: PositiveInt
    heads: PositiveInt  # of attention in each layer; they divide the hidden size
    intermediate: PositiveInt  # width of a layer's hidden layer
    positions: PositiveInt  # most tokens that can be told apart by place; at least the system's `max_tokens`
    dropout: Probability  # everywhere in BERT, and ahead of the output


class BertClassifier(nn.Module):
    """BERT, dropout and the output layer.

    Args:
        bert: With its pooler.
        dropout: Probability between the pooled vector and the output.
        n_outputs: Number of outputs.
    """

    def __init__(self, bert: "BertModel", dropout: float, n_outputs: int) -> None:
        super().__init__()
        self.bert = bert
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(bert.config.hidden_size, n_outputs)
        nn.init.normal_(self.output.weight, std=initial_deviation(bert.config.hidden_size))
        nn.init.zeros_(self.output.bias)
        # How wide a batch is no compiled graph can read. The switch takes two seconds to import: not ahead of need.
        self._cut = torch.compiler.disable(cut_padding)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits or values, shape (clips, outputs), of token ids, shape (clips, tokens), int64.

        An utterance without tokens is read as a single padding token.
        """
        tokens = self._cut(tokens)  # (B, T)
        real = tokens != PADDING  # (B, T)
        real[:, 0] = True
        pooled = self.bert(input_ids=tokens, attention_mask=real.long()).pooler_output  # (B, hidden_size)
        return self.output(self.dropout(pooled))  # (B, n_outputs)

    def enable_checkpointing(self) -> None:
        """Forget the layers' activations and compute them again in the backward pass: less memory, more time."""
        self.bert.activation_checkpointing_enable({"use_reentrant": False})


def cut_padding(tokens: Tensor) -> Tensor:
    """Return a batch of token ids, shape (clips, tokens), without the columns at its end that are padding only."""
    longest = int((tokens != PADDING).any(dim=0).sum())
    return tokens[:, : max(1, longest)]


def build(settings: Settings, inputs: Inputs, n_outputs: int) -> BertClassifier:
    """Build the network for `tokens`."""
    if set(inputs.shapes) != {"tokens"} or inputs.vocabulary_size is None:
        raise PipelineError(
            f"bert reads transcripts and nothing else, but got {sorted(inputs.shapes)}: set the system's "
            "`features` to transcripts and `second` to none"
        )
    (max_tokens,) = inputs.shapes["tokens"]
    if max_tokens > settings.positions:
        raise PipelineError(
            f"bert: max_tokens is {max_tokens}, but `architecture.positions` is {settings.positions}"
        )
    sizes = Sizes(
        vocabulary_size=inputs.vocabulary_size,
        hidden_size=settings.hidden_size,
        layers=settings.layers,
        heads=settings.heads,
        intermediate=settings.intermediate,
        positions=settings.positions,
    )
    return BertClassifier(
        build_bert(sizes, dropout=settings.dropout, pooler=True), settings.dropout, n_outputs
    )


def load_pretrained(model: BertClassifier, folder: Path) -> Loaded:
    """Take published weights, all but the output layer's, from a folder with config.json and the weights.

    Raises:
        PipelineError: The folder holds another network, or the architecture has other sizes.
    """
    published, own = read_sizes(folder), sizes_of(model.bert)
    other = [
        f"{name} {ours} instead of {theirs}"
        for (name, ours), theirs in zip(
            dataclasses.asdict(own).items(), dataclasses.astuple(published), strict=True
        )
        if ours != theirs
    ]
    if other:
        raise PipelineError(
            f"{folder}: the system's `architecture` has {', '.join(other)}: take the sizes of config.json there"
        )
    loaded = load_bert(model.bert, folder)
    taken = [f"bert.{name}" for name in loaded.taken]
    return Loaded(taken, loaded.left, [name for name in model.state_dict() if name not in taken])


def sizes_of(bert: "BertModel") -> Sizes:
    """Return the sizes that a network was built with."""
    config = bert.config
    return Sizes(
        config.vocab_size,
        config.hidden_size,
        config.num_hidden_layers,
        config.num_attention_heads,
        config.intermediate_size,
        config.max_position_embeddings,
    )


FAMILY = Networks(
    settings=Settings,
    build=build,
    reads=("text",),
    reads_sentences=True,
    load_pretrained=load_pretrained,
    enable_checkpointing=BertClassifier.enable_checkpointing,
)
