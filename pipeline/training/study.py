"""What a system reads: the files of its features, transcripts and splits, put together as its study's data."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.plans import SystemPlan
from pipeline.config.systems import RANDOM, System, TorchSystem, targets_of
from pipeline.core.errors import PipelineError
from pipeline.core.paths import copies_path, features_path, store_path, transcripts_path
from pipeline.core.row_cache import digest
from pipeline.core.tables import read_json, read_table
from pipeline.features.shards import load_features
from pipeline.training.data import (
    StudyData,
    clips_of,
    complete,
    dimensions_of,
    folds_of,
    split_digest,
    split_seeds_of,
)


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
    """Return the transcripts of some utterances, in their order.

    Raises:
        PipelineError: An utterance has none.
    """
    table = read_table(transcripts_path(), ["utterance_id", "text"])
    texts = table.set_index("utterance_id")["text"].reindex(utterance_ids)
    if texts.isna().any():
        lacking = texts.index[texts.isna()]
        raise PipelineError(
            f"{len(lacking)} utterances have no transcript, such as {lacking[0]}: run `dvc repro`"
        )
    return texts.tolist()


def read_stores(system: System) -> list[dict[str, Any]]:
    """Return what the store stage wrote down of a system's inputs."""
    inputs = (system.features, system.second)
    return [read_json(store_path(name, system.study, system.variant)) for name in inputs]


def data_digest(system: System, split_table: pd.DataFrame, classes: list[str]) -> str:
    """Return a digest of the splits, the classes and the features' content."""
    return digest([split_digest(split_table), classes, *read_stores(system)])


def weights_facts(system: System) -> dict[str, bool]:
    """Tell where the weights in a system come from: its own, and those of a network whose embeddings it reads.

    Returns:
        `pretrained`: it starts from published weights, and from nothing else; `random_weights`: random ones stand
        in the place of published ones, as the profile says.
    """
    weights = system.weights if isinstance(system, TorchSystem) else None
    published = [store["pretrained"] for store in read_stores(system) if "pretrained" in store]
    if weights is not None:
        published.append(weights != RANDOM)
    return {"pretrained": bool(published) and all(published), "random_weights": not all(published)}
