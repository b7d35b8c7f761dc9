"""Read every file of a corpus, by content, and write down what it is: the index.

Beside it: a list of what is not used and why, for a person, and the counts with what is odd about them.
"""

import logging
from typing import Any

import pandas as pd

from pipeline.core.paths import index_facts_path, index_path, manifest_path, quarantine_path
from pipeline.core.schemas import INDEX
from pipeline.core.stage import run
from pipeline.core.tables import read_json, write_json, write_table
from pipeline.corpora.contract import Corpus, load_adapter
from pipeline.corpora.corpus_audio import corpus_audio
from pipeline.curation.index import build_index, surprises, utterances
from pipeline.curation.status import OK

log = logging.getLogger(__name__)

QUARANTINE_COLUMNS = ["utterance_id", "path", "status", "reason"]


def count(corpus: Corpus, index: pd.DataFrame) -> dict[str, Any]:
    """Return how many files of which kind there are, and where that is not what a complete copy has."""
    n_utterances, n_ok = len(utterances(index)), int((index["status"] == OK).sum())
    return {
        "corpus": corpus.name,
        "n_files": len(index),
        "n_readable": n_ok,
        "n_quarantined": n_utterances - n_ok,
        "n_strays": len(index) - n_utterances,
        "n_with_notes": int(index["notes"].notna().sum()),
        "surprises": list(surprises(corpus, index)) if len(index) else [],
    }


def main(corpus: str) -> None:
    adapter = load_adapter(corpus)
    needed = read_json(manifest_path(corpus))["needed"]
    index = build_index(adapter, corpus_audio(corpus)) if needed else INDEX.empty_table().to_pandas()
    facts = count(adapter.CORPUS, index)
    write_table(index_path(corpus), index, INDEX)
    write_json(index_facts_path(corpus), facts)
    unused = index.loc[index["status"] != OK, QUARANTINE_COLUMNS]
    unused.to_csv(quarantine_path(corpus), index=False, lineterminator="\n")
    for surprise in facts["surprises"]:
        log.warning("%s", surprise)
    log.info(
        "index: %s: %s",
        corpus,
        "{n_files:,} files: {n_readable:,} readable, {n_quarantined:,} quarantined, {n_strays:,} strays; "
        "{n_with_notes:,} with notes".format_map(facts)
        if needed
        else "not needed",
    )


if __name__ == "__main__":
    run(main)
