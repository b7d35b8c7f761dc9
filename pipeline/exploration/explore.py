"""The tables and figures of all corpora together, and of each study.

| below data/explore | what |
| --- | --- |
| durations.csv, labels.csv, speakers.csv, levels.csv | what the corpora hold |
| account.csv | what each step of curation leaves, of all studies |
| figures/*.png | what `pipeline.exploration.files` lists |
"""

import logging

import pandas as pd

from pipeline.config.plans import ExploredStudy, PictureSettings
from pipeline.core.errors import PipelineError
from pipeline.core.paths import account_table_path, curated_path, dropped_path
from pipeline.core.tables import read_csv, read_table, write_csv
from pipeline.exploration import studies, tables
from pipeline.exploration.clip_figures import (
    read_examples,
    save_cepstrum,
    save_spectrograms,
    save_standardised,
    save_waveforms,
)
from pipeline.exploration.corpus_figures import save_levels, save_speakers
from pipeline.exploration.files import figure_path, table_path
from pipeline.exploration.study_figures import save_account, save_durations, save_labels

log = logging.getLogger(__name__)


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
    if settings.examples is not None and len(kept):
        _draw_clips(study, settings.examples, kept, index)


def _draw_clips(study: str, settings: PictureSettings, kept: pd.DataFrame, index: pd.DataFrame) -> None:
    """Draw single clips; where the audio is not at hand, as after `dvc pull`, say so and draw none."""
    try:
        examples = read_examples(kept, index)
    except PipelineError as error:
        log.warning("explore: %s: no clip is drawn: %s", study, error)
        return
    save_waveforms(figure_path("waveforms", study), study, examples)
    save_spectrograms(figure_path("spectrograms", study), study, examples)
    save_cepstrum(figure_path("cepstrum", study), study, examples[0])
    save_standardised(figure_path("standardised", study), study, examples[0], settings)
