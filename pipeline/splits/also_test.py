"""Corpora that are not split but tested besides: a model of one corpus on another.

So Triantafyllopoulos et al., Multistage linguistic conditioning of convolutional layers for speech emotion
recognition, arXiv:2110.06650, section 4.2: models of MSP-Podcast are tested on all of IEMOCAP, and each fold's
model of IEMOCAP on the test part of MSP-Podcast.
"""

import numpy as np
import pandas as pd

from pipeline.config.splits import SplitSettings
from pipeline.core.errors import PipelineError
from pipeline.curation.given_split import given_parts
from pipeline.splits.clips import NAMES, TEST, TRAIN, UNUSED, VAL

CROSS = "cross"  # the split of clips of other corpora than those that are split


def cross_rows(curated: pd.DataFrame, settings: SplitSettings) -> pd.DataFrame:
    """Return the utterances of the corpora that are tested besides.

    Raises:
        PipelineError: A corpus is both split and tested besides.
    """
    named = {*(settings.corpora or []), *settings.test_corpora}
    if both := sorted(named & set(settings.also_test)):
        raise PipelineError(
            f"split.also_test names {', '.join(both)}, which split.corpora or split.test_corpora name too: take "
            f"it out of one of them, for a corpus is either split or tested besides"
        )
    return curated[curated["corpus"].isin(settings.also_test)]


def cross_splits(rows: pd.DataFrame) -> np.ndarray:
    """Say which of the utterances are tested besides: the official test part of a corpus, or all of it.

    Args:
        rows: As `cross_rows` returns them.

    Returns:
        "cross" or "unused" each, shape (rows,), objects.

    Raises:
        PipelineError: A corpus has official splits, and none of them is test.
    """
    official = given_parts(rows)
    published = official.notna().groupby(rows["corpus"]).transform("any").astype(bool)
    tested = ~published | (official == NAMES[TEST])
    lacking = sorted(set(rows["corpus"]) - set(rows.loc[tested, "corpus"]))
    if lacking:
        raise PipelineError(
            f"split.also_test: {lacking[0]} has official splits, and no utterance that is left is of their test "
            f"part: take {lacking[0]} out of split.also_test, or look at the study's account in metrics/curation"
        )
    return np.where(tested, CROSS, NAMES[UNUSED]).astype(object)


def add_cross(fold: pd.DataFrame, rows: pd.DataFrame, splits: np.ndarray) -> pd.DataFrame:
    """Add to a fold what is tested besides, without copies of what it trains or validates on.

    Such copies are unused even where the fold itself may leak (`group_duplicates` off).

    Args:
        fold: Its utterances, with the columns group and split.
        rows: Those tested besides.
        splits: As `cross_splits` returns them.

    Returns:
        All utterances, sorted by id.
    """
    if rows.empty:
        return fold
    seen = fold.loc[fold["split"].isin([NAMES[TRAIN], NAMES[VAL]]), "group"]
    besides = rows.assign(split=np.where(rows["group"].isin(seen), NAMES[UNUSED], splits))
    return pd.concat([fold, besides]).sort_values("utterance_id", ignore_index=True)
