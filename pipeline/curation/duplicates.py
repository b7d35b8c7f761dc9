"""Groups of clips that hold the same recording, within and across corpora.

Exact: the decoded mono samples are equal, so also a WAV and an AIFF of one recording. Near: the fingerprints
agree (`pipeline.curation.near`). Both kinds of links make groups together: what is near to an exact copy
belongs to its group. One clip of a group is its representative, which is what deduplication keeps.

A group is in conflict where clips of one and the same corpus contradict each other, in their labels or in
their speakers: one of them must be wrong, and nobody can say which. Labels of different corpora are not
compared, since each has its own words.
"""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.curation.fingerprint import from_bytes
from pipeline.curation.near import near_pairs
from pipeline.curation.status import OK

NONE, EXACT, NEAR = "none", "exact", "near"
COLUMNS = ["utterance_id", "group", "kind", "keep", "conflict"]


def find_duplicates(index: pd.DataFrame) -> pd.DataFrame:
    """Group the copies among the readable clips.

    Args:
        index: The rows of all corpora's indexes, with a column "corpus".

    Returns:
        One row for each of the index's rows, in its order: utterance_id, group (the representative's id),
        kind, keep (whether it is the representative) and conflict. A quarantined clip is a group of its own.
    """
    table = index.reset_index(drop=True)
    readable = table[table["status"] == OK]
    table["component"] = -1 - np.arange(len(table))
    table.loc[readable.index, "component"] = components(readable)
    preferred = table.iloc[preference(table)].drop_duplicates("component")
    representative = preferred.set_index("component")["utterance_id"]
    conflicts = conflicting(table)
    return pd.DataFrame(
        {
            "utterance_id": table["utterance_id"],
            "group": table["component"].map(representative),
            "kind": kinds(table),
            "keep": table.index.isin(preferred.index),
            "conflict": table["component"].isin(conflicts),
        },
        columns=COLUMNS,
    )


def components(readable: pd.DataFrame) -> np.ndarray:
    """Number the groups of readable clips, shape (clips,): equal numbers for copies of each other."""
    sounds, names = pd.factorize(readable["audio_hash"])
    one_each = readable.drop_duplicates("audio_hash")["fingerprint"]
    pairs, _ = near_pairs([from_bytes(data) for data in one_each])
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(names), len(names)))
    _, component_of_sound = connected_components(links, directed=False)
    return component_of_sound[sounds]


def preference(table: pd.DataFrame) -> np.ndarray:
    """Return the order, best first, in which clips are taken as representatives.

    First those without a note (a codec, clipping, ...), at their corpus's usual rate, with a high rate, with
    more of the recording, less deep in the corpus's folders; last, the smaller id.
    """
    usual_rate = table.groupby("corpus")["rate"].transform(lambda rates: rates.mode().max())
    keys = [
        table["notes"].notna(),
        table["rate"] != usual_rate,
        -table["rate"],
        -table["seconds"].round(1),
        table["path"].str.count("/"),
        table["utterance_id"],
    ]
    return np.lexsort(keys[::-1])


def kinds(table: pd.DataFrame) -> np.ndarray:
    """Say of each clip whether an exact copy of it exists, else whether a near one does, shape (clips,)."""
    in_group = table["component"].duplicated(keep=False)
    has_exact = in_group & table.duplicated(["component", "audio_hash"], keep=False)
    return np.select([has_exact, in_group], [EXACT, NEAR], NONE)


def conflicting(table: pd.DataFrame) -> pd.Index:
    """Return the components in which one corpus contradicts itself."""
    members = table[table["component"].duplicated(keep=False)]
    opinions = members.groupby(["component", "corpus"])[["label", "speaker"]].nunique()
    return opinions[(opinions > 1).any(axis=1)].index.get_level_values("component").unique()


def list_groups(index: pd.DataFrame, duplicates: pd.DataFrame) -> pd.DataFrame:
    """List the members of all groups of more than one, for a person to read, representatives first."""
    shown = ["utterance_id", "path", "speaker", "label", "seconds", "rate"]
    rows = duplicates[duplicates["kind"] != NONE].merge(index[shown], on="utterance_id")
    rows = rows.sort_values(["group", "keep", "utterance_id"], ascending=[True, False, True])
    return rows[["group", "kind", *shown, "keep", "conflict"]].round({"seconds": 3}).astype({"rate": int})
