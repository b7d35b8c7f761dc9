"""What a system's section of the report draws and lists: from its tables to charts and rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.evaluation.history import LOSSES
from pipeline.report import drawing
from pipeline.report.geometry import Chart, evenly_spaced, mini_path, staircase
from pipeline.report.system_detail import Change, ClassDetail, Detail, DimensionDetail, Representation

N_FEATURES = 15
N_CORNERS = 60  # of a small curve
N_STEPS = 5  # of a rating, in colours
N_CONFUSIONS = 24  # of all corpora together
N_SPEAKERS = 24  # of a table: as many as RAVDESS has
VISIBLE = 0.5  # percentage points: a smaller change is an empty cell
DEEPEST = 0.75  # share of its colour that the largest change has


@dataclass(frozen=True)
class Mini:
    """A small curve of one class: its path in a square, and the area below it."""

    name: str
    path: str
    area: float


@dataclass(frozen=True)
class CurveSet:
    """Small curves of one kind.

    Attributes:
        title: What they show.
        area_name: What the area below them is called.
        curves: One of each class that has one.
        stem: Name of the file with their numbers.
        diagonal: Whether guessing would give the rising diagonal.
    """

    title: str
    area_name: str
    curves: list[Mini]
    stem: str
    diagonal: bool


@dataclass(frozen=True)
class GroupTable:
    """Scores by group.

    Attributes:
        kind: What makes a group: corpus, sex or speaker.
        rows: The groups that are shown.
        n_more: How many are not.
    """

    kind: str
    rows: list[dict[str, Any]]
    n_more: int


@dataclass(frozen=True)
class Cell:
    """A cell of a changed confusion matrix; kind: "rise" for the better, "fall" for the worse, "" for no change."""

    kind: str
    strength: float
    points: float
    percent: float | None


def learning_charts(detail: Detail) -> list[tuple[str, Chart]]:
    """Lay out the learning curves, each with its title; none where there are no epochs."""
    if detail.curves.empty:
        return []
    wanted = ["val_ccc"] if detail.row.targets else ["train_accuracy", "val_accuracy", "val_uar"]
    scores = [name for name in wanted if name in detail.curves]
    return [
        ("Loss", drawing.line_chart(detail.curves, LOSSES, shares=False)),
        ("Score", drawing.line_chart(detail.curves, scores, shares=not detail.row.targets)),
    ]


def curve_sets(predicted: ClassDetail) -> list[CurveSet]:
    """Lay out ROC and precision-recall curves; none without probabilities."""
    areas = predicted.per_class.set_index("class")
    sets = []
    if predicted.roc is not None:
        points = predicted.roc.rename(columns={"fpr": "x", "tpr": "y"})
        sets.append(CurveSet("ROC", "AUC", _minis(points, areas["auc"]), "roc", diagonal=True))
    if predicted.pr is not None:
        points = predicted.pr.rename(columns={"recall": "x", "precision": "y"})
        curves = _minis(points, areas["average_precision"], stepped=True)
        sets.append(CurveSet("Precision over recall", "AP", curves, "pr", diagonal=False))
    return sets


def _minis(points: pd.DataFrame, areas: pd.Series, *, stepped: bool = False) -> list[Mini]:
    """Lay out the curve of each class that has one, in the order of the areas.

    Args:
        points: With the columns class, x and y.
        areas: The area below the curve of each class.
        stepped: Whether the curve keeps the height of its next point until there.
    """
    by_class = dict(list(points.groupby("class")))
    minis = []
    for name, area in areas.items():
        if name in by_class:
            corners = by_class[name].iloc[evenly_spaced(len(by_class[name]), N_CORNERS)]
            x, y = corners["x"].to_numpy(), corners["y"].to_numpy()
            path = mini_path(*(staircase(x, y) if stepped else (x, y)))
            minis.append(Mini(str(name), path, float(area)))
    return minis


def frequent_confusions(predicted: ClassDetail) -> list[dict[str, Any]]:
    """Return the most frequent confusions of each corpus, fewer of each where there are many corpora."""
    table = predicted.confusions
    n_each = max(2, N_CONFUSIONS // max(1, table["corpus"].nunique()))
    return table.groupby("corpus", sort=False).head(n_each).to_dict("records")


def residual_charts(detail: Detail) -> list[tuple[str, Chart]]:
    """Lay out the residuals of each dimension that was rated, with its name."""
    if not isinstance(detail.predicted, DimensionDetail):
        return []
    charts = []
    fits = detail.predicted.per_target.set_index("target")[["slope", "intercept"]]
    for name in detail.row.targets:
        clips = detail.predicted.residuals.dropna(subset=[f"residual_{name}"])
        if len(clips):
            slope, intercept = fits.loc[name]
            fit = (slope, intercept) if np.isfinite([slope, intercept]).all() else None
            values = clips[f"rated_{name}"].to_numpy(), clips[f"residual_{name}"].to_numpy()
            charts.append((name, drawing.residual_chart(*values, fit)))
    return charts


def trial_chart(trials: pd.DataFrame) -> Chart:
    """Lay out a search, a row a trial: its value, and the best until then."""
    return drawing.trial_chart(trials["value"].to_numpy(), trials["best"].to_numpy())


def important_features(importances: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the most important features, with their share of the largest importance."""
    top = importances.head(N_FEATURES)
    return top.assign(share=top["importance"] / top["importance"].max()).to_dict("records")


def plane_chart(item: Representation, detail: Detail) -> Chart:
    """Lay out a representation's plane: by class, or by five steps of the first dimension's rating."""
    if isinstance(detail.predicted, ClassDetail):
        return drawing.plane_chart(item.points, detail.predicted.classes)
    rank = item.points[item.dimension(detail.row.targets)].rank(pct=True, na_option="keep")
    step = np.ceil(rank * N_STEPS).fillna(0).astype(int).astype(str)
    labels = [str(number) for number in range(1, N_STEPS + 1)]
    return drawing.plane_chart(item.points.assign(label=step), labels, ordered=True)


def group_tables(detail: Detail) -> list[GroupTable]:
    """Return the scores by corpus, sex and speaker.

    One corpus alone is left out: its scores are the system's. Speakers begin with the one whose score is lowest.
    """
    tables = []
    for kind, part in detail.groups.groupby("kind", sort=False):
        if kind == "corpus" and len(part) == 1:
            continue
        if kind == "speaker":
            part = part.sort_values([detail.row.rank_score, "group"])
        rows = part.head(N_SPEAKERS).to_dict("records")
        tables.append(GroupTable(str(kind), rows, len(part) - len(rows)))
    return tables


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
        (str(actual), [_change_cell(line, largest) for line in part.to_dict("records")])
        for actual, part in change.confusion.groupby("actual", sort=False)
    ]


def _change_cell(line: dict[str, Any], largest: float) -> Cell:
    points = line["points"]
    if pd.isna(points) or abs(points) < VISIBLE:
        return Cell("", 0.0, 0.0, None)
    better = (points > 0) == (line["actual"] == line["predicted"])
    percent = None if pd.isna(line["percent"]) else line["percent"]
    return Cell("rise" if better else "fall", DEEPEST * abs(points) / largest, points, percent)
