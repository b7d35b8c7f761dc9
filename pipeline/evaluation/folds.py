"""Scores of single runs and folds, and their means: the two ways to average leave-one-speaker-out.

The scores of a system are of each run's clips pooled over the folds. The document behind the
leave-one-speaker-out systems (arXiv:2110.06650, section 4.1.1 and table 1) says that every speaker is tested once
and not whether ten scores are averaged; where it tests ten models on another corpus it averages their scores
(section 4.2). Both are given, since they differ: a fold's UAR runs over the classes, and its CCC over the range of
values, that its speaker has.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipeline.evaluation.groups import dimension_scores
from pipeline.evaluation.metrics import metric_of, metrics_of
from pipeline.evaluation.regression import target_scores_by_run
from pipeline.evaluation.scores import label_scores, mean_and_sd, scores_by_run

RUN = ["split_seed", "seed"]
FOLD = [*RUN, "fold"]


def run_table(test: pd.DataFrame, classes: Sequence[str], targets: Sequence[str]) -> pd.DataFrame:
    """Return a row a run: `RUN`, n_test and all its scores, the folds pooled; no rows without clips."""
    sizes = test.groupby(RUN, sort=True).size().rename("n_test").reset_index()
    if test.empty:
        return sizes
    scores = target_scores_by_run(test, targets) if targets else scores_by_run(test, classes)
    return pd.concat([sizes, scores.reset_index(drop=True)], axis=1)  # both in the order of the runs


def fold_table(test: pd.DataFrame, classes: Sequence[str], targets: Sequence[str]) -> pd.DataFrame:
    """Return a row a run and fold, scored by itself; no rows without clips.

    Returns:
        `FOLD`, n_test, and accuracy, uar and macro_f1 over the classes that the fold's clips have; or ccc (the mean
        over the targets), ccc_<target>, pcc_<target> and mse_<target>, NaN where the fold's clips have no two
        values, which is then left out of the means.
    """
    by_fold = test.groupby(FOLD, sort=True)
    table = by_fold.size().rename("n_test").reset_index()
    if test.empty:
        return table
    if targets:
        scores = pd.DataFrame([dimension_scores(part, targets) for _, part in by_fold])
    else:
        metrics = [metric for metric in metrics_of("counts") if metric.by_fold]
        scores = pd.DataFrame(label_scores(test, by_fold.ngroup().to_numpy(), classes, metrics))
    return pd.concat([table, scores], axis=1)


def fold_metrics(test: pd.DataFrame, classes: Sequence[str], targets: Sequence[str]) -> dict[str, Any]:
    """Return the means over the folds, where there are several.

    Returns:
        n_folds (of a run); of each score <score>_fold_mean, the mean over the folds, averaged over the runs, and
        its <score>_fold_mean_sd over the runs; and <score>_fold_sd, the standard deviation over the folds of a
        run, averaged over the runs.
    """
    table = fold_table(test, classes, targets)
    by_run = table.groupby(RUN, sort=True)
    n_folds = int(by_run.size().max())
    if n_folds == 1:
        return {"n_folds": 1}
    names = [name for name in table if (metric := metric_of(str(name))) and metric.by_fold]
    means, sds = mean_and_sd(by_run[names].mean())
    within = mean_and_sd(by_run[names].std(ddof=1))[0]
    each = {
        f"{name}_{suffix}": values[name]
        for name in names
        for suffix, values in (("fold_mean", means), ("fold_mean_sd", sds), ("fold_sd", within))
    }
    return {"n_folds": n_folds, **each}
