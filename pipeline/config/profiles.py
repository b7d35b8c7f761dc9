"""Block `profiles`: which corpora there are, and how large the training is."""

from typing import Literal

from pipeline.config.base import Settings


class Profile(Settings):
    """Which corpora stand behind each study, and how large the training is."""

    size: Literal["small", "full"]
    asr_source: Literal["whisper", "gold"]
    weights: Literal["published", "random"]  # of systems that start from published ones
    corpora: dict[str, list[str]]  # by study
    # folder of noise for copies with recorded_noise, or "synthetic"; null: variants that need it are not split
    noise: str | None = None
    systems: list[str] | None = None  # those of the template new_speakers that it trains; null: all
