"""What training one seed and fold gives, and the tables that are made of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.settings import System, TorchSystem
from pipeline.training.data import StudyData

HISTORY_COLUMNS = ["seed", "fold", "epoch", "train_loss", "val_loss", "val_accuracy", "val_uar", "lr"]
PROBABILITY_DIGITS = 6


@dataclass(frozen=True)
class Outcome:
    """One trained model's results.

    Attributes:
        seed: Of the initial weights, the order of the clips, the folds of a grid.
        fold: Of the split table.
        rows: Indices of the predicted clips, by split as it is called in the predictions.
        probabilities: Of those clips, shape (rows, classes), by the same names.
        facts: Number of trainable `parameters`, of training clips `n_train`, and whatever else is the same
            each time.
        history: One row an epoch; empty where there are none.
        record: What may differ between runs, such as seconds.
    """

    seed: int
    fold: int
    rows: dict[str, np.ndarray]
    probabilities: dict[str, np.ndarray]
    facts: dict[str, Any]
    history: list[dict[str, float]]
    record: dict[str, Any]


def rows_to_predict(data: StudyData, fold: int, system: System) -> dict[str, np.ndarray]:
    """Return the rows to predict: `test`, and `val` where it is not trained on."""
    rows = {"test": data.rows(fold, ["test"])}
    if "val" not in system.train_on:
        rows["val"] = data.rows(fold, ["val"])
    return rows


def model_facts(data: StudyData, system: System, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return what the metrics say of a system's models, the same each time.

    `parameters` is the number of trainable ones (the largest model's, where folds differ in vocabulary), None
    where that means nothing; `n_train` is what the largest model was trained on, augmented copies among them.
    """
    counts = [outcome.facts["parameters"] for outcome in outcomes]
    return {
        "pretrained": isinstance(system, TorchSystem) and system.weights is not None,
        "parameters": None if None in counts else max(counts),
        "n_train": max(outcome.facts["n_train"] for outcome in outcomes),
        "models": [{"seed": o.seed, "fold": o.fold, **o.facts} for o in outcomes],
    }


def predictions_table(data: StudyData, outcomes: list[Outcome]) -> pd.DataFrame:
    """Lay predictions out, sorted by seed, fold, split and utterance, with probabilities of six decimals."""
    parts = [_predictions_of(data, outcome, split) for outcome in outcomes for split in outcome.rows]
    order = ["seed", "fold", "split", "utterance_id"]
    return pd.concat(parts).sort_values(order, ignore_index=True)


def _predictions_of(data: StudyData, outcome: Outcome, split: str) -> pd.DataFrame:
    table = data.clips.iloc[outcome.rows[split]].reset_index(drop=True)
    probabilities = outcome.probabilities[split]
    predicted = np.asarray(data.classes, dtype=object)[probabilities.argmax(axis=1)]
    rounded = probabilities.astype(np.float64).round(PROBABILITY_DIGITS).astype(np.float32)
    columns = {f"p_{name}": rounded[:, i] for i, name in enumerate(data.classes)}
    return table.assign(
        seed=outcome.seed,
        split_seed=data.split_seeds[outcome.fold],
        fold=outcome.fold,
        split=split,
        predicted=predicted,
        **columns,
    )


def history_table(outcomes: list[Outcome]) -> pd.DataFrame:
    """Lay the history of all runs out; no rows for a system that is not trained by epochs."""
    rows = [{"seed": o.seed, "fold": o.fold, **row} for o in outcomes for row in o.history]
    return pd.DataFrame(rows, columns=HISTORY_COLUMNS)
