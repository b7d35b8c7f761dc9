"""What a system's section of the report draws and lists: from its tables to charts and rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.evaluation.history import LOSSES
from pipeline.report import drawing
from pipeline.report.system_detail import Change, ClassDetail, Detail, DimensionDetail, Representation

N_IMPORTANT = 15
N_CORNERS = 60  # of a small curve
N_STEPS = 5  # of a rating, in colours
N_FREQUENT = 24  # confusions of all corpora together
N_SPEAKERS = 24  # of a table: as many as RAVDESS has
VISIBLE = 0.5  # percentage points: a smaller change is an empty cell


@dataclass(frozen=True)
class Mini:
    """A small curve of one class: its path in a square, and the area below it."""

    name: str
    path: str
    area: float


@dataclass(frozen=True)
class Cell:
    """A cell of a changed confusion matrix; kind: "rise" for the better, "fall" for the worse, "" for no change."""

    kind: str
    strength: float
    points: float
    percent: float | None


def learning_charts(detail: Detail) -> list[tuple[str, drawing.Chart]]:
    """Lay out the learning curves; none where there are no epochs."""
    if detail.curves.empty:
        return []
    scores = ["val_ccc"] if detail.row.targets else ["val_accuracy", "val_uar"]
    return [
        ("Loss", drawing.line_chart(detail.curves, [*LOSSES], shares=False)),
        ("Validation score", drawing.line_chart(detail.curves, scores, shares=not detail.row.targets)),
    ]


def curve_sets(predicted: ClassDetail) -> list[tuple[str, str, list[Mini], str, bool]]:
    """Lay out ROC and precision-recall curves: title, name of the area, a curve a class, file, with a diagonal?"""
    found = []
    if predicted.roc is not None:
        found.append(("ROC", "AUC", _minis(predicted, predicted.roc, "auc"), "roc", True))
    if predicted.pr is not None:
        curves = _minis(predicted, predicted.pr, "average_precision")
        found.append(("Precision over recall", "AP", curves, "pr", False))
    return found


def _minis(predicted: ClassDetail, points: pd.DataFrame, area: str) -> list[Mini]:
    areas = predicted.per_class.set_index("class")[area]
    x, y = points.columns[1:3]
    by_class = {
        name: (part[x].to_numpy(), part[y].to_numpy()) for name, part in points.groupby("class", sort=False)
    }
    found = []
    for name in predicted.classes:
        if name in by_class:
            kept = drawing.thinned(len(by_class[name][0]), N_CORNERS)
            curve = by_class[name][0][kept], by_class[name][1][kept]
            corners = drawing.steps(*curve) if area == "average_precision" else curve
            found.append(Mini(name, drawing.mini_path(*corners), float(areas[name])))
    return found


def frequent(predicted: ClassDetail) -> list[Any]:
    """Return the most frequent confusions of each corpus, fewer of each where there are many corpora."""
    table = predicted.confusions
    n_each = max(2, N_FREQUENT // max(1, table["corpus"].nunique()))
    return list(table.groupby("corpus", sort=False).head(n_each).itertuples())


def reliability(predicted: ClassDetail) -> drawing.Chart:
    """Lay out accuracy over confidence."""
    return drawing.reliability_chart(predicted.reliability)


def residual_charts(detail: Detail) -> list[tuple[str, drawing.Chart]]:
    """Lay out the residuals of each dimension over its rating."""
    found = []
    if isinstance(detail.predicted, DimensionDetail):
        lines = detail.predicted.per_target.set_index("target")
        for name in detail.row.targets:
            known = detail.predicted.residuals.dropna(subset=[f"residual_{name}"])
            if len(known):
                values = known[f"rated_{name}"].to_numpy(), known[f"residual_{name}"].to_numpy()
                line = lines.loc[name, "slope"], lines.loc[name, "intercept"]
                fitted = line if np.isfinite(line).all() else None
                found.append((name, drawing.scatter_chart(*values, fitted, (0.0, 0.0))))
    return found


def trials(table: pd.DataFrame) -> drawing.Chart:
    """Lay out a search, a row a trial: its value, and the best until then."""
    return drawing.trial_chart(table["value"].to_numpy(), table["best"].to_numpy())


def important(importances: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the most important features, with their share of the largest importance."""
    first = importances.head(N_IMPORTANT)
    return first.assign(share=first["importance"] / first["importance"].max()).to_dict("records")


def plane(item: Representation, detail: Detail) -> drawing.Chart:
    """Lay out a representation's plane; of a system of dimensions by five steps of its first dimension's rating."""
    points = item.points
    if isinstance(detail.predicted, ClassDetail):
        return drawing.plane_chart(points, detail.predicted.classes)
    rank = points[item.dimension(detail.row.targets)].rank(pct=True, na_option="keep")
    steps = np.ceil(rank * N_STEPS).fillna(0).astype(int).astype(str)
    return drawing.plane_chart(
        points.assign(label=steps), [str(step + 1) for step in range(N_STEPS)], ordered=True
    )


def group_tables(detail: Detail) -> list[tuple[str, list[dict[str, Any]], int]]:
    """Return the scores by corpus, sex and speaker: kind, rows, and how many more there are.

    One corpus alone is the system itself. Speakers begin with the one it does worst for.
    """
    score = detail.row.rank_score
    found = []
    for kind, part in detail.groups.groupby("kind", sort=False):
        if kind == "corpus" and len(part) == 1:
            continue
        if kind == "speaker":
            part = part.sort_values([score, "group"])
        shown = part.head(N_SPEAKERS)
        found.append((str(kind), shown.to_dict("records"), len(part) - len(shown)))
    return found


def speaker_range(detail: Detail) -> dict[str, Any] | None:
    """Summarise the scores of the single speakers, where they have one; None with fewer than two."""
    scores = detail.groups.query("kind == 'speaker'")[detail.row.rank_score].dropna()
    if len(scores) < 2:
        return None
    return {"n": len(scores), "low": scores.min(), "median": scores.median(), "high": scores.max()}


def change_rows(change: Change) -> list[tuple[str, list[Cell]]]:
    """Return the cells of a changed confusion matrix, a row an actual class."""
    if change.confusion is None:
        return []
    largest = change.confusion["points"].abs().max()
    return [
        (str(actual), [_cell(line, largest) for line in part.to_dict("records")])
        for actual, part in change.confusion.groupby("actual", sort=False)
    ]


def _cell(line: dict[str, Any], largest: float) -> Cell:
    points = line["points"]
    percent = None if pd.isna(line["percent"]) else line["percent"]
    if pd.isna(points) or abs(points) < VISIBLE:
        return Cell("", 0.0, 0.0, None)
    better = (points > 0) == (line["actual"] == line["predicted"])
    return Cell("rise" if better else "fall", 0.75 * abs(points) / largest, points, percent)
