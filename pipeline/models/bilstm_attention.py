"""Speech, text and fusion: bidirectional LSTMs with attention pooling.

Source: the MultiModal-ER study, sections A.2-A.5. Every count below is the document's to the last digit, with
120 coefficients a frame, 363 words (padding and unknown included), hidden size 128 and 7 classes:

    BiLSTM of two layers, n inputs   2 (512 (n + 128) + 1024) + 2 (512 (256 + 128) + 1024)
                                     651,264 for n = 120 (speech), 593,920 for n = 64 (words)
    attention                        256 x 128 + 128 + 128 + 1 = 33,025
    LayerNorm                        2 x 256 = 512
    classifier                       256 x 128 + 128 + 128 x 7 + 7 = 33,799
    speech                           651,264 + 33,025 + 512 + 33,799 = 718,600
    text                             363 x 64 + 593,920 + 33,025 + 512 + 33,799 = 684,488
    fusion                           684,801 + 650,689 (the encoders) + 512 x 256 + 256 + 512 + 33,799 =
    1,501,129

The document masks padding in the text only. Speech comes padded or cut to a fixed number of frames and is
attended to as a whole, padding included, as there (open): the length of a clip is part of what the model
sees. There is no dropout between the layers of the LSTMs (the document has it in the classifier and the
fusion only). Frames are standardised, which the document does not mention; padding counts in the statistics.
"""

import torch
from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from pipeline.core.errors import PipelineError
from pipeline.models.registry import Architecture, Inputs, Networks, Probability

PADDING = 0  # token id; the vocabulary keeps it free


class Settings(Architecture):
    """Of the layers."""

    hidden: PositiveInt  # LSTM units a direction
    layers: PositiveInt  # of the LSTM
    attention: PositiveInt  # width of the attention's hidden layer
    classifier: PositiveInt  # width of the classifier's hidden layer
    dropout: Probability  # in the classifier and behind the fusion
    embedding: PositiveInt | None = None  # size of a word vector; only where there is text
    fused: PositiveInt | None = None  # width of the fused vector; only where there are both


class AttentionPooling(nn.Module):
    """Average over time, weighted by a score that is learned: Linear, tanh, Linear, softmax.

    Args:
        n_features: Size of a step.
        width: Size of the scorer's hidden layer.
    """

    def __init__(self, n_features: int, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(n_features, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, steps: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the pooled steps, shape (clips, features).

        Args:
            steps: Shape (clips, time, features).
            mask: Shape (clips, time), True where a step is real; None where all are.
        """
        scores = self.score(steps).squeeze(-1)  # (B, T)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))  # (B, T)
        weights = scores.softmax(dim=-1)  # (B, T)
        return (weights.unsqueeze(-1) * steps).sum(dim=1)  # (B, n_features)


class SpeechEncoder(nn.Module):
    """Frames to one vector: BiLSTM, attention pooling, LayerNorm."""

    def __init__(self, n_coefficients: int, settings: Settings) -> None:
        super().__init__()
        hidden = settings.hidden
        self.lstm = nn.LSTM(n_coefficients, hidden, settings.layers, batch_first=True, bidirectional=True)
        self.pool = AttentionPooling(2 * hidden, settings.attention)
        self.norm = nn.LayerNorm(2 * hidden)

    def forward(self, frames: Tensor) -> Tensor:
        """Return shape (clips, 2 x hidden) of normalised frames, shape (clips, time, coefficients)."""
        steps, _ = self.lstm(frames)  # (B, T, 2 hidden)
        return self.norm(self.pool(steps))  # (B, 2 hidden)


class TextEncoder(nn.Module):
    """Token ids to one vector: embedding, BiLSTM, masked attention pooling, LayerNorm.

    Padding is left out of the LSTM and of the attention, so it never changes an utterance's vector. An
    utterance without words is read as a single padding token.
    """

    def __init__(self, vocabulary_size: int, settings: Settings) -> None:
        super().__init__()
        hidden, size = settings.hidden, _needed("embedding", settings.embedding)
        self.embedding = nn.Embedding(vocabulary_size, size, padding_idx=PADDING)
        self.lstm = nn.LSTM(size, hidden, settings.layers, batch_first=True, bidirectional=True)
        self.pool = AttentionPooling(2 * hidden, settings.attention)
        self.norm = nn.LayerNorm(2 * hidden)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return shape (clips, 2 x hidden) of token ids, shape (clips, time), int64, padded at the end."""
        n_steps = tokens.shape[1]
        lengths = (tokens != PADDING).sum(dim=1).clamp(min=1)  # (B,)
        words = self.embedding(tokens)  # (B, T, embedding)
        packed = pack_padded_sequence(words, lengths.cpu(), batch_first=True, enforce_sorted=False)
        steps, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=n_steps)
        mask = torch.arange(n_steps, device=tokens.device) < lengths.unsqueeze(1)  # (B, T)
        return self.norm(self.pool(steps, mask))  # (B, 2 hidden)


class SpeechClassifier(nn.Module):
    """Speech encoder and classifier."""

    def __init__(self, speech: SpeechEncoder, classifier: nn.Module) -> None:
        super().__init__()
        self.speech = speech
        self.classifier = classifier

    def forward(self, features: Tensor) -> Tensor:
        """Return logits, shape (clips, classes), of frames, shape (clips, time, coefficients)."""
        return self.classifier(self.speech(features))


class TextClassifier(nn.Module):
    """Text encoder and classifier."""

    def __init__(self, text: TextEncoder, classifier: nn.Module) -> None:
        super().__init__()
        self.text = text
        self.classifier = classifier

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits, shape (clips, classes), of token ids, shape (clips, time)."""
        return self.classifier(self.text(tokens))


class FusionClassifier(nn.Module):
    """Both encoders, their outputs concatenated, projected and classified."""

    def __init__(
        self, speech: SpeechEncoder, text: TextEncoder, fusion: nn.Module, classifier: nn.Module
    ) -> None:
        super().__init__()
        self.speech = speech
        self.text = text
        self.fusion = fusion
        self.classifier = classifier

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Return logits, shape (clips, classes).

        Args:
            features: Frames, shape (clips, time, coefficients).
            tokens: Token ids, shape (clips, time).
        """
        both = torch.cat([self.speech(features), self.text(tokens)], dim=-1)  # (B, 4 hidden)
        fused = self.fusion(both)  # (B, fused)
        return self.classifier(fused)  # (B, n_outputs)


def build(
    settings: Settings, inputs: Inputs, n_outputs: int
) -> SpeechClassifier | TextClassifier | FusionClassifier:
    """Build the variant that the system's inputs ask for: `features` (frames), `tokens` or both."""
    speech = text = None
    if "features" in inputs.shapes:
        speech = SpeechEncoder(inputs.shapes["features"][-1], settings)
    if inputs.vocabulary_size is not None:
        text = TextEncoder(inputs.vocabulary_size, settings)
    encoded = 2 * settings.hidden
    if speech and text:
        width = _needed("fused", settings.fused)
        layers = [nn.Linear(2 * encoded, width), nn.ReLU(), nn.LayerNorm(width), nn.Dropout(settings.dropout)]
        fusion = nn.Sequential(*layers)
        return FusionClassifier(speech, text, fusion, _classifier(width, settings, n_outputs))
    if text:
        return TextClassifier(text, _classifier(encoded, settings, n_outputs))
    if speech:
        return SpeechClassifier(speech, _classifier(encoded, settings, n_outputs))
    raise PipelineError(
        f"bilstm_attention reads features, transcripts or both, but got {sorted(inputs.shapes)}"
    )


def _classifier(n_in: int, settings: Settings, n_outputs: int) -> nn.Sequential:
    width = settings.classifier
    return nn.Sequential(
        nn.Linear(n_in, width), nn.ReLU(), nn.Dropout(settings.dropout), nn.Linear(width, n_outputs)
    )


def _needed(name: str, value: int | None) -> int:
    if value is None:
        raise PipelineError(
            f"bilstm_attention: this system's inputs need `architecture.{name}` in params.yaml"
        )
    return value


FAMILY = Networks(settings=Settings, build=build, reads=("frames", "text"), reads_second=("none", "text"))
