"""Decode many clips at a time with openai-whisper.

`whisper.transcribe` takes one clip at a time; its encoder and decoder take batches. Every clip is padded to
Whisper's window of 30 s, so that what is recognised does not depend on what else is in the batch.

Source: Radford et al. 2023, "Robust Speech Recognition via Large-Scale Weak Supervision", arXiv:2212.04356.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from whisper.model import Whisper

RATE = 16_000  # Hz, Whisper's own
WINDOW = 30 * RATE  # samples


@dataclass(frozen=True)
class Transcript:
    """What was said in one clip."""

    text: str
    language: str
    confidence: float  # geometric mean of the token probabilities, in [0, 1]


def windows(wave: np.ndarray) -> list[np.ndarray]:
    """Cut samples, shape (samples,), into runs of at most 30 s; an empty clip is one empty run."""
    return [wave[start : start + WINDOW] for start in range(0, max(len(wave), 1), WINDOW)]


def decode(
    model: "Whisper",
    waves: list[np.ndarray],
    *,
    language: str | None,
    beam_size: int | None,
    max_tokens: int,
) -> list[Transcript]:
    """Transcribe a batch of clips without sampling (temperature 0).

    Args:
        model: A Whisper model.
        waves: Mono samples at 16 kHz, each of shape (samples,); what is longer than 30 s is cut into windows.
        language: Code such as "en"; None lets Whisper detect it, clip by clip.
        beam_size: Beams; None is greedy.
        max_tokens: Most tokens decoded a window.
    """
    import torch
    import whisper

    parts = [windows(wave) for wave in waves]
    mels = [
        whisper.log_mel_spectrogram(whisper.pad_or_trim(np.ascontiguousarray(part)), n_mels=model.dims.n_mels)
        for clip in parts
        for part in clip
    ]  # each (n_mels, 3000)
    options = whisper.DecodingOptions(
        language=language if model.is_multilingual else "en",
        beam_size=beam_size,
        sample_len=max_tokens,
        without_timestamps=True,
        fp16=model.device.type == "cuda",
    )
    results = iter(whisper.decode(model, torch.stack(mels).to(model.device), options))
    return [_join([next(results) for _ in clip]) for clip in parts]


def _join(results: list) -> Transcript:
    """Join the windows of one clip; its confidence is the mean of theirs."""
    confidence = float(np.mean([math.exp(result.avg_logprob) for result in results]))
    text = " ".join(result.text.strip() for result in results).strip()
    return Transcript(text, results[0].language, round(confidence, 6))
