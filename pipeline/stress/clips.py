"""The clips that a system is stressed with: the test clips of its first run, and training clips for a babble."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.audio.reading import read_sound
from pipeline.config.plans import EvaluatedSplit
from pipeline.core.errors import PipelineError
from pipeline.core.paths import index_path, predictions_path, split_path
from pipeline.core.tables import read_table
from pipeline.corpora.corpus_audio import corpus_audio
from pipeline.evaluation.scores import class_order, number_runs

N_POOL = 24  # training clips that voices are taken of
COLUMNS = ["utterance_id", "corpus", "speaker", "sex", "label", "seed", "fold", "path"]

Sound = tuple[np.ndarray, int]  # mono samples and their rate in Hz


@dataclass(frozen=True)
class Tested:
    """The test clips of a system.

    Attributes:
        clips: The columns `COLUMNS`, a row a clip; seed and fold are those of the model that is asked about it.
        classes: Of the study.
    """

    clips: pd.DataFrame
    classes: list[str]


def read_tested(system: str, most_clips: int | None = None) -> Tested | None:
    """Return the test clips of a system's first seed and split, all folds; None where it was skipped.

    Args:
        system: That was trained, or whose predictions were made elsewhere.
        most_clips: Take no more, of all classes alike, the same ones each time; None takes all.

    Raises:
        PipelineError: It predicts dimensions.
    """
    predictions = read_table(predictions_path(system))
    classes = class_order(predictions)
    if not classes:
        raise PipelineError(
            f"{system} predicts dimensions: stress is about decisions, so name a system of classes"
        )
    test = predictions[predictions["split"] == "test"]
    if test.empty:
        return None
    clips = test[number_runs(test) == 0].sort_values(["label", "utterance_id"], ignore_index=True)
    if most_clips is not None and most_clips < len(clips):
        rows = np.linspace(0, len(clips) - 1, most_clips).round().astype(int)
        clips = clips.iloc[rows].reset_index(drop=True)
    return Tested(_with_paths(clips)[COLUMNS], classes)


def read_mono(path: Path) -> Sound:
    """Read a file as mono samples at its own rate."""
    sound = read_sound(path)
    return sound.mono, sound.rate


class Voices:
    """Training clips, of which each test clip's babble is made; they are read once.

    Args:
        split: Whose training part they are drawn of.
        seed: Of the draw.
    """

    def __init__(self, split: EvaluatedSplit, seed: int) -> None:
        columns = ["example_id", "utterance_id", "corpus", "speaker", "split"]
        table = read_table(split_path(split.study, split.variant), columns)
        own = table["split"].isin(split.train_on) & (table["example_id"] == table["utterance_id"])
        clips = table[own].drop_duplicates("utterance_id").sort_values("utterance_id", ignore_index=True)
        if len(clips) < 2:
            raise PipelineError(f"{split.study}/{split.variant} has no training clips to make a babble of")
        rows = np.random.default_rng(seed).permutation(len(clips))[:N_POOL]
        self._pool = _with_paths(clips.iloc[np.sort(rows)].reset_index(drop=True))
        self._read: Callable[[Path], Sound] = cache(read_mono)

    def around(self, clip: str, speaker: str | None) -> list[Sound]:
        """Return the voices of other speakers than a clip's, or of all other clips where there are too few."""
        others = self._pool[self._pool["utterance_id"] != clip]
        strangers = others[others["speaker"] != speaker]
        return [self._read(path) for path in (strangers if len(strangers) > 1 else others)["path"]]


def _with_paths(clips: pd.DataFrame) -> pd.DataFrame:
    """Add the file of each clip."""
    by_clip: dict[str, Path] = {}
    for corpus in clips["corpus"].unique():
        index = read_table(index_path(corpus), ["utterance_id", "path"])
        root = corpus_audio(corpus)
        by_clip |= {
            clip: root / path for clip, path in zip(index["utterance_id"], index["path"], strict=True)
        }
    return clips.assign(path=clips["utterance_id"].map(by_clip))
