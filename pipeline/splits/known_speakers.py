"""Speakers on whom a system is both trained and tested, told where a protocol promises that there are none."""

from collections.abc import Collection

import pandas as pd

from pipeline.corpora.contract import voices

TESTED = ("test", "cross")


def known_speakers(counts: pd.DataFrame, train_on: Collection[str]) -> pd.DataFrame:
    """Return the tested clips whose speaker, or one of them, is trained on in the same fold.

    Args:
        counts: As `pipeline.splits.table.count_splits` returns them.
        train_on: The splits that are trained on.

    Returns:
        The rows of the counts, of test and cross: as many clips as their column n says.
    """
    named = counts[counts["speaker"].fillna("") != ""]
    by_name = {name: voices(name) for name in named["speaker"].unique()}
    trained = named[named["split"].isin(train_on)]
    heard = {
        (fold, voice)
        for fold, name in zip(trained["fold"], trained["speaker"], strict=True)
        for voice in by_name[name]
    }
    tested = named[named["split"].isin(TESTED)]
    known = [
        any((fold, voice) in heard for voice in by_name[name])
        for fold, name in zip(tested["fold"], tested["speaker"], strict=True)
    ]
    return tested[known]


def known_speakers_warning(
    counts: pd.DataFrame, train_on: Collection[str], protocol: str, new_speakers: bool | None
) -> str | None:
    """Say how many tested clips are of speakers who are trained on; None where that is as the protocol says.

    Args:
        counts: As `pipeline.splits.table.count_splits` returns them.
        train_on: The splits that are trained on.
        protocol: Its name.
        new_speakers: What it says: nobody who is tested was trained on; None leaves it to the corpora.
    """
    if new_speakers is False:
        return None
    known = known_speakers(counts, train_on)
    if known.empty:
        return None
    n_tested = counts.loc[counts["split"].isin(TESTED), "n"].sum()
    says = "leaves that to the corpora" if new_speakers is None else "says that there are none"
    return (
        f"{known['n'].sum():,} of {n_tested:,} tested clips are of {known['speaker'].nunique():,} speakers who are "
        f"trained on, such as {known['speaker'].iloc[0]}; protocol {protocol} {says}: do not take the scores for "
        f"those of new speakers"
    )
