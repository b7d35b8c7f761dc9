"""Cutting a study's utterances into training, validation and test, by one of several protocols.

A protocol says for a seed which split each utterance is in, in one fold or several. Copies of one recording are
never in two splits of a fold, unless `group_duplicates` is off, which is how published protocols leak. The
training of each fold is then resampled. Corpora that are not split may be tested besides.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.config.splits import SplitSettings
from pipeline.core.errors import PipelineError
from pipeline.core.schemas import SPLIT
from pipeline.splits.also_test import CROSS, add_cross, cross_rows, cross_splits
from pipeline.splits.clips import NAMES, TEST, UNUSED, as_clips
from pipeline.splits.noise import noise_files
from pipeline.splits.protocols import find_protocol
from pipeline.splits.resample import resample

MOST_FOLDS = np.iinfo(SPLIT.field("fold").type.to_pandas_dtype()).max


def split_utterances(
    curated: pd.DataFrame, settings: SplitSettings, noise: str | None = None
) -> pd.DataFrame:
    """Put each utterance into a split of each fold, and resample what is trained on.

    Args:
        curated: A study's utterances, with the columns of `CURATED`.
        settings: Protocol, corpora, proportions, seeds and resampling.
        noise: Folder of noise for copies that are mixed with some.

    Returns:
        The columns of `SPLIT`, sorted by fold and example id: every utterance of the settings' corpora once a
        fold, those of `also_test` among them, and the transformed copies that are to be trained on. The folds of
        the second seed are numbered after those of the first.

    Raises:
        PipelineError: The utterances cannot be divided so.
    """
    besides = cross_rows(curated, settings)
    rows = curated[~curated["corpus"].isin(settings.also_test)]
    if settings.corpora is not None:
        rows = rows[rows["corpus"].isin(settings.corpora)]
    rows = rows.sort_values("utterance_id", ignore_index=True)
    if rows.empty:
        return rows.reindex(columns=SPLIT.names)
    clips = as_clips(rows, settings.group_duplicates)
    protocol = find_protocol(settings.protocol)
    by_seed = [protocol.cut(clips, settings, seed) for seed in settings.seeds]
    _check_seeds(by_seed, settings)
    return pd.concat(_examples(rows, besides, by_seed, settings, noise), ignore_index=True)[SPLIT.names]


def _examples(
    rows: pd.DataFrame,
    besides: pd.DataFrame,
    by_seed: list[list[np.ndarray]],
    settings: SplitSettings,
    noise: str | None,
) -> Iterator[pd.DataFrame]:
    names = pd.Series(NAMES, dtype="str")
    cross = cross_splits(besides)
    recorded = [*noise_files(noise)] if settings.resampling.needs_noise else []
    fold = 0
    for seed, folds in zip(settings.seeds, by_seed, strict=True):
        for splits in folds:
            assigned = add_cross(rows.assign(split=names.take(splits).array), besides, cross)
            yield resample(assigned, settings.resampling, seed, recorded).assign(split_seed=seed, fold=fold)
            fold += 1


def _check_seeds(by_seed: list[list[np.ndarray]], settings: SplitSettings) -> None:
    """Raise where several seeds would give the same split again and again, or too many folds."""
    first, *others = by_seed
    if len(first) * len(by_seed) > MOST_FOLDS:
        raise PipelineError(
            f"split.protocol {settings.protocol} makes {len(first):,} folds for each of {len(by_seed)} seeds; "
            f"expected {MOST_FOLDS:,} or fewer in all: set split.protocol to speaker_k_fold"
        )
    alike = all(
        np.array_equal(one, other) for folds in others for one, other in zip(first, folds, strict=True)
    )
    if others and alike and settings.resampling.method == "none":
        raise PipelineError(
            f"split.seeds are {settings.seeds}, but every seed gives the same split: in split.protocol "
            f"{settings.protocol} nothing is random, with these settings and data. Expected one seed"
        )


def count_splits(table: pd.DataFrame) -> pd.DataFrame:
    """Count the examples of each fold, split, class and speaker.

    Args:
        table: As `split_utterances` returns it.

    Returns:
        fold, split, label, speaker, n; n_copies: how many of them are transformed copies; n_shared: how many
        are of a recording that is also in another split of the fold (test and cross are no two: neither is
        trained on).
    """
    splits = pd.Index(NAMES).get_indexer(table["split"].replace(CROSS, NAMES[TEST]))
    recording = table.groupby(["fold", "group"], sort=False).ngroup().to_numpy()
    lowest = np.full(recording.max(initial=-1) + 1, UNUSED)
    highest = np.full(len(lowest), -1)
    used = splits != UNUSED
    np.minimum.at(lowest, recording[used], splits[used])
    np.maximum.at(highest, recording[used], splits[used])
    flags = pd.DataFrame(
        {
            "n": 1,
            "n_copies": table["transform"].notna().astype(int),
            "n_shared": (used & (lowest < highest)[recording]).astype(int),
        },
        index=table.index,
    )
    keys = [table["fold"], table["split"], table["label"], table["speaker"].fillna("")]
    return flags.groupby(keys).sum().reset_index()


def untrained_classes(counts: pd.DataFrame) -> dict[str, int]:
    """Return in how many folds a class is tested and not trained on, by class; without those in none.

    Args:
        counts: As `count_splits` returns them.
    """
    present = counts.pivot_table(
        index=["fold", "label"], columns="split", values="n", aggfunc="sum", fill_value=0
    )
    present = present.reindex(columns=[*NAMES, CROSS], fill_value=0)
    missing = present[(present["test"] + present[CROSS] > 0) & (present["train"] == 0)]
    return missing.groupby("label").size().to_dict()
