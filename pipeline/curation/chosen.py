"""What a study takes of a corpus by choice: its official parts, and at most so many clips of each class."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import pandas as pd

from pipeline.curation.given_split import given_parts


def outside_parts(rows: pd.DataFrame, parts: Mapping[str, Sequence[str]]) -> pd.Series:
    """Return which official part each row is of whose corpus is taken in other parts alone.

    Args:
        rows: Of indexes, with the columns corpus and official_split.
        parts: By corpus: the parts that are taken; all of a corpus that is not named.

    Returns:
        Names of parts ("no part" where the corpus gives the row none), under the row labels of those that go.
    """
    found = given_parts(rows).fillna("no part")
    taken = pd.Series(True, rows.index)
    for corpus, names in parts.items():
        own = rows["corpus"] == corpus
        taken[own] = found[own].isin(names)
    return found[~taken]


def not_drawn(rows: pd.DataFrame, per_class: Mapping[str, int], seed: int) -> pd.Series:
    """Return the rows that a draw leaves out, as how many of its corpus and class were drawn, under their labels.

    A row's turn follows from a hash of the seed and its id, so that a further clip moves at most one other out.

    Args:
        rows: With the columns utterance_id, corpus and label, the study's class.
        per_class: By corpus: the most that are drawn of each class; all of a corpus that is not named.
        seed: Of the draw.
    """
    most = rows["corpus"].map(per_class).astype(float)
    named = rows[most.notna()]
    keys = [blake2b(f"{seed} {name}".encode(), digest_size=8).hexdigest() for name in named["utterance_id"]]
    in_turn = named.assign(key=keys).sort_values("key")
    turn = in_turn.groupby(["corpus", "label"]).cumcount().reindex(named.index)
    return most[turn.index[turn >= most[turn.index]]].astype(int)
