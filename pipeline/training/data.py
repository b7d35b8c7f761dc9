"""What a system is trained on: a study's clips, their inputs and their splits, the same for all seeds."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.config.systems import DIMENSIONS, EMOTION
from pipeline.core.errors import PipelineError

UNUSED = "unused"  # the split of rows that their fold leaves out
SPLITS = ("train", "val", "test", "cross")  # cross: of other corpora than those trained on, tested besides


@dataclass(frozen=True)
class StudyData:
    """A study's clips, and the augmented copies of them that it trains on, one row each; and where each fold puts
    them.

    Attributes:
        clips: example_id, utterance_id, group (of copies), corpus, speaker, sex and label, sorted by example_id.
        classes: The study's classes, in its order.
        features: By slot (`features`, `second`): shape (clips, ...), rows as in `clips`; a list of one array a
            clip where their shapes differ.
        feature_names: By slot, where a feature set has names.
        texts: Transcripts, rows as in `clips`; None for a system without text.
        folds: By fold and split: indices of rows.
        split_seeds: By fold: the seed it was cut with.
        dimensions: Arousal, valence and dominance on the corpus's own scale, shape (clips, 3), float32; NaN where
            it gives none. None: there are none of any clip.
    """

    clips: pd.DataFrame
    classes: list[str]
    features: dict[str, np.ndarray | list[np.ndarray]]
    feature_names: dict[str, list[str]]
    texts: list[str | None] | None
    folds: dict[int, dict[str, np.ndarray]]
    split_seeds: dict[int, int]
    dimensions: np.ndarray | None = None

    @property
    def targets(self) -> np.ndarray:
        """Class indices, shape (clips,), int64."""
        return pd.Index(self.classes).get_indexer(self.clips["label"]).astype(np.int64)

    def values(self, targets: list[str]) -> np.ndarray:
        """Return the true values of some dimensions, shape (clips, targets), float32, with NaN for unknown."""
        if self.dimensions is None:
            return np.full((len(self.clips), len(targets)), np.nan, np.float32)
        return self.dimensions[:, [DIMENSIONS.index(target) for target in targets]]

    def lacking(self, targets: list[str]) -> np.ndarray:
        """Tell of each clip whether one of the targets is unknown, shape (clips,); a class never is."""
        if EMOTION in targets:
            return np.zeros(len(self.clips), dtype=bool)
        return np.isnan(self.values(targets)).any(axis=1)

    def rows(self, fold: int, splits: list[str]) -> np.ndarray:
        """Return the sorted indices of a fold's clips that are in some splits; one it does not have is empty."""
        parts = [self.folds[fold].get(split, np.empty(0, np.int64)) for split in splits]
        return np.sort(np.concatenate(parts))


def clips_of(split_table: pd.DataFrame) -> pd.DataFrame:
    """Return the examples of a split table, one row each however many folds there are, sorted by id."""
    columns = ["example_id", "utterance_id", "group", "corpus", "speaker", "sex", "label"]
    used = split_table.loc[split_table["split"] != UNUSED, columns]
    return used.drop_duplicates("example_id").sort_values("example_id", ignore_index=True)


def dimensions_of(split_table: pd.DataFrame, clips: pd.DataFrame) -> np.ndarray:
    """Return the clips' dimensions, as `StudyData` holds them."""
    once = split_table.drop_duplicates("example_id").set_index("example_id")
    return once.loc[clips["example_id"], list(DIMENSIONS)].to_numpy(np.float32)


def complete(data: StudyData, targets: list[str]) -> StudyData:
    """Take the clips that lack one of the targets out of all folds; a study where none does comes back as it is."""
    lacking = data.lacking(targets)
    folds = {
        fold: {split: rows[~lacking[rows]] for split, rows in splits.items()}
        for fold, splits in data.folds.items()
    }
    return replace(data, folds=folds) if lacking.any() else data


def folds_of(split_table: pd.DataFrame, clips: pd.DataFrame) -> dict[int, dict[str, np.ndarray]]:
    """Return each fold's row indices by split, sorted."""
    position = pd.Index(clips["example_id"])
    return {
        int(fold): {
            split: np.sort(position.get_indexer(rows.loc[rows["split"] == split, "example_id"]))
            for split in SPLITS
        }
        for fold, rows in split_table.groupby("fold", sort=True)
    }


def split_seeds_of(split_table: pd.DataFrame) -> dict[int, int]:
    """Return the seed that each fold was cut with."""
    seeds = split_table.drop_duplicates("fold").set_index("fold")["split_seed"]
    return {int(fold): int(seed) for fold, seed in seeds.items()}


def check_training(
    data: StudyData, fold: int, train_on: list[str], where: str, targets: Sequence[str] = (EMOTION,)
) -> None:
    """Raise a `PipelineError` where there is nothing to learn from, or a label that is no class.

    Args:
        data: The study.
        fold: Of it.
        train_on: Splits.
        where: The system, for the error.
        targets: What is learned: classes, or dimensions.
    """
    if EMOTION not in targets:
        _check_values(data, fold, train_on, where, targets)
        return
    unknown = sorted(set(data.clips["label"]) - set(data.classes))
    if unknown:
        raise PipelineError(f"{where}: labels {unknown} are not among the study's classes {data.classes}")
    present = data.clips["label"].iloc[data.rows(fold, train_on)].unique()
    if len(present) < 2:
        raise PipelineError(
            f"{where}: fold {fold} has {len(present)} class(es) to train on ({', '.join(train_on)}), "
            "expected two or more: look at the study's account in metrics/curation"
        )


def _check_values(
    data: StudyData, fold: int, train_on: list[str], where: str, targets: Sequence[str]
) -> None:
    values = data.values(list(targets))[data.rows(fold, train_on)]  # (clips, targets)
    for name, column in zip(targets, values.T, strict=True):
        n_different = len(np.unique(column[~np.isnan(column)]))
        if n_different < 2:
            raise PipelineError(
                f"{where}: fold {fold} has {n_different} different value(s) of {name} to train on "
                f"({', '.join(train_on)}) among clips that have all of {', '.join(targets)}; expected two or more: "
                "take corpora that give them, or other targets"
            )


def split_digest(split_table: pd.DataFrame) -> str:
    """Return a digest of who is in which split, and of the classes and dimensions."""
    columns = split_table[["example_id", "label", *DIMENSIONS, "fold", "split_seed", "split"]]
    return hashlib.blake2b(columns.to_csv(index=False).encode(), digest_size=8).hexdigest()
