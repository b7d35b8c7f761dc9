"""Find the copies among the clips of all corpora, and which clip of each group of copies to keep."""

import logging
from collections.abc import Iterable, Iterator

import pandas as pd
import pyarrow.parquet as pq

from pipeline.config.params import load_params
from pipeline.core.paths import DATA, duplicates_path, index_path
from pipeline.core.schemas import DUPLICATES
from pipeline.core.stage import run
from pipeline.core.tables import read_table, write_table
from pipeline.curation.duplicates import NONE, find_duplicates, list_groups

GROUPS = DATA / "duplicates" / "groups.csv"
COLUMNS = ["utterance_id", "path", "speaker", "label", "seconds", "rate", "audio_hash", "status", "notes"]
ROWS_AT_A_TIME, BYTES_AT_A_TIME = 1 << 14, 1 << 20


def read_indexes(corpora: Iterable[str]) -> pd.DataFrame:
    """Join the indexes of corpora, with a column for the corpus."""
    return pd.concat(
        [read_table(index_path(corpus), COLUMNS).assign(corpus=corpus) for corpus in corpora],
        ignore_index=True,
    )


def read_fingerprints(corpora: Iterable[str]) -> Iterator[bytes | None]:
    """Yield the fingerprints of all rows, which are most of an index's bytes, in the order of `read_indexes`."""
    for corpus in corpora:
        with pq.ParquetFile(index_path(corpus), buffer_size=BYTES_AT_A_TIME) as file:
            for batch in file.iter_batches(ROWS_AT_A_TIME, columns=["fingerprint"]):
                yield from batch.column(0).to_pylist()


def main() -> None:
    params = load_params()
    index = read_indexes(params.corpora)
    duplicates = find_duplicates(index, read_fingerprints(params.corpora))
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
