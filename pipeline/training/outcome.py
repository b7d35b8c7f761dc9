"""What training one seed and fold gives, and the tables that are made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.config.systems import System, targets_of
from pipeline.core.paths import history_path, predictions_path, trained_dir
from pipeline.core.tables import write_csv, write_json, write_table
from pipeline.training.data import EMOTION, StudyData

# target: of a network that has one dimension to itself, else "". A score that a target does not have is empty.
HISTORY_COLUMNS = ["seed", "fold", "target", "epoch", "train_loss", "train_accuracy", "val_loss"]
HISTORY_COLUMNS += ["val_accuracy", "val_uar", "val_f1", "val_ccc", "lr"]
PROBABILITY_DIGITS = 6  # and of values of dimensions


@dataclass(frozen=True)
class Outcome:
    """The results of one seed and fold: of one model, or of one for each target together.

    Attributes:
        seed: Of the initial weights, the order of the clips, the folds of a grid.
        fold: Of the split table.
        rows: Indices of the predicted clips, by split as it is called in the predictions.
        probabilities: Of those clips, shape (rows, classes), by the same names; of a system of dimensions their
            values in place of probabilities, shape (rows, targets).
        facts: Number of trainable `parameters`, of training clips `n_train`, and whatever else is the same
            each time.
        history: One row an epoch and network; empty where there are none.
        record: What may differ between runs, such as seconds.
    """

    seed: int
    fold: int
    rows: dict[str, np.ndarray]
    probabilities: dict[str, np.ndarray]
    facts: dict[str, Any]
    history: list[dict[str, Any]]
    record: dict[str, Any]


def rows_to_predict(data: StudyData, fold: int, system: System) -> dict[str, np.ndarray]:
    """Return the rows to predict: `test`, `val` where it is not trained on, and `cross` where there is any."""
    rows = {"test": data.rows(fold, ["test"])}
    if "val" not in system.train_on:
        rows["val"] = data.rows(fold, ["val"])
    if len(cross := data.rows(fold, ["cross"])):
        rows["cross"] = cross
    return rows


def join_networks(outcomes: dict[str, Outcome]) -> Outcome:
    """Join the outcomes of the networks of one seed and fold, by their names: see `networks_of`.

    Parameters, seconds and epochs are summed; best epochs are told apart by name.
    """
    first, *others = outcomes.values()
    history: list[dict[str, Any]] = [
        {"target": name, **row} for name, outcome in outcomes.items() for row in outcome.history
    ]
    if not others:
        return replace(first, history=history)
    every = list(outcomes.values())
    facts = {
        **first.facts,
        "parameters": sum(outcome.facts["parameters"] for outcome in every),
        "best_epoch": {name: outcome.facts["best_epoch"] for name, outcome in outcomes.items()},
    }
    predicted = {
        split: np.concatenate([outcome.probabilities[split] for outcome in every], axis=1)
        for split in first.rows
    }
    # Of all else that is recorded, such as memory, the most.
    join = {"seconds": sum, "epochs": sum}
    record = {key: join.get(key, max)(outcome.record[key] for outcome in every) for key in first.record}
    return replace(first, probabilities=predicted, facts=facts, history=history, record=record)


def model_facts(data: StudyData, system: System, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return what the metrics say of a system's models, the same each time.

    `parameters` is the number of trainable ones (the largest model's, where folds differ in vocabulary), None
    where that means nothing; `n_train` is what the largest model was trained on, augmented copies among them;
    `n_left_out` are the clips that were not used because the corpus does not say one of the system's dimensions.
    """
    lacking = data.lacking(targets_of(system))
    counts = [outcome.facts["parameters"] for outcome in outcomes]
    return {
        "parameters": None if None in counts else max(counts),
        "n_train": max(outcome.facts["n_train"] for outcome in outcomes),
        "n_left_out": int(data.clips["utterance_id"][lacking].nunique()),
        "models": [{"seed": o.seed, "fold": o.fold, **o.facts} for o in outcomes],
    }


def predictions_table(
    data: StudyData, outcomes: list[Outcome], targets: Sequence[str] = (EMOTION,)
) -> pd.DataFrame:
    """Lay predictions out, sorted by seed, fold, split and utterance, with numbers of six decimals.

    Args:
        data: The study.
        outcomes: One a seed and fold.
        targets: What the system predicts.
    """
    parts = [_predictions_of(data, outcome, split, targets) for outcome in outcomes for split in outcome.rows]
    order = ["seed", "fold", "split", "utterance_id"]
    return pd.concat(parts).sort_values(order, ignore_index=True)


def as_written(outputs: np.ndarray) -> np.ndarray:
    """Return probabilities, or values of dimensions, as predictions hold them: of six decimals, float32."""
    return outputs.astype(np.float64).round(PROBABILITY_DIGITS).astype(np.float32)


def _predictions_of(data: StudyData, outcome: Outcome, split: str, targets: Sequence[str]) -> pd.DataFrame:
    rows, outputs = outcome.rows[split], outcome.probabilities[split]
    rounded = as_written(outputs)
    columns: dict[str, np.ndarray] = {}
    if EMOTION in targets:
        columns["predicted"] = np.asarray(data.classes, dtype=object)[outputs.argmax(axis=1)]
        columns |= {f"p_{name}": rounded[:, i] for i, name in enumerate(data.classes)}
    else:
        true = data.values(list(targets))[rows]
        for i, name in enumerate(targets):
            columns |= {f"t_{name}": true[:, i], f"y_{name}": rounded[:, i]}
    return data.clips.iloc[rows].assign(
        seed=outcome.seed,
        split_seed=data.split_seeds[outcome.fold],
        fold=outcome.fold,
        split=split,
        **columns,
    )


def history_table(outcomes: list[Outcome]) -> pd.DataFrame:
    """Lay the history of all runs out; no rows for a system that is not trained by epochs.

    Returns:
        `HISTORY_COLUMNS`, and behind them the score that weights are chosen by, where it is none of them.
    """
    rows = [{"seed": o.seed, "fold": o.fold, "target": "", **row} for o in outcomes for row in o.history]
    further = {key for row in rows for key in row} - {*HISTORY_COLUMNS}
    return pd.DataFrame(rows, columns=[*HISTORY_COLUMNS, *sorted(further)])


def write_history(name: str, history: pd.DataFrame) -> None:
    """Write the history of a system, as `history_table` lays it out."""
    write_csv(history_path(name), history, "%.6g")


def write_skipped(name: str, schema: pa.Schema, reason: str, **digests: str) -> None:
    """Write the empty outputs of a system that cannot be trained, such as one without clips in the active profile.

    Args:
        name: The system's.
        schema: Of its predictions.
        reason: Why it cannot, in words.
        digests: Of the `plan` that it would have been trained by, and of the `data` that it would have learnt from.
    """
    write_table(predictions_path(name), schema.empty_table(), schema)
    write_history(name, history_table([]))
    write_json(trained_dir(name) / "model.json", {"status": "skipped", "reason": reason, **digests})
    write_json(trained_dir(name) / "run.json", {"status": "skipped"})
