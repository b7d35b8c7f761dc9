"""A training in few numbers: the epoch whose weights were kept, what was measured then, and where training ended."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.core.paths import history_path, trained_dir
from pipeline.core.tables import read_csv, read_json
from pipeline.evaluation.history import LOSSES, SCORES

RUN = ["seed", "fold", "target"]


def training_summary(system: str) -> dict[str, float]:
    """Return means over the runs of a trained system; nothing of one that is not trained by epochs.

    Returns:
        `epochs`, `best_epoch`, each curve's value in that epoch, such as val_accuracy, and as <part>_final_<score>,
        such as val_final_accuracy, in the last epoch.
    """
    history = read_csv(history_path(system))
    if history.empty:
        return {}
    best = {
        (model["seed"], model["fold"]): model["best_epoch"]
        for model in read_json(trained_dir(system) / "model.json")["models"]
        if "best_epoch" in model
    }
    return summarise_runs(history, best)


def summarise_runs(
    history: pd.DataFrame, best: Mapping[tuple[int, int], int | Mapping[str, int]]
) -> dict[str, float]:
    """Return what `training_summary` does.

    Args:
        history: One row a seed, fold, target and epoch.
        best: The epoch whose weights were kept, by seed and fold; by target where each has its own network.
    """
    history = history.assign(target=history["target"].fillna("") if "target" in history else "")
    curves = [name for name in (*LOSSES, *SCORES) if name in history and history[name].notna().any()]
    runs = [_run(rows, curves, best) for _, rows in history.groupby(RUN, sort=False)]
    return {name: float(value) for name, value in pd.DataFrame(runs).mean().items() if pd.notna(value)}


def _run(rows: pd.DataFrame, curves: list[str], best: Mapping[tuple[int, int], Any]) -> dict[str, float]:
    """Summarise one network's epochs."""
    rows = rows.sort_values("epoch")
    seed, fold, target = rows.iloc[0][RUN]
    last = rows.iloc[-1]
    found: dict[str, float] = {"epochs": last["epoch"]}
    for name in curves:
        part, _, score = name.partition("_")
        found[f"{part}_final_{score}"] = last[name]
    epoch = best.get((int(seed), int(fold)))
    if isinstance(epoch, Mapping):
        epoch = epoch.get(target)
    if epoch is not None:
        kept = rows[rows["epoch"] == epoch].iloc[0]
        found |= {"best_epoch": epoch, **{name: kept[name] for name in curves}}
    return found


def epoch_rows(system: str) -> list[dict[str, Any]]:
    """Return the kept epoch and the last, each with its losses and scores; none of a system without epochs."""
    summary, rows = training_summary(system), []
    for name, epoch, infix in (("weights kept", "best_epoch", ""), ("last", "epochs", "final_")):
        if epoch in summary:
            values = {
                curve: summary.get("_".join((curve.partition("_")[0], infix + curve.partition("_")[2])))
                for curve in (*LOSSES, *SCORES)
            }
            rows.append({"name": name, "epoch": summary[epoch], **values})
    return rows


def epoch_curves(rows: list[dict[str, Any]]) -> list[str]:
    """Return the losses and scores that such rows have a value of, in their order."""
    return [name for name in (*LOSSES, *SCORES) if any(row[name] is not None for row in rows)]
