"""Train a system: all its seeds and folds in one process, on data that is loaded once."""

import logging
import os
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.plans import SystemPlan, load_system_plan
from pipeline.config.settings import RANDOM, SklearnSystem, System, TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.core.paths import (
    copies_path,
    features_path,
    model_dir,
    predictions_path,
    split_path,
    store_path,
    transcripts_path,
)
from pipeline.core.row_cache import digest
from pipeline.core.schemas import predictions_schema
from pipeline.core.stage import run
from pipeline.core.tables import read_json, read_table, write_json, write_table
from pipeline.features.shards import load_features
from pipeline.training.data import (
    StudyData,
    check_training,
    clips_of,
    complete,
    dimensions_of,
    folds_of,
    split_digest,
    split_seeds_of,
    targets_of,
)
from pipeline.training.outcome import (
    Outcome,
    history_table,
    model_facts,
    predictions_table,
    write_history,
    write_skipped,
)
from pipeline.training.run_record import run_record

log = logging.getLogger(__name__)


def load_study(plan: SystemPlan, split_table: pd.DataFrame) -> StudyData:
    """Load what a system reads: features, transcripts, targets and splits; clips that lack a target are in none.

    Raises:
        PipelineError: A clip has no features or transcript, or features differ in shape.
    """
    clips = clips_of(split_table)
    system = plan.system
    features: dict[str, np.ndarray | list[np.ndarray]] = {}
    names: dict[str, list[str]] = {}
    texts: list[str | None] | None = None
    for slot, feature_set in (("features", system.features), ("second", system.second)):
        if feature_set == "transcripts":
            texts = load_texts(clips["utterance_id"])
        elif feature_set != "none":
            shards = [features_path(feature_set, corpus) for corpus in plan.corpora]
            if (copies := copies_path(feature_set, system.study)).exists():
                shards.append(copies)
            values, feature_names = load_features(feature_set, shards, clips["example_id"].tolist())
            features[slot] = values
            names[slot] = feature_names or []
    folds, split_seeds = folds_of(split_table, clips), split_seeds_of(split_table)
    dimensions = dimensions_of(split_table, clips)
    data = StudyData(clips, plan.classes, features, names, texts, folds, split_seeds, dimensions)
    return complete(data, targets_of(system))


def load_texts(utterance_ids: pd.Series) -> list[str | None]:
    """Return the transcripts of some utterances, in their order."""
    table = read_table(transcripts_path(), ["utterance_id", "text"])
    found = table.set_index("utterance_id")["text"].reindex(utterance_ids)
    if found.isna().any():
        lacking = found.index[found.isna()]
        raise PipelineError(
            f"{len(lacking)} utterances have no transcript, such as {lacking[0]}: run `dvc repro`"
        )
    return found.tolist()


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

        grid = SklearnRunner(data, system, name, model_dir(name))
        return [grid.train(seed, fold) for seed in system.seeds for fold in data.folds]
    # Before torch is loaded: threads that spin while they wait cost ten times the work on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from pipeline.training.checkpoint import checkpoint_folder, remove_checkpoints
    from pipeline.training.torch_runner import TorchRunner

    chosen: dict[str, Any] = {}
    if system.search:
        from pipeline.training.search import search_settings
        from pipeline.training.space import searched_values

        system = search_settings(data, system, name, data_key, model_dir(name))
        chosen = {"searched": searched_values(system.search["space"], system)}
    checkpoints = checkpoint_folder(name, system, data_key)
    runner = TorchRunner(data, system, name, model_dir(name), checkpoints)
    outcomes = [runner.train(seed, fold) for seed in system.seeds for fold in data.folds]
    remove_checkpoints(checkpoints)
    return [replace(outcome, facts={**outcome.facts, **chosen}) for outcome in outcomes]


def read_stores(system: System) -> list[dict[str, Any]]:
    """Return what the store stage wrote down of a system's inputs."""
    return [
        read_json(store_path(name, system.study, system.variant)) for name in (system.features, system.second)
    ]


def data_digest(system: System, split_table: pd.DataFrame, classes: list[str]) -> str:
    """Return a digest of the splits, the classes and the features' content."""
    return digest([split_digest(split_table), classes, *read_stores(system)])


def starts_from_published(system: System) -> bool:
    """Tell whether published weights are in a system: its own, or those of a network whose embeddings it reads.

    Random ones in the place of any of them, and it does not.
    """
    weights = system.weights if isinstance(system, TorchSystem) else None
    said = [store["pretrained"] for store in read_stores(system) if "pretrained" in store]
    if weights is not None:
        said.append(weights != RANDOM)
    return bool(said) and all(said)


def skip(plan: SystemPlan, name: str) -> None:
    """Write empty outputs for a system whose study has no clips in the active profile."""
    write_skipped(name, predictions_schema(plan.classes, targets_of(plan.system)))
    log.info("train %s: skipped, study %s has no clips in this profile", name, plan.system.study)


def trained_by_others(name: str, system: TorchSystem) -> bool:
    """Have a network trained by the processes that `$SER_PROCESSES` asks for; return whether it was.

    Where that is one process, this is the one. A search keeps to one: its trials hang on each other.
    """
    if "SER_PROCESSES" not in os.environ:
        return False
    from pipeline.training.distributed import processes_to_start, start_processes

    if (n_processes := processes_to_start()) == 1:
        return False
    if system.search:
        log.warning("train %s: in one process, not %d: it is a search", name, n_processes)
        return False
    log.info("train %s: in %d processes", name, n_processes)
    start_processes("pipeline.stages.train", [name], n_processes)
    return True


def writes_files() -> bool:
    """Tell, after training, whether this is the process that writes files: the only one, or the first."""
    if "LOCAL_RANK" not in os.environ:  # set by torchrun
        return True
    from pipeline.training.distributed import leave

    return leave()


def main(system: str) -> None:
    started = time.perf_counter()
    plan = load_system_plan(system)
    settings = plan.system
    split_table = read_table(split_path(settings.study, settings.variant))
    if split_table.empty:
        skip(plan, system)
        return
    if isinstance(settings, TorchSystem) and trained_by_others(system, settings):
        return
    data = load_study(plan, split_table)
    outcomes = train(data, settings, system, data_digest(settings, split_table, data.classes))
    if not writes_files():
        return
    targets = targets_of(settings)
    predictions = predictions_table(data, outcomes, targets)
    write_table(predictions_path(system), predictions, predictions_schema(data.classes, targets))
    write_history(system, history_table(outcomes))
    facts = model_facts(data, settings, outcomes) | {"pretrained": starts_from_published(settings)}
    if facts["n_left_out"]:
        log.info("train %s: %d clip(s) lack one of %s: left out", system, facts["n_left_out"], targets)
    write_json(model_dir(system) / "model.json", facts)
    seconds = time.perf_counter() - started
    write_json(model_dir(system) / "run.json", run_record(settings, outcomes, seconds))
    n_test = int((predictions["split"] == "test").sum())
    log.info(
        "train %s: %d model(s), %d clips, %d test predictions, %.0f s",
        *(system, len(outcomes), len(data.clips), n_test, seconds),
    )


if __name__ == "__main__":
    run(main)
