"""Describe what the corpora hold and what curation makes of it: tables and figures, before any training."""

import logging
import shutil
from pathlib import Path

import pandas as pd

from pipeline.config.params import load_params
from pipeline.config.settings import Study
from pipeline.core.errors import PipelineError
from pipeline.core.paths import curated_path, dropped_path, index_path
from pipeline.core.stage import run
from pipeline.core.tables import read_table
from pipeline.exploration import studies, tables
from pipeline.exploration.corpus_figures import save_levels, save_speakers
from pipeline.exploration.files import FIGURES, figure_path, table_path
from pipeline.exploration.study_figures import save_account, save_durations, save_labels

log = logging.getLogger(__name__)


def read_indexes(corpora: list[str]) -> pd.DataFrame:
    """Join the indexes of corpora, with a column for the corpus."""
    columns = [name for name in tables.COLUMNS if name != "corpus"]
    parts = [read_table(index_path(corpus), columns).assign(corpus=corpus) for corpus in corpora]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=tables.COLUMNS)


def account_csv(study: str) -> Path:
    """Return the account that `filter` writes beside a study's utterances."""
    return curated_path(study).with_name(f"{study}_account.csv")


def write_csv(name: str, table: pd.DataFrame) -> None:
    path = table_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.6f", lineterminator="\n")


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table of `filter`; a class named "none" is a name, not a missing value."""
    if not path.exists():
        raise PipelineError(f"{path} is not there; `dvc repro filter` makes it")
    return pd.read_csv(path, keep_default_na=False)


def explore_corpora(index: pd.DataFrame, corpora: list[str]) -> None:
    """Write what the corpora hold."""
    levels, speakers = tables.levels(index, corpora), tables.speakers(index)
    write_csv("durations", tables.durations(index, corpora))
    write_csv("labels", tables.labels(index))
    write_csv("speakers", speakers)
    write_csv("levels", levels)
    if len(speakers):
        save_speakers(figure_path("speakers"), speakers)
        save_levels(figure_path("levels"), levels)


def explore_study(study: str, settings: Study, index: pd.DataFrame, account: pd.DataFrame) -> None:
    """Draw what curation makes of a study's corpora."""
    kept, dropped = read_table(curated_path(study), ["utterance_id", "label"]), read_csv(dropped_path(study))
    rows = studies.fates(study, index, kept, dropped)
    measured = studies.reached(rows, studies.DURATION)
    measured = measured.assign(within=measured["step"] != studies.DURATION)
    save_durations(figure_path("durations", study), study, measured, settings.curation)
    labels, classes = studies.label_counts(rows, settings.labels), studies.class_counts(rows)
    save_labels(figure_path("labels", study), study, labels, classes)
    save_account(figure_path("account", study), study, studies.left_by_corpus(account))


def main() -> None:
    """Write data/explore and plots/explore; a study without corpora is left out."""
    params = load_params()
    shutil.rmtree(FIGURES, ignore_errors=True)  # none stays of a study that the profile leaves out
    FIGURES.mkdir(parents=True)
    corpora = params.active_corpora()
    index = read_indexes(corpora)
    explore_corpora(index, corpora)
    active = [study for study in params.studies if params.study_corpora(study)]
    accounts = {study: read_csv(account_csv(study)) for study in active}
    for study in active:
        rows = index[index["corpus"].isin(params.study_corpora(study))]
        explore_study(study, params.studies[study], rows, accounts[study])
    write_csv("account", studies.join_accounts(accounts))
    log.info("explore: %d files of %d corpora, %d studies", len(index), len(corpora), len(active))


if __name__ == "__main__":
    run(main)
