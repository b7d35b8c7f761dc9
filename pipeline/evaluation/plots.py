"""The plots of a system: what DVC draws (CSV), what a person looks at (PNG), and tables in detail.

| plots folder | rows |
| --- | --- |
| confusion.csv | one a test clip of the first run, all folds: actual, predicted (DVC's template counts) |
| figures/confusion.png | the same, counted |
| figures/residuals.png | of dimensions: predictions and residuals over the truth, the same clips |
| learning.csv, figures/learning.png | one an epoch, mean over seeds, folds and targets; no PNG without epochs |

| details folder | rows |
| --- | --- |
| per_class.csv | one a class: the same clips' precision, recall and F1 |
| per_target.csv | one a dimension: the same clips' CCC, PCC, MSE and the line through their residuals |
| groups.csv | one a corpus, sex and speaker: scores over all seeds |
| confusions.csv | each corpus's ten most frequent confusions, over all seeds |

One run (a seed) stands for all in the confusion matrix, because counts of clips read better than means of counts.
A system of dimensions has confusion.csv with its header alone, which dvc.yaml lists for all, and neither
per_class.csv nor confusions.csv; one of classes has no per_target.csv. A system that was skipped has its CSV
files with their headers alone, and no PNG.
"""

from pathlib import Path

import pandas as pd

from pipeline.evaluation.figures import save_confusion, save_curves
from pipeline.evaluation.groups import frequent_confusions, scores_by_group, target_scores_by_group
from pipeline.evaluation.history import mean_curves
from pipeline.evaluation.regression import per_target_table, target_order
from pipeline.evaluation.residual_figure import save_residuals
from pipeline.evaluation.scores import class_order, confusion_counts, number_runs, per_class_table


def write_plots(
    folder: Path, details: Path, predictions: pd.DataFrame, history: pd.DataFrame, title: str
) -> None:
    """Write every file of the two folders.

    Args:
        folder: Where the plots go; made if absent.
        details: Where the tables go; made if absent.
        predictions: The system's predictions, of every split; no rows where it was skipped.
        history: The system's training history.
        title: Above each figure, usually the system's name.
    """
    for each in (folder / "figures", details):
        each.mkdir(parents=True, exist_ok=True)
    test = predictions[predictions["split"] == "test"]
    write = _write_dimensions if target_order(predictions) else _write_classes
    write(folder, details, test, title)
    curves = mean_curves(history)
    _write_csv(folder / "learning.csv", curves)
    if len(curves):
        subtitle = f"{title}: mean of the runs (seeds, folds and targets: {curves['n_runs'].max()})"
        save_curves(folder / "figures" / "learning.png", curves, subtitle)


def _write_classes(folder: Path, details: Path, test: pd.DataFrame, title: str) -> None:
    classes = class_order(test)
    first = test[number_runs(test) == 0]
    actual, predicted = first["label"].to_numpy(), first["predicted"].to_numpy()
    _write_csv(folder / "confusion.csv", first[["label", "predicted"]].rename(columns={"label": "actual"}))
    _write_csv(details / "per_class.csv", per_class_table(actual, predicted, classes))
    _write_csv(details / "groups.csv", scores_by_group(test))
    _write_csv(details / "confusions.csv", frequent_confusions(test))
    if len(first):
        counts = confusion_counts(actual, predicted, classes)
        save_confusion(folder / "figures" / "confusion.png", counts, classes, _of_first(first, title))


def _write_dimensions(folder: Path, details: Path, test: pd.DataFrame, title: str) -> None:
    targets = target_order(test)
    first = test[number_runs(test) == 0]
    _write_csv(folder / "confusion.csv", pd.DataFrame(columns=["actual", "predicted"]))
    _write_csv(details / "per_target.csv", per_target_table(first, targets))
    _write_csv(details / "groups.csv", target_scores_by_group(test, targets))
    if len(first):
        save_residuals(folder / "figures" / "residuals.png", first, targets, _of_first(first, title))


def _of_first(first: pd.DataFrame, title: str) -> str:
    return f"{title}: {len(first)} test clips, seed {first['seed'].iloc[0]}"


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path, index=False, float_format="%.6f", lineterminator="\n")
