"""The splits of a study in the active profile: which corpora they are of, their files and their warnings."""

import logging

import pandas as pd

from pipeline.config.splits import SplitSettings
from pipeline.core.errors import PipelineError, told_with
from pipeline.core.paths import split_counts_path, split_path, split_reason_path
from pipeline.core.schemas import SPLIT
from pipeline.core.tables import write_csv, write_table
from pipeline.splits.known_speakers import known_speakers_warning
from pipeline.splits.noise import noise_files
from pipeline.splits.protocols import find_protocol
from pipeline.splits.table import count_splits, split_utterances, untrained_classes

log = logging.getLogger(__name__)


def of_corpora(settings: SplitSettings, corpora: list[str]) -> SplitSettings:
    """Reduce a split to the corpora that the study has in the active profile.

    Where none are named, all are split but those that are tested besides. A protocol that tests whole corpora and
    has none left to test, or none to train on, gets no corpora at all: its table is empty.
    """
    besides = [corpus for corpus in corpora if corpus in settings.also_test]
    others = [corpus for corpus in corpora if corpus not in besides]
    named = others if settings.corpora is None else settings.corpora
    present = [corpus for corpus in corpora if corpus in named]
    tested = [corpus for corpus in settings.test_corpora if corpus in present]
    by_corpus = find_protocol(settings.protocol).by_corpus and settings.test_corpora
    changes = {
        "corpora": [] if by_corpus and len(tested) in (0, len(present)) else present,
        "test_corpora": tested or settings.test_corpora,
        "also_test": besides,
    }
    return settings.model_copy(update=changes)


def _split(
    curated: pd.DataFrame, settings: SplitSettings, study: str, variant: str, noise: str | None
) -> pd.DataFrame:
    """Split the utterances; where that is optional and cannot be done, write down why, and split none of them."""
    settings = of_corpora(settings, sorted(curated["corpus"].unique()))
    if settings.resampling.needs_noise and noise is not None and len(curated):
        noise_files(noise)  # what is named has to be there, however optional the split
    try:
        return split_utterances(curated, settings, noise)
    except PipelineError as error:
        if not settings.optional:
            raise
        log.warning("split: %s/%s: skipped: %s", study, variant, error)
        reason = split_reason_path(study, variant)
        reason.parent.mkdir(parents=True, exist_ok=True)
        reason.write_text(f"{error}\n", "utf-8")
        return split_utterances(curated.iloc[:0], settings)


def write_split(
    curated: pd.DataFrame, settings: SplitSettings, study: str, variant: str, noise: str | None = None
) -> None:
    """Write a split's table and its counts, and log what is in them.

    Args:
        curated: The study's utterances, with the columns of `CURATED`.
        settings: How they are split; corpora that are not there are passed over.
        study: Its name.
        variant: The split's name among those of the study.
        noise: Folder of noise for copies that are mixed with some.

    Raises:
        PipelineError: The utterances cannot be divided so.
    """
    where = f"{study}/{variant}"
    with told_with(f"split: {where}"):
        table = _split(curated, settings, study, variant, noise)
        counts = count_splits(table)
    write_table(split_path(study, variant), table, SPLIT)
    write_csv(split_counts_path(study, variant), counts)
    if n_shared := counts["n_shared"].sum():
        log.warning("split: %s: %d examples have a copy in another split, as published", where, n_shared)
    new_speakers = find_protocol(settings.protocol).new_speakers
    if warning := known_speakers_warning(counts, ["train"], settings.protocol, new_speakers):
        log.warning("split: %s: %s", where, warning)
    for label, n_folds in untrained_classes(counts).items():
        log.warning("split: %s: class %s is tested and not trained on in %d fold(s)", where, label, n_folds)
    sizes, n_folds = counts.groupby("split")["n"].sum().to_dict(), table["fold"].nunique()
    log.info("split: %s: %s, %d fold(s): %s", where, settings.protocol, n_folds, sizes)
