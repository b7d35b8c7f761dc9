"""Groups of clips that hold the same recording, within and across corpora.

Exact: the decoded mono samples are equal, so also a WAV and an AIFF of one recording. Near: the fingerprints
agree (`pipeline.curation.near`). Both kinds of links make groups together: what is near to an exact copy
belongs to its group. One clip of a group is its representative, which is what deduplication keeps.

A group is in conflict where clips of one and the same corpus contradict each other, in their labels or in
their speakers: one of them must be wrong, and nobody can say which. Labels of different corpora are not
compared, since each has its own words.
"""

from collections.abc import Iterable
from itertools import compress

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.curation.fingerprint import from_bytes
from pipeline.curation.near import near_pairs
from pipeline.curation.status import OK

NONE, EXACT, NEAR = "none", "exact", "near"
COLUMNS = ["utterance_id", "group", "kind", "keep", "conflict"]


def find_duplicates(index: pd.DataFrame, fingerprints: Iterable[bytes | None] | None = None) -> pd.DataFrame:
    """Group the copies among the readable clips.

    Args:
        index: The rows of all corpora's indexes, with a column "corpus".
        fingerprints: Of each row, read once, where the index is too large to hold them; its own column
            "fingerprint" if None.

    Returns:
        One row for each of the index's rows, in its order: utterance_id, group (the representative's id),
        kind, keep (whether it is the representative) and conflict. A quarantined clip is a group of its own.
    """
    index = index.reset_index(drop=True)
    component = components(index, index["fingerprint"] if fingerprints is None else fingerprints)
    usual_rate = index.groupby("corpus")["rate"].transform(lambda rates: rates.mode().max())
    index = index.assign(component=component, usual_rate=usual_rate)
    copies = index[index["component"].duplicated(keep=False)]  # of these alone there is more to say
    best = copies.iloc[preference(copies)].drop_duplicates("component")
    best_of = pd.Series(best.index, best["component"])
    representative = index.index.to_series()
    representative[copies.index] = copies["component"].map(best_of)
    kind = pd.Series(NONE, index.index)
    kind[copies.index] = kinds(copies)
    conflicts = conflicting(copies)
    return pd.DataFrame(
        {
            "utterance_id": index["utterance_id"],
            "group": index["utterance_id"].take(representative).set_axis(index.index),
            "kind": kind,
            "keep": representative == index.index,
            "conflict": index["component"].isin(conflicts),
        },
        columns=COLUMNS,
    )


def components(index: pd.DataFrame, fingerprints: Iterable[bytes | None]) -> np.ndarray:
    """Number the groups of clips, shape (clips,): equal numbers for copies of each other."""
    readable = np.flatnonzero(index["status"] == OK)
    sounds, names = pd.factorize(index["audio_hash"].iloc[readable])
    is_new = np.zeros(len(index), bool)
    is_new[readable] = ~pd.Series(sounds).duplicated()
    pairs, _ = near_pairs(from_bytes(data or b"") for data in compress(fingerprints, is_new))
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(names), len(names)))
    _, component_of_sound = connected_components(links, directed=False)
    numbers = -1 - np.arange(len(index))
    numbers[readable] = component_of_sound[sounds]
    return numbers


def preference(copies: pd.DataFrame) -> np.ndarray:
    """Return the order, best first, in which clips are taken as representatives.

    First those without a note (a codec, clipping, ...), at their corpus's usual rate, with a high rate, with
    more of the recording, less deep in the corpus's folders; last, the smaller id.
    """
    keys = [
        copies["notes"].notna(),
        copies["rate"] != copies["usual_rate"],
        -copies["rate"],
        -copies["seconds"].round(1),
        copies["path"].str.count("/"),
        copies["utterance_id"].rank(),
    ]
    return np.lexsort(keys[::-1])


def kinds(copies: pd.DataFrame) -> np.ndarray:
    """Say of each clip whether an exact copy of it exists, else a near one does, shape (clips,)."""
    return np.where(copies.duplicated(["component", "audio_hash"], keep=False), EXACT, NEAR)


def conflicting(copies: pd.DataFrame) -> pd.Index:
    """Return the components in which one corpus contradicts itself."""
    opinions = copies.groupby(["component", "corpus"])[["label", "speaker"]].nunique()
    return opinions[(opinions > 1).any(axis=1)].index.get_level_values("component").unique()


def list_groups(index: pd.DataFrame, duplicates: pd.DataFrame) -> pd.DataFrame:
    """List the members of all groups of more than one, for a person to read, representatives first.

    Args:
        index: The rows of all corpora's indexes.
        duplicates: What `find_duplicates` says of them, in the same order.
    """
    listed = (duplicates["kind"] != NONE).to_numpy()
    shown = index.loc[listed, ["utterance_id", "path", "speaker", "label", "seconds", "rate"]]
    rows = shown.assign(**{name: duplicates.loc[listed, name] for name in COLUMNS[1:]})
    rows = rows.sort_values(["group", "keep", "utterance_id"], ascending=[True, False, True])
    return rows[["group", "kind", *shown, "keep", "conflict"]].round({"seconds": 3}).astype({"rate": int})
