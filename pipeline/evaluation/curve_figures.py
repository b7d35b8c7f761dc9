"""Figures of probabilities: ROC and precision-recall curves by class, and the reliability diagram."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.evaluation.figures import panels, save, text_inches, tidy

# Of Okabe & Ito, without the yellow, which is faint on white; then again, dashed and dotted.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
_STYLES = ("-", "--", ":")
_SIDE = 3.9  # inches of a square panel
_CHANCE = "#555555"
_TICKS = (0, 0.25, 0.5, 0.75, 1)


def save_roc(path: Path, points: pd.DataFrame, areas: pd.DataFrame, title: str) -> None:
    """Draw the true positive rate over the false one.

    Args:
        path: PNG file.
        points: As `pipeline.evaluation.curves.roc_points` returns them.
        areas: As `pipeline.evaluation.curves.ranking_table` returns them.
        title: Above the figure.
    """
    labels = _labels(areas, "auc", "AUC")
    with matplotlib.style.context("default"):
        figure, (axes,) = _square(title, labels)
        axes.plot([0, 1], [0, 1], color=_CHANCE, linestyle="--", linewidth=1)
        for name, curve, style in _curves(points):
            axes.plot(curve["fpr"], curve["tpr"], label=labels[name], **style)
        _finish(axes, "false positive rate", "true positive rate")
        save(figure, path)


def save_pr(path: Path, points: pd.DataFrame, areas: pd.DataFrame, title: str) -> None:
    """Draw the precision over the recall, in steps.

    Args:
        path: PNG file.
        points: As `pipeline.evaluation.curves.pr_points` returns them.
        areas: As `pipeline.evaluation.curves.ranking_table` returns them.
        title: Above the figure.
    """
    labels = _labels(areas, "average_precision", "AP")
    with matplotlib.style.context("default"):
        figure, (axes,) = _square(title, labels)
        for name, curve, style in _curves(points):
            axes.step(curve["recall"], curve["precision"], where="pre", label=labels[name], **style)
        _finish(axes, "recall", "precision")
        save(figure, path)


def save_reliability(path: Path, table: pd.DataFrame, title: str) -> None:
    """Draw the accuracy over the confidence, bin by bin, and below it how many clips are in each.

    Args:
        path: PNG file.
        table: As `pipeline.evaluation.reliability.reliability_table` returns it.
        title: Above the figure.
    """
    edges = [*table["low"], table["high"].iloc[-1]]
    with matplotlib.style.context("default"):
        boxes = [(0.75, 1.85, _SIDE, 3.2), (0.75, 0.6, _SIDE, 1.0)]
        figure, (above, below) = panels(_SIDE + 1.0, 5.55, boxes, title)
        accuracy = table["accuracy"].fillna(0)
        above.stairs(accuracy, edges, fill=True, color=_COLOURS[5], edgecolor="white", label="accuracy")
        above.plot(
            table["confidence"],
            table["accuracy"],
            "o",
            color=_COLOURS[0],
            markersize=4,
            label="mean confidence",
        )
        above.plot([0, 1], [0, 1], color=_CHANCE, linestyle="--", linewidth=1, label="well calibrated")
        below.stairs(table["n"], edges, fill=True, color=_CHANCE)
        for axes in (above, below):
            axes.set_xlim(0, 1)
            axes.set_xticks(_TICKS)
        above.set_ylim(0, 1.03)
        above.set_yticks(_TICKS)
        below.set_yticks([0, int(table["n"].max())])
        tidy(above, "", "share of clips found")
        tidy(below, "probability of the class that wins", "test clips")
        above.legend(frameon=False, loc="upper left", fontsize=9)
        save(figure, path)


def _labels(areas: pd.DataFrame, column: str, area_name: str) -> dict[str, str]:
    """Return what the legend says of each class whose area is known."""
    return {
        name: f"{name}, {area_name} {value:.3f}"
        for name, value in zip(areas["class"], areas[column], strict=True)
        if np.isfinite(value)
    }


def _square(title: str, labels: dict[str, str]) -> tuple[Figure, list[Axes]]:
    """Return a figure with one square panel, and room for the legend at its right."""
    width = _SIDE + 1.4 + text_inches(labels.values(), 9)
    return panels(width, _SIDE + 1.1, [(0.7, 0.6, _SIDE, _SIDE)], title)


def _curves(points: pd.DataFrame) -> Iterator[tuple[Any, pd.DataFrame, dict[str, Any]]]:
    """Yield each class with its points and a style of its own."""
    for index, (name, curve) in enumerate(points.groupby("class", sort=False)):
        linestyle = _STYLES[index // len(_COLOURS) % len(_STYLES)]
        yield (
            name,
            curve,
            {"color": _COLOURS[index % len(_COLOURS)], "linestyle": linestyle, "linewidth": 1.6},
        )


def _finish(axes: Axes, xlabel: str, ylabel: str) -> None:
    """Let both axes show fractions, name them, and put the legend at the right."""
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_xticks(_TICKS)
    axes.set_yticks(_TICKS)
    tidy(axes, xlabel, ylabel)
    axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.01, 1.0))
