"""Learning curves: the history of every seed and fold, averaged epoch by epoch."""

import pandas as pd

CURVE_COLUMNS = ["epoch", "n_runs", "train_loss", "val_loss", "val_accuracy", "val_uar"]


def mean_curves(history: pd.DataFrame) -> pd.DataFrame:
    """Average the runs (one a seed and fold) that reached each epoch.

    Runs stop early at different epochs, so `n_runs` says how many stand behind a row; a jump where it falls
    is a run leaving, not the training.

    Args:
        history: One row a seed, fold and epoch; no rows for a system that is not trained by epochs.

    Returns:
        One row an epoch, the columns `CURVE_COLUMNS`.
    """
    by_epoch = history.groupby("epoch", sort=True)
    curves = by_epoch[["train_loss", "val_loss", "val_accuracy", "val_uar"]].mean()
    return curves.assign(n_runs=by_epoch.size()).reset_index()[CURVE_COLUMNS]
