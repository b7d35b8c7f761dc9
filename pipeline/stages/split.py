"""Cut a study's curated utterances into training, validation and test."""

import logging

from pipeline.core.mistakes import one_of
from pipeline.core.params import load_params
from pipeline.core.paths import curated_path, split_path
from pipeline.core.schemas import SPLIT
from pipeline.core.stage import run
from pipeline.core.tables import read_table, write_table
from pipeline.curation.splits import count_splits, split_utterances

log = logging.getLogger(__name__)


def main(study: str) -> None:
    params = load_params()
    one_of(study, params.studies, "study")
    settings = params.studies[study].split
    table = split_utterances(read_table(curated_path(study)), settings)
    counts = count_splits(table)
    write_table(split_path(study), table, SPLIT)
    counts.to_csv(split_path(study).with_name(f"{study}_counts.csv"), index=False, lineterminator="\n")
    if n_shared := counts["n_shared"].sum():
        log.warning("split: %s: %d utterances have a copy in another split, as published", study, n_shared)
    sizes = counts.groupby("split")["n"].sum()
    log.info("split: %s: %s: %s", study, settings.protocol, sizes.to_dict())


if __name__ == "__main__":
    run(main)
