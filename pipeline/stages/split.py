"""Cut a study's curated utterances into training, validation and test, once for each of its variants."""

import logging

import pandas as pd

from pipeline.config.mistakes import one_of
from pipeline.config.params import load_params
from pipeline.config.settings import SplitSettings
from pipeline.core.errors import PipelineError
from pipeline.core.paths import curated_path, split_path
from pipeline.core.schemas import SPLIT
from pipeline.core.stage import run
from pipeline.core.tables import read_table, write_table
from pipeline.splits.protocols import find_protocol
from pipeline.splits.table import count_splits, split_utterances, untrained_classes

log = logging.getLogger(__name__)


def main(study: str) -> None:
    params = load_params()
    one_of(study, params.studies, "study")
    curated = read_table(curated_path(study))
    for variant in params.studies[study].variant_names:
        settings = params.studies[study].variant(variant)
        write_split(curated, of_corpora(settings, sorted(curated["corpus"].unique())), study, variant)


def of_corpora(settings: SplitSettings, corpora: list[str]) -> SplitSettings:
    """Reduce a split to the corpora that the study has in the active profile.

    Where none are named, all are split but those that are tested besides. A protocol that tests whole corpora and
    has none left to test, or none to train on, gets no corpora at all: its table is empty.
    """
    besides = [corpus for corpus in corpora if corpus in settings.also_test]
    named = (
        [name for name in corpora if name not in besides] if settings.corpora is None else settings.corpora
    )
    present = [corpus for corpus in corpora if corpus in named]
    tested = [corpus for corpus in settings.test_corpora if corpus in present]
    by_corpus = find_protocol(settings.protocol).by_corpus
    one_sided = by_corpus and settings.test_corpora and len(tested) in (0, len(present))
    changes = {
        "corpora": [] if one_sided else present,
        "test_corpora": tested or settings.test_corpora,
        "also_test": besides,
    }
    return settings.model_copy(update=changes)


def write_split(curated: pd.DataFrame, settings: SplitSettings, study: str, variant: str) -> None:
    """Write a variant's table and its counts, and log what is in them."""
    where = f"{study}/{variant}"
    try:
        table = split_utterances(curated, settings)
    except PipelineError as error:
        raise PipelineError(f"split: {where}: {error}") from error
    counts = count_splits(table)
    write_table(split_path(study, variant), table, SPLIT)
    counts_path = split_path(study, variant).with_name(f"{variant}_counts.csv")
    counts.to_csv(counts_path, index=False, lineterminator="\n")
    if n_shared := counts["n_shared"].sum():
        log.warning("split: %s: %d examples have a copy in another split, as published", where, n_shared)
    for label, n_folds in untrained_classes(counts).items():
        log.warning("split: %s: class %s is tested and not trained on in %d fold(s)", where, label, n_folds)
    sizes, n_folds = counts.groupby("split")["n"].sum().to_dict(), table["fold"].nunique()
    log.info("split: %s: %s, %d fold(s): %s", where, settings.protocol, n_folds, sizes)


if __name__ == "__main__":
    run(main)
