"""A training in few numbers: the epoch whose weights were kept, what was measured then, and where it ended."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.core.paths import history_path, trained_dir
from pipeline.core.tables import read_csv, read_json
from pipeline.evaluation.history import LOSSES, SCORES

CURVES = (*LOSSES, *SCORES)
WORDS = {"train": "training", "val": "validation", "uar": "UAR", "f1": "macro F1"}
WORDS |= {"weighted_f1": "weighted F1", "ccc": "mean CCC"}
Epoch = Mapping[str, Any]  # a row of the history


def training_summary(system: str) -> dict[str, float]:
    """Return means over the runs of a trained system; nothing of one that is not trained by epochs.

    Returns:
        `epochs`, `best_epoch`, each curve's value in that epoch, such as val_accuracy, and as <part>_final_<score>,
        such as val_final_accuracy, in the last epoch.
    """
    history = read_csv(history_path(system)).to_dict("records")
    if not history:
        return {}
    models = read_json(trained_dir(system) / "model.json")["models"]
    best = {(model["seed"], model["fold"]): model["best_epoch"] for model in models if "best_epoch" in model}
    return summarise_runs(history, best)


def summarise_runs(
    history: Iterable[Epoch], best: Mapping[tuple[int, int], int | Mapping[str, int]]
) -> dict[str, float]:
    """Return what `training_summary` does.

    Args:
        history: One row a seed, fold, target and epoch, the epochs of each network in their order.
        best: The epoch whose weights were kept, by seed and fold; by target where each has its own network.
    """
    runs: dict[tuple[int, int, str], list[Epoch]] = {}
    for row in history:
        target = row.get("target", "")
        key = (row["seed"], row["fold"], target if isinstance(target, str) else "")
        runs.setdefault(key, []).append(row)
    values: dict[str, list[float]] = {}
    for (seed, fold, target), rows in runs.items():
        epoch = best.get((seed, fold))
        for name, value in _run(rows, epoch[target] if isinstance(epoch, Mapping) else epoch).items():
            if not math.isnan(value):
                values.setdefault(name, []).append(value)
    return {name: sum(each) / len(each) for name, each in values.items()}


def _run(rows: list[Epoch], best: int | None) -> dict[str, float]:
    """Summarise one network's epochs, of which one was kept."""
    found: dict[str, float] = {"epochs": rows[-1]["epoch"]}
    for name in CURVES:
        part, _, score = name.partition("_")
        found[f"{part}_final_{score}"] = rows[-1].get(name, math.nan)
    if best is not None:
        kept = next(row for row in rows if row["epoch"] == best)
        found |= {"best_epoch": best, **{name: kept.get(name, math.nan) for name in CURVES}}
    return found


def epoch_rows(system: str) -> list[dict[str, Any]]:
    """Return the kept epoch and the last, each with its losses and scores; none of a system without epochs."""
    summary, rows = training_summary(system), []
    for name, epoch, infix in (("weights kept", "best_epoch", ""), ("last", "epochs", "final_")):
        if epoch in summary:
            parts = {curve: curve.partition("_") for curve in CURVES}
            values = {
                curve: summary.get(f"{part}_{infix}{score}") for curve, (part, _, score) in parts.items()
            }
            rows.append({"name": name, "epoch": summary[epoch], **values})
    return rows


def epoch_curves(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the losses and scores that such rows have a value of, in their order, and how people call them."""
    there = [name for name in CURVES if any(row[name] is not None for row in rows)]
    return {name: _in_words(name) for name in there}


def _in_words(name: str) -> str:
    """Return val_uar as "validation UAR"."""
    part, _, score = name.partition("_")
    return f"{WORDS[part]} {WORDS.get(score, score)}"
