"""Learning curves: the history of every seed, fold and target, averaged epoch by epoch."""

import pandas as pd

LOSSES = ("train_loss", "val_loss")
SCORES = ("train_accuracy", "val_accuracy", "val_uar", "val_f1", "val_weighted_f1", "val_ccc")


def mean_curves(history: pd.DataFrame) -> pd.DataFrame:
    """Average the runs (one a seed and fold, and a target where each has its own network) that reached each epoch.

    Runs stop early at different epochs, so `n_runs` says how many stand behind a row; a jump where it falls
    is a run leaving, not the training.

    Args:
        history: One row a seed, fold, target and epoch; no rows for a system that is not trained by epochs.

    Returns:
        One row an epoch: epoch, n_runs, `LOSSES` and those of `SCORES` that the system has.
    """
    scores = [name for name in SCORES if name in history and (history.empty or history[name].notna().any())]
    by_epoch = history.groupby("epoch", sort=True)
    curves = by_epoch[[*LOSSES, *scores]].mean()
    curves.insert(0, "n_runs", by_epoch.size())
    return curves.reset_index()


def spread_curves(history: pd.DataFrame) -> pd.DataFrame:
    """Return `mean_curves`, and after each the runs' standard deviation: <column>_sd, NaN where one run is left."""
    curves = mean_curves(history)
    names = [name for name in curves.columns if name not in ("epoch", "n_runs")]
    spread = history.groupby("epoch", sort=True)[names].std(ddof=1).reset_index(drop=True).add_suffix("_sd")
    order = [column for name in names for column in (name, f"{name}_sd")]
    return pd.concat([curves, spread], axis=1)[["epoch", "n_runs", *order]]
