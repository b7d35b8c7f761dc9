"""Blocks `stress` and `importances`: systems whose test clips, or whose families of features, are changed."""

from pydantic import PositiveInt

from pipeline.config.base import Seed, Settings


class StressSettings(Settings):
    """How a system is stressed."""

    seed: Seed  # of noise, rooms and voices
    most_clips: PositiveInt | None  # of its test clips, of all classes alike; null: all


class ImportanceSettings(Settings):
    """How families of features are permuted."""

    seed: Seed
    repeats: PositiveInt
