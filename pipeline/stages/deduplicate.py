"""Find the copies among the clips of all corpora, and which clip of each group of copies to keep."""

import logging

import pandas as pd

from pipeline.core.params import Params, load_params
from pipeline.core.paths import DATA, duplicates_path, index_path
from pipeline.core.schemas import DUPLICATES
from pipeline.core.stage import run
from pipeline.core.tables import read_table, write_table
from pipeline.curation.duplicates import NONE, find_duplicates, list_groups

GROUPS = DATA / "duplicates" / "groups.csv"
MEASURES = ["seconds", "rate", "audio_hash", "fingerprint", "status", "notes"]
COLUMNS = ["utterance_id", "path", "speaker", "label", *MEASURES]


def read_indexes(params: Params) -> pd.DataFrame:
    """Join the indexes of all corpora, in the order of params.yaml, with a column for the corpus."""
    return pd.concat(
        [read_table(index_path(corpus), COLUMNS).assign(corpus=corpus) for corpus in params.corpora],
        ignore_index=True,
    )


def main() -> None:
    params = load_params()
    index = read_indexes(params)
    duplicates = find_duplicates(index)
    for corpus in params.corpora:
        write_table(duplicates_path(corpus), duplicates[index["corpus"] == corpus], DUPLICATES)
    list_groups(index, duplicates).to_csv(GROUPS, index=False, lineterminator="\n")
    copies = duplicates[duplicates["kind"] != NONE]
    logging.info(
        "deduplicate: %d clips: %d in %d groups of copies, %d in conflict",
        len(duplicates),
        len(copies),
        copies["group"].nunique(),
        copies["conflict"].sum(),
    )


if __name__ == "__main__":
    run(main)
