"""The trials of a system's search, in their order, and the best value so far."""

from pathlib import Path

import pandas as pd

from pipeline.core.tables import read_json

TRIAL_COLUMNS = ["number", "state", "value", "best"]


def trial_table(models: Path) -> pd.DataFrame:
    """Read what `train` wrote of a system's search.

    Args:
        models: The system's folder: `trials.csv`, and `run.json`, which says what the search looked at.

    Returns:
        The columns `TRIAL_COLUMNS`: number, how the trial ended (complete, pruned, diverged), the best value that
        it reached, and the best of the completed trials up to it, NaN before the first. No rows without a search.
    """
    path = models / "trials.csv"
    if not path.exists():
        return pd.DataFrame(columns=TRIAL_COLUMNS)
    trials = pd.read_csv(path)[["number", "state", "value"]]
    completed = trials["value"].where(trials["state"] == "complete")
    best = completed.cummin() if less_is_better(models) else completed.cummax()
    return trials.assign(best=best.ffill())


def monitored(models: Path) -> str:
    """Return the score that a system's training and search went by, such as val_uar."""
    return read_json(models / "run.json")["settings"]["monitor"]


def less_is_better(models: Path) -> bool:
    return monitored(models) == "val_loss"
