"""Reading and writing what curation passes from stage to stage: indexes, groups of copies, chosen utterances."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.core.paths import (
    account_path,
    account_table_path,
    curated_path,
    dropped_path,
    duplicates_path,
    index_facts_path,
    index_path,
    quarantine_path,
)
from pipeline.core.schemas import CURATED, INDEX
from pipeline.core.tables import read_json, read_table, write_csv, write_json, write_table
from pipeline.corpora.contract import Corpus
from pipeline.curation.filter import Curated
from pipeline.curation.health import check_readable, corpus_health, health_line
from pipeline.curation.status import OK

FILTERED = [name for name in INDEX.names if name in {*CURATED.names, "path", "status", "reason"}]
COMPARED = ["utterance_id", "path", "speaker", "label", "seconds", "rate", "audio_hash", "status", "notes"]
UNUSED = ["utterance_id", "path", "status", "reason"]
ROWS_AT_A_TIME, BYTES_AT_A_TIME = 1 << 14, 1 << 20


def write_index(corpus: Corpus, index: pd.DataFrame, paths: Iterable[str]) -> dict[str, Any]:
    """Write a corpus's index, what of it is not used and why, and its health, which is returned.

    Args:
        corpus: What a complete copy has.
        index: One row a file.
        paths: Of all files below its folder.

    Raises:
        PipelineError: No clip can be used; what became of each is written all the same.
    """
    facts = corpus_health(corpus, index, paths)
    write_table(index_path(corpus.name), index, INDEX)
    write_json(index_facts_path(corpus.name), facts)
    unused = index.loc[index["status"] != OK, UNUSED]
    write_csv(quarantine_path(corpus.name), unused)
    check_readable(corpus, facts, str(quarantine_path(corpus.name)))
    return facts


def read_indexes(corpora: Iterable[str], columns: list[str]) -> pd.DataFrame:
    """Join columns of the indexes of corpora, with one more for the corpus."""
    tables = [read_table(index_path(corpus), columns).assign(corpus=corpus) for corpus in corpora]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*columns, "corpus"])


def read_fingerprints(corpora: Iterable[str]) -> Iterator[bytes | None]:
    """Yield the fingerprints of all rows, which are most of an index's bytes, in the order of `read_indexes`."""
    for corpus in corpora:
        with pq.ParquetFile(index_path(corpus), buffer_size=BYTES_AT_A_TIME) as file:
            for batch in file.iter_batches(ROWS_AT_A_TIME, columns=["fingerprint"]):
                yield from batch.column(0).to_pylist()


def read_grouped(corpus: str) -> pd.DataFrame:
    """Put a corpus's groups of copies beside what a study needs of its index.

    Raises:
        PipelineError: The groups are of another index.
    """
    index = read_table(index_path(corpus), FILTERED)
    duplicates = read_table(duplicates_path(corpus))
    if not index["utterance_id"].equals(duplicates["utterance_id"]):
        raise PipelineError(
            f"{duplicates_path(corpus)} has other rows ({len(duplicates)}) than {index_path(corpus)} "
            f"({len(index)}): run `dvc repro deduplicate`"
        )
    return index.assign(**duplicates.drop(columns="utterance_id"), corpus=corpus)


def write_curated(study: str, curated: Curated, facts: Mapping[str, Any], corpora: list[str]) -> None:
    """Write a study's utterances, what was dropped and why, and its account.

    Args:
        study: Its name.
        curated: What is kept and dropped.
        facts: What the account begins with.
        corpora: The study's, whose indexes may have found something odd.
    """
    write_table(curated_path(study), curated.kept, CURATED)
    write_csv(dropped_path(study), curated.dropped)
    write_csv(account_table_path(study), curated.account[["step", "corpus", "class", "n"]])
    steps = {f"n_{step}": n for step, n in curated.counts.items()}
    health = [read_json(index_facts_path(corpus)) for corpus in corpora]
    odd = [line for one in health for line in one["surprises"]]
    lines = [health_line(one) for one in health]
    write_json(account_path(study), {**facts, **steps, "surprises": "; ".join(odd) or None, "health": lines})
