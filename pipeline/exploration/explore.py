"""The tables and figures of all corpora together, and of each study.

| below data/explore | what |
| --- | --- |
| durations.csv, labels.csv, speakers.csv, levels.csv | what the corpora hold |
| account.csv | what each step of curation leaves, of all studies |
| figures/*.png | what `pipeline.exploration.files` lists |
"""

import pandas as pd

from pipeline.config.plans import ExploredStudy
from pipeline.core.paths import account_table_path, curated_path, dropped_path
from pipeline.core.tables import read_csv, read_table, write_csv
from pipeline.exploration import studies, tables
from pipeline.exploration.corpus_figures import save_levels, save_speakers
from pipeline.exploration.files import figure_path, table_path
from pipeline.exploration.study_figures import save_account, save_durations, save_labels


def explore_corpora(index: pd.DataFrame, corpora: list[str]) -> None:
    """Write what the corpora hold."""
    levels, speakers = tables.levels(index, corpora), tables.speakers(index)
    write_csv(table_path("durations"), tables.durations(index, corpora))
    write_csv(table_path("labels"), tables.labels(index))
    write_csv(table_path("speakers"), speakers)
    write_csv(table_path("levels"), levels)
    if len(speakers):
        save_speakers(figure_path("speakers"), speakers)
        save_levels(figure_path("levels"), levels)


def explore_studies(index: pd.DataFrame, explored: dict[str, ExploredStudy]) -> None:
    """Draw what curation makes of each study's corpora, and write their accounts as one table."""
    accounts = {study: read_csv(account_table_path(study)) for study in explored}
    for study, settings in explored.items():
        _explore_study(study, settings, index[index["corpus"].isin(settings.corpora)], accounts[study])
    write_csv(table_path("account"), studies.join_accounts(accounts))


def _explore_study(study: str, settings: ExploredStudy, index: pd.DataFrame, account: pd.DataFrame) -> None:
    kept, dropped = read_table(curated_path(study), ["utterance_id", "label"]), read_csv(dropped_path(study))
    rows = studies.fates(study, index, kept, dropped)
    measured = studies.reached(rows, studies.DURATION)
    measured = measured.assign(within=measured["step"] != studies.DURATION)
    save_durations(figure_path("durations", study), study, measured, settings.curation)
    labels, classes = studies.label_counts(rows, settings.labels), studies.class_counts(rows)
    save_labels(figure_path("labels", study), study, labels, classes)
    save_account(figure_path("account", study), study, studies.left_by_corpus(account))
