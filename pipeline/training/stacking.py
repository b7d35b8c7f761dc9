"""Stacked ensemble: a network that reads two systems' logits and is trained on the validation part.

Source: the Annamalai study, section 6.3.4 and figure 6.8: the logits of wav2vec2 and WavLM on validation, stacked
(18 values for nine classes), train a feed-forward network by 5-fold cross-validation with weighted cross-entropy.
With three hidden layers of 128 it has 2,432 + 16,512 + 16,512 + 1,161 = 36,617 parameters.

The document kept the fold whose network had the best F1 on the *test* set. That chooses by what is reported, so
here the network is kept that is best on the part of validation that its fold held out: one network, as in the
document, and of the test clips nothing but their logits is ever looked at. A validation clip is predicted by the
network of the fold that held it out, which, as with every system, chose its epoch there.

Predictions hold probabilities of six decimals: their logarithms are the logits up to a constant for each clip and
system, and a probability that was rounded to zero counts as half of the last decimal.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.ensembles import Ensemble
from pipeline.core.errors import PipelineError
from pipeline.core.row_cache import digest
from pipeline.training.checkpoint import checkpoint_folder, remove_checkpoints
from pipeline.training.cuts import cut_into_folds
from pipeline.training.data import StudyData, check_training
from pipeline.training.network_files import load_network, save_network
from pipeline.training.outcome import PROBABILITY_DIGITS, Outcome
from pipeline.training.torch_runner import TorchRunner

NONE = np.zeros(0, dtype=np.int64)
LEAST = 0.5 * 10.0**-PROBABILITY_DIGITS


def stack(
    members: tuple[pd.DataFrame, pd.DataFrame],
    groups: pd.Series,
    classes: list[str],
    ensemble: Ensemble,
    name: str,
    models: Path,
) -> list[tuple[StudyData, Outcome]]:
    """Train and save a network for every seed and fold of the members.

    Args:
        members: Their predictions, of every split, row by row of the same clips.
        groups: Of copies, by utterance_id: none is held out while another is trained on.
        classes: The study's classes, in its order.
        ensemble: Its settings, resolved for the profile.
        name: The ensemble's name.
        models: Folder of the trained models.

    Returns:
        Each outcome with the data that its rows are of, as `predictions_table` takes them.
    """
    data_key = digest([member.to_csv(index=False) for member in members] + [groups.to_dict()])
    checkpoints = checkpoint_folder(name, ensemble.meta_learner, data_key) / f"{ensemble.folds}_folds"
    logits = stacked_logits(members, classes)
    clips = members[0].reset_index(drop=True)
    results = []
    for (seed, fold), part in clips.groupby(["seed", "fold"], sort=True):
        data = inner_study(part, logits[part.index], groups, classes)
        outcome = _train(data, part, int(seed), int(fold), ensemble, name, models, checkpoints)
        results.append((replace(data, split_seeds={int(fold): int(part["split_seed"].iloc[0])}), outcome))
    remove_checkpoints(checkpoints)
    return results


def stacked_logits(members: tuple[pd.DataFrame, pd.DataFrame], classes: list[str]) -> np.ndarray:
    """Return the logarithms of both members' probabilities, shape (rows, 2 classes), float32."""
    columns = [f"p_{label}" for label in classes]
    return joined_logits([member[columns].to_numpy() for member in members])


def joined_logits(members: Sequence[np.ndarray]) -> np.ndarray:
    """Return the same of members' probabilities as their predictions hold them, shape (rows, classes) each."""
    both = np.concatenate([member.astype(np.float64) for member in members], axis=1)
    return np.log(both.clip(min=LEAST)).astype(np.float32)


def inner_study(part: pd.DataFrame, logits: np.ndarray, groups: pd.Series, classes: list[str]) -> StudyData:
    """Return the clips of one seed and fold as a study of their own, not yet cut into folds.

    Args:
        part: A member's predictions of that seed and fold.
        logits: Of those rows, shape (rows, features).
        groups: Of copies, by utterance_id.
        classes: The study's classes, in its order.

    Raises:
        PipelineError: A validation clip is in no group.
    """
    clips = part[["utterance_id", "corpus", "speaker", "sex", "label"]].reset_index(drop=True)
    group = groups.reindex(clips["utterance_id"]).to_numpy(dtype=object)
    ungrouped = clips["utterance_id"][pd.isna(group) & (part["split"] == "val").to_numpy()]
    if len(ungrouped):
        raise PipelineError(
            f"{len(ungrouped)} validation clips are not in the split table, such as {ungrouped.iloc[0]}: the "
            "members were trained on another split: `dvc repro`"
        )
    clips = clips.assign(example_id=clips["utterance_id"], group=group)
    return StudyData(clips, classes, {"features": logits}, {}, None, {}, {})


def cut_folds(
    data: StudyData, val: np.ndarray, others: np.ndarray, n_folds: int, seed: int, where: str
) -> dict[int, dict[str, np.ndarray]]:
    """Cut the validation rows into folds, each part held out once; all other rows are only predicted.

    Args:
        data: Of one seed and fold.
        val: Indices of the validation rows.
        others: Indices of the rest.
        n_folds: How many.
        seed: Of the order.
        where: Key of the ensemble, for errors.

    Raises:
        PipelineError: A class has fewer clips than there are folds.
    """
    labels, groups = (data.clips[column].to_numpy()[val] for column in ("label", "group"))
    failure = (
        f"{where}.folds: a class has {{fewest}} validation clips, fewer than the {{n_folds}} folds: lower folds, "
        "or take members that do not train on validation"
    )
    cuts = cut_into_folds(labels, groups, n_folds, seed, failure)
    return {
        i: {"train": val[kept], "val": val[held], "test": others, "cross": NONE}
        for i, (kept, held) in enumerate(cuts)
    }


def _train(
    data: StudyData,
    part: pd.DataFrame,
    seed: int,
    fold: int,
    ensemble: Ensemble,
    name: str,
    models: Path,
    checkpoints: Path,
) -> Outcome:
    """Train a network for each fold of the validation rows, and keep the best."""
    started = time.perf_counter()
    where = f"ensembles.{name}"
    split = part["split"].to_numpy()
    val, others = np.flatnonzero(split == "val"), np.flatnonzero(split != "val")
    data = replace(data, folds=cut_folds(data, val, others, ensemble.folds or 0, seed, where))
    folder = checkpoints / f"seed{seed}_fold{fold}"
    runner = TorchRunner(data, ensemble.meta_learner, name, folder, folder)
    inner = []
    for i in data.folds:
        check_training(data, i, ["train"], f"{where}: fold {fold}: of its validation")
        inner.append(runner.train(seed, i))
    scores = [best_score(outcome, ensemble.meta_learner.monitor) for outcome in inner]
    best = inner[int(np.argmax(scores))]
    kept = {"inner_fold": best.fold, "inner_scores": [abs(score) for score in scores]}
    facts: dict[str, Any] = {**best.facts, **kept}
    network, design = load_network(folder, seed, best.fold)
    save_network(models, seed, fold, network, design, facts)
    rows = {name: np.flatnonzero(split == name) for name in np.unique(split)}
    probabilities = {
        name: best.probabilities["test"][split[others] == name] for name in rows if name != "val"
    }
    probabilities["val"] = _out_of_fold(inner, rows["val"])
    record = {
        "seconds": time.perf_counter() - started,
        "epochs": sum(len(outcome.history) for outcome in inner),
    }
    return Outcome(seed, fold, rows, probabilities, facts, best.history, record)


def best_score(outcome: Outcome, monitor: str) -> float:
    """Return what a network reached on the clips that were held out, in its kept epoch; more is better."""
    value = outcome.history[outcome.facts["best_epoch"] - 1][monitor]
    return -value if monitor == "val_loss" else value


def _out_of_fold(inner: list[Outcome], val: np.ndarray) -> np.ndarray:
    """Return the probabilities of the validation rows, each by the network that did not train on it."""
    rows = np.concatenate([outcome.rows["val"] for outcome in inner])
    probabilities = np.concatenate([outcome.probabilities["val"] for outcome in inner])
    return probabilities[np.argsort(rows)][np.searchsorted(np.sort(rows), val)]
