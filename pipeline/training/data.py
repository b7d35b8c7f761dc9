"""What a system is trained on: a study's clips, their inputs and their splits, the same for all seeds."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.core.errors import PipelineError

UNUSED = "unused"  # the split of rows that their fold leaves out


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
    """

    clips: pd.DataFrame
    classes: list[str]
    features: dict[str, np.ndarray | list[np.ndarray]]
    feature_names: dict[str, list[str]]
    texts: list[str | None] | None
    folds: dict[int, dict[str, np.ndarray]]
    split_seeds: dict[int, int]

    @property
    def targets(self) -> np.ndarray:
        """Class indices, shape (clips,), int64."""
        return pd.Index(self.classes).get_indexer(self.clips["label"]).astype(np.int64)

    def rows(self, fold: int, splits: list[str]) -> np.ndarray:
        """Return the sorted indices of a fold's clips that are in some splits."""
        return np.sort(np.concatenate([self.folds[fold][split] for split in splits]))


def clips_of(split_table: pd.DataFrame) -> pd.DataFrame:
    """Return the examples of a split table, one row each however many folds there are, sorted by id."""
    columns = ["example_id", "utterance_id", "group", "corpus", "speaker", "sex", "label"]
    used = split_table.loc[split_table["split"] != UNUSED, columns]
    return used.drop_duplicates("example_id").sort_values("example_id", ignore_index=True)


def folds_of(split_table: pd.DataFrame, clips: pd.DataFrame) -> dict[int, dict[str, np.ndarray]]:
    """Return each fold's row indices by split, sorted."""
    position = pd.Index(clips["example_id"])
    return {
        int(fold): {
            split: np.sort(position.get_indexer(rows.loc[rows["split"] == split, "example_id"]))
            for split in ("train", "val", "test")
        }
        for fold, rows in split_table.groupby("fold", sort=True)
    }


def split_seeds_of(split_table: pd.DataFrame) -> dict[int, int]:
    """Return the seed that each fold was cut with."""
    seeds = split_table.drop_duplicates("fold").set_index("fold")["split_seed"]
    return {int(fold): int(seed) for fold, seed in seeds.items()}


def check_training(data: StudyData, fold: int, train_on: list[str], where: str) -> None:
    """Raise a `PipelineError` where there is nothing to learn from, or a label that is no class."""
    unknown = sorted(set(data.clips["label"]) - set(data.classes))
    if unknown:
        raise PipelineError(f"{where}: labels {unknown} are not among the study's classes {data.classes}")
    present = data.clips["label"].iloc[data.rows(fold, train_on)].unique()
    if len(present) < 2:
        raise PipelineError(
            f"{where}: fold {fold} has {len(present)} class(es) to train on ({', '.join(train_on)}), "
            "expected two or more: look at the study's account in metrics/curation"
        )


def split_digest(split_table: pd.DataFrame) -> str:
    """Return a digest of who is in which split and class."""
    columns = split_table[["example_id", "label", "fold", "split_seed", "split"]]
    return hashlib.blake2b(columns.to_csv(index=False).encode(), digest_size=8).hexdigest()
