"""The split that a corpus gives, "train", "fold_2" or "train fold_2" a clip: what it says, and who crosses it."""

from collections.abc import Iterator

import pandas as pd

from pipeline.corpora.contract import voices
from pipeline.curation.status import OK

FOLD = "fold_"  # what stands before the name of a fold
TESTED, LEARNT = "test", ("train", "val")


def given_parts(rows: pd.DataFrame) -> pd.Series:
    """Return which of train, val and test the official splits of rows name; null where none."""
    parts = rows["official_split"].astype("str").str.replace(rf" ?{FOLD}.*$", "", regex=True)
    return parts.mask(parts == "")


def given_folds(rows: pd.DataFrame) -> pd.Series:
    """Return the folds that the official splits of rows name; null where none."""
    return rows["official_split"].astype("str").str.extract(rf"(?:^| ){FOLD}(.+)$", expand=False)


def crossings(rows: pd.DataFrame) -> list[str]:
    """Say which speakers and recordings a given split has on both sides, corpus by corpus.

    Args:
        rows: Of indexes, with the columns corpus and group beside.
    """
    used = rows[(rows["status"] == OK) & rows["official_split"].notna()]
    return [f"{corpus}: {sentence}" for corpus, own in used.groupby("corpus") for sentence in _of_corpus(own)]


def _of_corpus(rows: pd.DataFrame) -> Iterator[str]:
    parts, folds = given_parts(rows), given_folds(rows)
    speakers = _spoken(rows)
    tested, learnt = parts == TESTED, parts.isin(LEARNT)
    for what, units, unit in (("speakers", *speakers), ("recordings", rows.index, rows["group"])):
        asked = {*unit[tested.loc[units].to_numpy()]}
        if both := sorted(asked & {*unit[learnt.loc[units].to_numpy()]}):
            n = f"{len(both):,} of {len(asked):,}"
            yield f"{n} {what} that its own split tests are trained on as well, such as {both[0]}"
        of_fold = folds.loc[units].to_numpy()
        n_folds = pd.Series(of_fold).groupby(unit.to_numpy()).nunique()
        if torn := sorted(n_folds[n_folds > 1].index):
            yield f"{len(torn):,} of {len(n_folds):,} {what} are in several of its own folds, such as {torn[0]}"


def _spoken(rows: pd.DataFrame) -> tuple[pd.Index, pd.Series]:
    """Return who speaks in which row, once for each voice: row labels and voices."""
    known = rows["speaker"].dropna()
    by_name = {name: voices(name) for name in known.unique()}
    spoken = known.map(by_name).explode()
    return spoken.index, spoken.astype("str")
