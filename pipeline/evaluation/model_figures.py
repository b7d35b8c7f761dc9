"""Figures of what training left: the importances of a forest's features, and the trials of a search."""

from pathlib import Path

import matplotlib.style
import pandas as pd
from matplotlib.ticker import MaxNLocator

from pipeline.evaluation.figures import panels, save, text_inches, tidy

MOST_BARS = 20  # of features; the table has all of them
_BAR, _LINE = "#0072B2", "#D55E00"
_STATES = {"complete": ("o", _BAR), "pruned": ("x", "#999999"), "diverged": ("v", "#000000")}


def save_importances(path: Path, table: pd.DataFrame, title: str) -> None:
    """Draw the most important features, a bar each; a line on it is the standard deviation over the models.

    Args:
        path: PNG file.
        table: As `pipeline.evaluation.importances.importance_table` returns it.
        title: Above the figure.
    """
    top = table.head(MOST_BARS)
    deviation = top["sd"] if top["sd"].notna().all() else None
    left, height = 0.25 + text_inches(top["feature"], 9), 0.25 * len(top)
    with matplotlib.style.context("default"):
        boxes = [(left, 0.6, 4.5, height)]
        title = f"{title}: {len(top)} of {len(table)} features"
        figure, (axes,) = panels(left + 4.7, height + 1.1, boxes, title)
        rows = range(len(top))
        axes.hlines(rows, 0, top["importance"], color=_BAR, linewidth=12)
        if deviation is not None:
            axes.hlines(rows, top["importance"] - deviation, top["importance"] + deviation, color="#333333")
        axes.set_xlim(0, 1.05 * (top["importance"] + top["sd"].fillna(0)).max())
        axes.set_yticks(rows, top["feature"], fontsize=9)
        axes.set_ylim(len(top) - 0.4, -0.6)
        tidy(axes, "importance (mean decrease in impurity; all features sum to 1)", "")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        save(figure, path)


def save_trials(path: Path, table: pd.DataFrame, score: str, title: str) -> None:
    """Draw the value of each trial of a search, and the best of the completed ones so far.

    Args:
        path: PNG file.
        table: As `pipeline.evaluation.trials.trial_table` returns it.
        score: What the value is.
        title: Above the figure.
    """
    with matplotlib.style.context("default"):
        figure, (axes,) = panels(7, 3.9, [(0.75, 0.6, 4.9, 2.75)], title)
        for state, (marker, colour) in _STATES.items():
            part = table[table["state"] == state]
            if len(part):
                axes.plot(part["number"], part["value"], marker, color=colour, markersize=5, label=state)
        axes.step(
            table["number"], table["best"], where="post", color=_LINE, linewidth=1.6, label="best so far"
        )
        tidy(axes, "trial", score)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.01, 1.0))
        save(figure, path)
