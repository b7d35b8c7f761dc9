"""Block `asr`: transcription."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from pipeline.config.base import Settings


class Asr(Settings):
    """Transcription: where text comes from and how Whisper decodes."""

    source: Literal["whisper", "gold"] | None  # null: as the profile says
    gold: list[str]  # corpora whose own texts are read all the same
    # by corpus: a CSV or Parquet file of what another recogniser heard, which goes before the other two
    texts: dict[str, str] = Field(default={})
    studies: list[str]  # whose corpora are transcribed
    model: str
    language: str | None
    beam_size: PositiveInt | None
    max_tokens: Annotated[int, Field(ge=1, le=224)]  # a window; 224 is Whisper's own, the most
    window: Annotated[int, Field(ge=1, le=30)]  # seconds; what is heard doubtfully in it is heard again in 30
    no_speech: Annotated[float, Field(ge=0, le=1)]  # probability above which the text is left empty
    batch_size: PositiveInt
