"""Block `stress`: the systems whose test clips are made louder, noisy, coded, reverberant and shorter."""

from pydantic import PositiveInt

from pipeline.config.base import Seed, Settings


class StressSettings(Settings):
    """How a system is stressed."""

    seed: Seed  # of noise, rooms and voices
    most_clips: PositiveInt | None  # of its test clips, of all classes alike; null: all
