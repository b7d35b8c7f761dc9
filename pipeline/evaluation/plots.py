"""The plots and tables of a system.

Every figure is a PNG and a CSV file of the same stem in data/evaluated/<system>/figures; one that has nothing to
show is not written.

| figure | shows | rows of the CSV file |
| --- | --- | --- |
| confusion | of classes: counts and shares | one a true and predicted class |
| roc, pr | of classes with probabilities: each class against the rest | one a point, at most 200 a class |
| reliability | the same: accuracy by confidence | one a bin of confidence |
| residuals | of dimensions: predictions and residuals over the truth, and fitted lines | one a clip |
| learning | losses, training accuracy, validation scores; band: standard deviation over the runs | one an epoch |
| importances | of forests over named features: the first 20 | one a feature, all of them |
| trials | of a search: value by trial, and the best so far | one a trial |

| plots/systems/<system>, for `dvc plots show FILE` | rows |
| --- | --- |
| confusion.csv | one a test clip of the first run, all folds: actual, predicted (DVC's template counts) |
| learning.csv | one an epoch, mean over seeds, folds and targets |

| data/evaluated/<system> | rows |
| --- | --- |
| per_class.csv | one a class: the same clips' precision, recall, F1, AUC and average precision |
| per_target.csv | one a dimension: the same clips' CCC, PCC, MSE and the line through their residuals |
| groups.csv | one a corpus, sex and speaker: scores over all seeds |
| runs.csv | one a run: its scores, folds pooled |
| folds.csv | one a run and fold: its scores by itself |
| confusions.csv | each corpus's ten most frequent confusions, over all seeds |

One run (a seed) stands for all in figures and in scores by class, because counts of clips read better than means
of counts. A system of dimensions has confusion.csv with its header alone, and neither per_class.csv nor
confusions.csv; one of classes has no per_target.csv. A system that was skipped has these tables with their headers
alone, and no figure.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.core.tables import write_csv
from pipeline.evaluation.curve_figures import save_pr, save_reliability, save_roc
from pipeline.evaluation.curves import pr_points, roc_points
from pipeline.evaluation.figures import save_confusion, save_curves
from pipeline.evaluation.folds import fold_table, run_table
from pipeline.evaluation.groups import frequent_confusions, scores_by_group, target_scores_by_group
from pipeline.evaluation.history import mean_curves, spread_curves
from pipeline.evaluation.importances import importance_table
from pipeline.evaluation.model_figures import save_importances, save_trials
from pipeline.evaluation.regression import per_target_table, target_order
from pipeline.evaluation.reliability import calibration_error, reliability_table
from pipeline.evaluation.residual_figure import residual_table, save_residuals
from pipeline.evaluation.scores import (
    class_order,
    confusion_counts,
    confusion_table,
    number_runs,
    per_class_table,
    probabilities_of,
)
from pipeline.evaluation.trials import monitored, trial_table


def write_plots(
    folder: Path, details: Path, predictions: pd.DataFrame, history: pd.DataFrame, title: str
) -> None:
    """Write all that follows from predictions and history.

    Args:
        folder: Where the tables for `dvc plots` go; made if absent.
        details: Where all else goes; made if absent.
        predictions: The system's predictions, of every split; no rows where it was skipped.
        history: The system's training history.
        title: Above each figure, usually the system's name.
    """
    for each in (folder, details / "figures"):
        each.mkdir(parents=True, exist_ok=True)
    test = predictions[predictions["split"] == "test"]
    classes, targets = class_order(test), target_order(test)
    first = test[number_runs(test) == 0]
    if targets:
        _write_dimensions(folder, details, test, first, title)
    else:
        _write_classes(folder, details, test, first, title)
    write_csv(details / "runs.csv", run_table(test, classes, targets))
    write_csv(details / "folds.csv", fold_table(test, classes, targets))
    write_csv(folder / "learning.csv", mean_curves(history))
    if len(history):
        curves = spread_curves(history)
        subtitle = f"{title}: mean of the runs (seeds, folds and targets: {curves['n_runs'].max()})"
        save_curves(_figure(details, "learning", curves), curves, subtitle)


def write_model_plots(details: Path, models: Path, title: str) -> None:
    """Write the figures of what training left of a system in its folder of models; see `write_plots`."""
    importances, trials = importance_table(models), trial_table(models)
    if len(importances):
        save_importances(_figure(details, "importances", importances), importances, title)
    if len(trials):
        subtitle = f"{title}: search, {len(trials)} trials"
        save_trials(_figure(details, "trials", trials), trials, monitored(models), subtitle)


def _write_classes(folder: Path, details: Path, test: pd.DataFrame, first: pd.DataFrame, title: str) -> None:
    classes = class_order(test)
    write_csv(folder / "confusion.csv", first[["label", "predicted"]].rename(columns={"label": "actual"}))
    write_csv(details / "groups.csv", scores_by_group(test))
    write_csv(details / "confusions.csv", frequent_confusions(test))
    actual, predicted = first["label"].to_numpy(), first["predicted"].to_numpy()
    probabilities = probabilities_of(first, classes)
    per_class = per_class_table(actual, predicted, probabilities, classes)
    write_csv(details / "per_class.csv", per_class)
    if first.empty:
        return
    subtitle = _of_first(first, title)
    counts = confusion_counts(actual, predicted, classes)
    save_confusion(_figure(details, "confusion", confusion_table(counts, classes)), counts, classes, subtitle)
    if per_class["auc"].notna().any():
        roc, pr = (points(actual, probabilities, classes) for points in (roc_points, pr_points))
        save_roc(_figure(details, "roc", roc), roc, per_class, subtitle)
        save_pr(_figure(details, "pr", pr), pr, per_class, subtitle)
    if np.isfinite(probabilities).all():
        bins = reliability_table(actual, probabilities, classes)
        error = calibration_error(actual, probabilities, classes)
        save_reliability(_figure(details, "reliability", bins), bins, f"{subtitle}, ECE {error:.3f}")


def _write_dimensions(
    folder: Path, details: Path, test: pd.DataFrame, first: pd.DataFrame, title: str
) -> None:
    targets = target_order(test)
    write_csv(folder / "confusion.csv", pd.DataFrame(columns=["actual", "predicted"]))
    write_csv(details / "per_target.csv", per_target_table(first, targets))
    write_csv(details / "groups.csv", target_scores_by_group(test, targets))
    if len(first):
        path = _figure(details, "residuals", residual_table(first, targets))
        save_residuals(path, first, targets, _of_first(first, title))


def _of_first(first: pd.DataFrame, title: str) -> str:
    return f"{title}: {len(first)} test clips, seed {first['seed'].iloc[0]}"


def _figure(details: Path, stem: str, table: pd.DataFrame) -> Path:
    """Write a figure's numbers; return where its picture goes."""
    path = details / "figures" / f"{stem}.csv"
    write_csv(path, table)
    return path.with_suffix(".png")
