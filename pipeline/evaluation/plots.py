"""The plots of a system: what DVC draws (CSV), what a person looks at (PNG), and tables in detail.

| plots folder | rows |
| --- | --- |
| confusion.csv | one a test clip of the first run, all folds: actual, predicted (DVC's template counts) |
| figures/confusion.png | the same, counted |
| learning.csv, figures/learning.png | one an epoch, mean over seeds and folds; no PNG without epochs |

| details folder | rows |
| --- | --- |
| per_class.csv | one a class: the same clips' precision, recall and F1 |
| groups.csv | one a corpus, sex and speaker: scores over all seeds |
| confusions.csv | each corpus's ten most frequent confusions, over all seeds |

One run (a seed) stands for all in the confusion matrix, because counts of clips read better than means of counts.
A system that was skipped has the CSV files with their headers alone, and no PNG.
"""

from pathlib import Path

import pandas as pd

from pipeline.evaluation.figures import save_confusion, save_curves
from pipeline.evaluation.groups import frequent_confusions, scores_by_group
from pipeline.evaluation.history import mean_curves
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
    figures = folder / "figures"
    for each in (figures, details):
        each.mkdir(parents=True, exist_ok=True)
    classes = class_order(predictions)
    test = predictions[predictions["split"] == "test"]
    first = test[number_runs(test) == 0]
    actual, predicted = first["label"].to_numpy(), first["predicted"].to_numpy()
    curves = mean_curves(history)
    _write_csv(folder / "confusion.csv", first[["label", "predicted"]].rename(columns={"label": "actual"}))
    _write_csv(details / "groups.csv", scores_by_group(test))
    _write_csv(details / "confusions.csv", frequent_confusions(test))
    _write_csv(folder / "learning.csv", curves)
    _write_csv(details / "per_class.csv", per_class_table(actual, predicted, classes))
    if len(first):
        subtitle = f"{title}: {len(first)} test clips, seed {first['seed'].iloc[0]}"
        save_confusion(
            figures / "confusion.png", confusion_counts(actual, predicted, classes), classes, subtitle
        )
    if len(curves):
        save_curves(
            figures / "learning.png",
            curves,
            f"{title}: mean of the runs (seeds x folds: {curves['n_runs'].max()})",
        )


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path, index=False, float_format="%.6f", lineterminator="\n")
