"""From a system's plan to its trained models: what the stages `train` and `new_speakers` do for one system."""

import logging
import time

import pandas as pd

from pipeline.config.plans import SystemPlan
from pipeline.config.systems import System, TorchSystem, targets_of
from pipeline.core.paths import split_path, split_reason_path, trained_dir
from pipeline.core.schemas import predictions_schema
from pipeline.core.tables import read_json, read_table
from pipeline.training.outcome import write_skipped
from pipeline.training.study import data_digest, load_study
from pipeline.training.train import train, trained_by_others, write_outcomes, writes_files

log = logging.getLogger(__name__)


def train_planned(name: str, plan: SystemPlan) -> None:
    """Train a system as it is planned, all its seeds and folds; or write down why it cannot be trained."""
    started = time.perf_counter()
    settings = plan.system
    split_table = read_table(split_path(settings.study, settings.variant))
    key = data_digest(settings, split_table, plan.classes)
    if reason := why_skipped(settings, split_table):
        schema = predictions_schema(plan.classes, targets_of(settings))
        write_skipped(name, schema, reason, plan=plan.digest, data=key)
        log.info("train %s: skipped: %s", name, reason)
        return
    if trained_by_others(name, settings):
        return
    data = load_study(plan, split_table)
    outcomes = train(data, settings, name, key)
    if writes_files():
        write_outcomes(data, plan, name, outcomes, key, time.perf_counter() - started)


def is_trained(name: str, plan: SystemPlan) -> bool:
    """Tell whether a system lies there as it would be trained now: whole, by its plan, on its data."""
    about = trained_dir(name) / "model.json"
    if not (about.exists() and (trained_dir(name) / "run.json").exists()):  # the last that is written
        return False
    facts = read_json(about)
    split_table = read_table(split_path(plan.system.study, plan.system.variant))
    key = data_digest(plan.system, split_table, plan.classes)
    return (facts.get("plan"), facts.get("data")) == (plan.digest, key)


def why_skipped(system: System, split_table: pd.DataFrame) -> str | None:
    """Return why there is nothing to train, in words; None where there is.

    Args:
        system: Its settings.
        split_table: Of the split that it is trained on.
    """
    if split_table.empty:
        reason = split_reason_path(system.study, system.variant)
        return (
            reason.read_text("utf-8").strip() if reason.exists() else "its study has no clips in this profile"
        )
    if isinstance(system, TorchSystem) and "val" not in system.train_on:
        folds = split_table.groupby("fold")["split"]
        if not folds.agg(lambda splits: splits.eq("val").any()).all():
            return "a fold has nobody to validate on, by whom its epoch is chosen: the corpus has too few speakers"
    return None
