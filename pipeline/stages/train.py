"""Train a system: all its seeds and folds in one process, on data that is loaded once."""

import logging
import time

from pipeline.config.plans import SystemPlan, load_plan
from pipeline.core.paths import split_path
from pipeline.core.schemas import predictions_schema
from pipeline.core.tables import read_table
from pipeline.training.data import targets_of
from pipeline.training.outcome import write_skipped
from pipeline.training.study import data_digest, load_study
from pipeline.training.train import train, trained_by_others, write_outcomes, writes_files

log = logging.getLogger(__name__)


def main(system: str) -> None:
    started = time.perf_counter()
    plan = load_plan(SystemPlan, "train", system)
    settings = plan.system
    split_table = read_table(split_path(settings.study, settings.variant))
    if split_table.empty:
        write_skipped(system, predictions_schema(plan.classes, targets_of(settings)), plan.digest)
        log.info("train %s: skipped, study %s has no clips in this profile", system, settings.study)
        return
    if trained_by_others(system, settings):
        return
    data = load_study(plan, split_table)
    outcomes = train(data, settings, system, data_digest(settings, split_table, data.classes))
    if writes_files():
        write_outcomes(data, plan, system, outcomes, time.perf_counter() - started)
