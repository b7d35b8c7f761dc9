"""Training a system: a model for each seed and fold, and the files that are left of it."""

import logging
import os
from dataclasses import replace
from typing import Any

from pipeline.config.plans import SystemPlan
from pipeline.config.systems import SklearnSystem, TorchSystem, targets_of
from pipeline.core.paths import predictions_path, trained_dir
from pipeline.core.schemas import predictions_schema
from pipeline.core.tables import write_json, write_table
from pipeline.training.data import StudyData, check_training
from pipeline.training.outcome import (
    Outcome,
    history_table,
    model_facts,
    predictions_table,
    write_history,
)
from pipeline.training.run_record import run_record
from pipeline.training.study import weights_facts

log = logging.getLogger(__name__)


def train(data: StudyData, system: TorchSystem | SklearnSystem, name: str, data_key: str) -> list[Outcome]:
    """Train and save a model for every seed and fold.

    Args:
        data: The study.
        system: Its settings, resolved for the profile.
        name: The system's name.
        data_key: Digest of the data, for the checkpoints.
    """
    for fold in data.folds:
        check_training(data, fold, list(system.train_on), f"systems.{name}", targets_of(system))
    if isinstance(system, SklearnSystem):
        from pipeline.training.sklearn_runner import SklearnRunner

        grid = SklearnRunner(data, system, name, trained_dir(name))
        return [grid.train(seed, fold) for seed in system.seeds for fold in data.folds]
    return _train_networks(data, system, name, data_key)


def _train_networks(data: StudyData, system: TorchSystem, name: str, data_key: str) -> list[Outcome]:
    wait_passively()
    from pipeline.training.checkpoint import checkpoint_folder, remove_checkpoints
    from pipeline.training.torch_runner import TorchRunner

    chosen: dict[str, Any] = {}
    if system.search:
        from pipeline.training.search import search_settings
        from pipeline.training.space import searched_values

        system = search_settings(data, system, name, data_key, trained_dir(name))
        chosen = {"searched": searched_values(system.search["space"], system)}
    checkpoints = checkpoint_folder(name, system, data_key)
    runner = TorchRunner(data, system, name, trained_dir(name), checkpoints)
    outcomes = [runner.train(seed, fold) for seed in system.seeds for fold in data.folds]
    remove_checkpoints(checkpoints)
    return [replace(outcome, facts={**outcome.facts, **chosen}) for outcome in outcomes]


def wait_passively() -> None:
    """Let threads sleep while they wait; said before torch is loaded.

    Threads that spin while they wait cost ten times the work on a busy machine.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def write_outcomes(
    data: StudyData, plan: SystemPlan, name: str, outcomes: list[Outcome], data_key: str, seconds: float
) -> None:
    """Write predictions, history, facts and run record of a trained system, and log what was trained.

    Args:
        data: The study.
        plan: What the system was trained by.
        name: The system's name.
        outcomes: One a seed and fold.
        data_key: Digest of the data.
        seconds: Wall clock of the whole stage.
    """
    system, targets = plan.system, targets_of(plan.system)
    predictions = predictions_table(data, outcomes, targets)
    write_table(predictions_path(name), predictions, predictions_schema(data.classes, targets))
    write_history(name, history_table(outcomes))
    facts = (
        model_facts(data, system, outcomes) | weights_facts(system) | {"plan": plan.digest, "data": data_key}
    )
    write_json(trained_dir(name) / "model.json", facts)
    write_json(trained_dir(name) / "run.json", run_record(system, outcomes, seconds))
    if facts["n_left_out"]:
        log.info("train %s: %d clip(s) lack one of %s: left out", name, facts["n_left_out"], targets)
    n_test = int((predictions["split"] == "test").sum())
    log.info(
        "train %s: %d model(s), %d clips, %d test predictions, %.0f s",
        *(name, len(outcomes), len(data.clips), n_test, seconds),
    )


def trained_by_others(name: str, system: TorchSystem | SklearnSystem) -> bool:
    """Have a network trained by the processes that `$SER_PROCESSES` asks for; return whether it was.

    Where that is one process, this is the one. A search keeps to one: its trials hang on each other.
    """
    if "SER_PROCESSES" not in os.environ or not isinstance(system, TorchSystem):
        return False
    from pipeline.training.distributed import processes_to_start, start_processes

    if (n_processes := processes_to_start()) == 1:
        return False
    if system.search:
        log.warning("train %s: in one process, not %d: it is a search", name, n_processes)
        return False
    log.info("train %s: in %d processes", name, n_processes)
    start_processes("pipeline.stage", ["train", name], n_processes)
    return True


def writes_files() -> bool:
    """Tell, after training, whether this is the process that writes files: the only one, or the first."""
    if "LOCAL_RANK" not in os.environ:  # set by torchrun
        return True
    from pipeline.training.distributed import leave

    return leave()
