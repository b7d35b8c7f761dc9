"""Block `asr`: transcription."""

from typing import Literal

from pydantic import PositiveInt

from pipeline.config.base import Settings


class Asr(Settings):
    """Transcription: where text comes from and how Whisper decodes."""

    source: Literal["whisper", "gold"] | None  # null: as the profile says
    gold: list[str]  # corpora whose own texts are read all the same
    studies: list[str]  # whose corpora are transcribed
    model: str
    language: str | None
    beam_size: PositiveInt | None
    max_tokens: PositiveInt
    batch_size: PositiveInt
