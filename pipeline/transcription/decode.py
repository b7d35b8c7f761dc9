"""Decode many clips at a time with openai-whisper.

`whisper.transcribe` takes one clip at a time, and pads each to 30 s. Its encoder and decoder take batches, and a
shorter window: the mel spectrogram and the position embeddings are cut to it. A clip is heard in a short window
first, and again in Whisper's own of 30 s where what was heard is doubtful, so that its text does not depend on
what else is in the batch.

Source: Radford et al. 2023, "Robust Speech Recognition via Large-Scale Weak Supervision", arXiv:2212.04356.
"""

import math
import re
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.config.asr import Asr

if TYPE_CHECKING:
    from whisper.decoding import DecodingResult
    from whisper.model import Whisper

RATE = 16_000  # Hz, Whisper's own
WHOLE = 30  # seconds, Whisper's own window
PIECE = (
    28  # seconds: what is longer than a window is cut into pieces of at most so many, and 1 s to either side
)
REPEATED = 2.4  # times that zlib makes a text smaller which repeats itself, as in `whisper.transcribe`
UNSURE = 0.7  # mean token probability below which a short window is not believed
TOKENS, TOKENS_A_SECOND = 8, 6  # what has more of them in a short window is likely a loop

_decoding = threading.Lock()  # window and cache hang on the model: one batch at a time in a process


@dataclass(frozen=True)
class Decoding:
    """What decides a transcript besides the model and the samples; it is part of the key of cached rows.

    Attributes:
        language: Code such as "en"; None lets Whisper detect it, clip by clip.
        beam_size: Beams; None is greedy.
        max_tokens: Most tokens decoded a window.
        window: Seconds of the window that a clip is heard in first.
        no_speech: Probability that nobody speaks above which the text is left empty.
        precision: Of the arithmetic.
    """

    language: str | None
    beam_size: int | None
    max_tokens: int
    window: int
    no_speech: float
    precision: Literal["float16", "float32"]

    @classmethod
    def of(cls, asr: Asr, device: str) -> "Decoding":
        """Return what params.yaml says, with half precision on a GPU."""
        return cls(
            language=asr.language,
            beam_size=asr.beam_size,
            max_tokens=asr.max_tokens,
            window=asr.window,
            no_speech=asr.no_speech,
            precision="float16" if device.startswith("cuda") else "float32",
        )


@dataclass(frozen=True)
class Transcript:
    """What was said in one clip.

    Attributes:
        text: Empty where nobody speaks.
        language: Code such as "en": the one that was given, or that was detected.
        confidence: Geometric mean of the token probabilities, in [0, 1]; None where the text was left empty.
        no_speech: Probability that nobody speaks.
        truncated: Whether the text ends because it reached the most tokens.
    """

    text: str
    language: str
    confidence: float | None
    no_speech: float
    truncated: bool


def decode(model: "Whisper", waves: Sequence[np.ndarray], how: Decoding) -> list[Transcript]:
    """Transcribe a batch of clips without sampling (temperature 0).

    Args:
        model: A Whisper model.
        waves: Mono samples at 16 kHz, each of shape (samples,), of any length.
        how: See `Decoding`.
    """
    clips = [pieces(wave) for wave in waves]
    with _decoding:
        heard = iter(_hear(model, [piece for clip in clips for piece in clip], how))
    return [_join([next(heard) for _ in clip], how) for clip in clips]


def pieces(wave: np.ndarray) -> list[np.ndarray]:
    """Cut samples, shape (samples,), into pieces that the window of 30 s holds.

    The pieces are about equally long: of a rest of few samples Whisper would make words up.
    """
    if len(wave) <= WHOLE * RATE:
        return [wave]
    n_pieces = math.ceil(len(wave) / (PIECE * RATE))
    return np.split(wave, [_quietest(wave, len(wave) * k // n_pieces) for k in range(1, n_pieces)])


def _quietest(wave: np.ndarray, near: int) -> int:
    """Return the middle of the quietest 50 ms within 1 s of a sample."""
    size = RATE // 20
    energy = np.square(wave[near - RATE : near + RATE].reshape(-1, size)).sum(axis=1)
    return near - RATE + int(energy.argmin()) * size + size // 2


def _hear(model: "Whisper", parts: list[np.ndarray], how: Decoding) -> "list[DecodingResult]":
    """Return what Whisper hears in each part: in the short window, and where that is doubtful in its own."""
    limits = {
        i: min(how.max_tokens, TOKENS + math.ceil(TOKENS_A_SECOND * len(part) / RATE))
        for i, part in enumerate(parts)
        if how.window < WHOLE and len(part) <= how.window * RATE
    }
    first = _run(model, [parts[i] for i in limits], how, how.window, max(limits.values(), default=0))
    heard = {
        i: result
        for (i, limit), result in zip(limits.items(), first, strict=True)
        if not _is_doubtful(result, limit, how)
    }
    rest = [i for i in range(len(parts)) if i not in heard]
    again = _run(model, [parts[i] for i in rest], how, WHOLE, how.max_tokens)
    heard |= zip(rest, again, strict=True)
    return [heard[i] for i in range(len(parts))]


def is_repeated(text: str) -> bool:
    """Tell whether a text repeats itself: it is compressed well, or says the same words twice and no other."""
    written, words = text.encode(), re.findall(r"\w+", text.lower())
    half = len(words) // 2
    return len(written) / len(zlib.compress(written)) > REPEATED or (half > 1 and words == 2 * words[:half])


def _is_doubtful(result: "DecodingResult", limit: int, how: Decoding) -> bool:
    return (
        len(result.tokens) >= limit
        or is_repeated(result.text)
        or result.avg_logprob < math.log(UNSURE)
        or result.no_speech_prob > how.no_speech / 2
    )


def _run(
    model: "Whisper", parts: list[np.ndarray], how: Decoding, window: int, max_tokens: int
) -> "list[DecodingResult]":
    """Decode parts that a window of so many seconds holds."""
    import torch
    import whisper

    if not parts:
        return []
    padded = [whisper.pad_or_trim(np.ascontiguousarray(part), window * RATE) for part in parts]
    mels = [
        whisper.log_mel_spectrogram(wave, n_mels=model.dims.n_mels) for wave in padded
    ]  # each (n_mels, 100 a second)
    options = whisper.DecodingOptions(
        language=how.language if model.is_multilingual else "en",
        beam_size=how.beam_size,
        sample_len=max_tokens,
        without_timestamps=True,
        fp16=how.precision == "float16",
    )
    with _short_window(model, window):
        return whisper.decode(model, torch.stack(mels).to(model.device), options)


@contextmanager
def _short_window(model: "Whisper", seconds: int) -> Iterator[None]:
    """Have the encoder take mel spectrograms of so many seconds in place of 30."""
    encoder: Any = model.encoder
    whole, n_frames = encoder.positional_embedding, model.dims.n_audio_ctx
    try:
        model.dims.n_audio_ctx = n_frames * seconds // WHOLE
        encoder.positional_embedding = whole[: model.dims.n_audio_ctx]
        yield
    finally:
        encoder.positional_embedding, model.dims.n_audio_ctx = whole, n_frames


def _join(results: "list[DecodingResult]", how: Decoding) -> Transcript:
    """Join the pieces of one clip, those left out in which nobody speaks."""
    spoken = [result for result in results if result.no_speech_prob <= how.no_speech]
    confidence = np.mean([math.exp(result.avg_logprob) for result in spoken]) if spoken else None
    return Transcript(
        text=" ".join(result.text.strip() for result in spoken).strip(),
        language=results[0].language,
        confidence=None if confidence is None else round(float(confidence), 6),
        no_speech=round(min(result.no_speech_prob for result in results), 6),
        truncated=any(len(result.tokens) >= how.max_tokens for result in spoken),
    )
