"""Read every file of a corpus, by content, and write down what it is: the index."""

import logging

from pipeline.core.corpus import load_adapter
from pipeline.core.corpus_audio import corpus_audio
from pipeline.core.paths import index_path, manifest_path
from pipeline.core.schemas import INDEX
from pipeline.core.stage import run
from pipeline.core.tables import read_json, write_table
from pipeline.curation.index import build_index, surprises, utterances
from pipeline.curation.status import OK

log = logging.getLogger(__name__)


def main(corpus: str) -> None:
    adapter = load_adapter(corpus)
    if not read_json(manifest_path(corpus))["needed"]:
        write_table(index_path(corpus), INDEX.empty_table(), INDEX)
        log.info("index: %s: not needed", corpus)
        return
    index = build_index(adapter, corpus_audio(corpus))
    write_table(index_path(corpus), index, INDEX)
    for surprise in surprises(adapter.CORPUS, index):
        log.warning("%s", surprise)
    n_utterances, n_ok = len(utterances(index)), int((index["status"] == OK).sum())
    log.info(
        "index: %s: %d files: %d readable, %d quarantined, %d strays; %d with notes",
        corpus,
        len(index),
        n_ok,
        n_utterances - n_ok,
        len(index) - n_utterances,
        index["notes"].notna().sum(),
    )


if __name__ == "__main__":
    run(main)
