"""Figures of one study: how long its clips are, how they are labelled, and how many each step leaves."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline.config.studies import Curation
from pipeline.exploration.canvas import (
    BEFORE,
    DROPPED,
    HATCH,
    KEPT,
    MOST_ROWS,
    ROW,
    TEXT,
    bars,
    colour_key,
    legend,
    logarithmic,
    name_rows,
    plain,
    png,
    range_key,
    ranges,
    tidy,
)
from pipeline.exploration.tables import quantiles

_N_BINS = 32  # within the bounds
_SHORTEST = 0.05  # seconds; where a logarithmic axis begins at the latest


def save_durations(path: Path, study: str, rows: pd.DataFrame, curation: Curation) -> None:
    """Draw the clips' lengths: all that reach the bounds, those within them, and both by corpus.

    Args:
        path: PNG file.
        study: Its name.
        rows: Clips that reach the bounds: corpus, seconds, and whether they are `within` them; some are.
        curation: The study's bounds.
    """
    inside, outside = rows[rows["within"]]["seconds"], rows[~rows["within"]]["seconds"]
    corpora = sorted(rows["corpus"].unique())
    bounds = f"{curation.min_seconds:g} to {curation.max_seconds:g} s"
    title = f"{study}: {len(inside):,} of {len(rows):,} clips are {bounds} long"
    with png(path, 4.4 + 1.3 * ROW * len(corpora), title) as figure:
        grid = figure.add_gridspec(2, 2, height_ratios=[2.4, 0.6 + 1.3 * ROW * len(corpora)])
        left, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
        below = figure.add_subplot(grid[1, :])
        _draw_all(left, inside, outside, curation)
        right.hist(inside, bins=_N_BINS, color=KEPT)
        right.yaxis.set_major_formatter(plain)
        tidy(right, "within the bounds", "seconds", grid="y")
        before, after = (quantiles(part, "seconds", corpora) for part in (rows, rows[rows["within"]]))
        ranges(below, before, BEFORE, offset=-0.18)
        ranges(below, after, KEPT, offset=0.18)
        logarithmic(below)
        name_rows(below, corpora)
        tidy(below, "by corpus", "seconds")
        colours = {"within the bounds": KEPT, "outside": DROPPED, "all": BEFORE}
        legend(figure, [*colour_key(colours), *range_key()])


def save_labels(path: Path, study: str, labels: pd.DataFrame, classes: pd.DataFrame) -> None:
    """Draw how often each label occurs before, and each class after curation.

    Args:
        path: PNG file.
        study: Its name.
        labels: Before, see `pipeline.exploration.studies.label_counts`.
        classes: After, see `pipeline.exploration.studies.class_counts`.
    """
    labels = fold_tail(labels)
    total, n_rows = classes["n"].sum(), max(len(labels), len(classes))
    with png(path, 1.6 + ROW * n_rows, f"{study}: labels before and after curation") as figure:
        left, right = figure.subplots(1, 2)
        parts = {"kept": (labels["n_kept"], KEPT), "dropped": (labels["n"] - labels["n_kept"], DROPPED)}
        texts = [_kept_of(n, n_kept) for n, n_kept in zip(labels["n"], labels["n_kept"], strict=True)]
        bars(left, parts, texts, n_across=2)
        shares = [f"{n:,} ({n / total:.1%})" for n in classes["n"]]
        bars(right, {"kept": (classes["n"], KEPT)}, shares, n_across=2)
        name_rows(left, labels["label"], n_rows)
        name_rows(right, classes["class"], n_rows)
        tidy(left, f"before: {labels['n'].sum():,} utterances", "utterances")
        tidy(right, f"after: {total:,} utterances", "utterances")
        legend(figure, colour_key({"kept": KEPT, "dropped": DROPPED}))


def save_account(path: Path, study: str, left: pd.DataFrame) -> None:
    """Draw how many files each step leaves, in all and of each corpus.

    Args:
        path: PNG file.
        study: Its name.
        left: A row a step, a column a corpus, see `pipeline.exploration.studies.left_by_corpus`.
    """
    totals = left.sum(axis=1)
    gone = totals.shift(fill_value=totals.iloc[0]) - totals
    texts = [f"{n:,}" + (f" (−{k:,})" if k else "") for n, k in zip(totals, gone, strict=True)]
    names = [step.replace("_", " ") for step in left.index]
    with png(path, 1.9 + 1.15 * ROW * len(left), f"{study}: what each step of curation leaves") as figure:
        funnel, shares = figure.subplots(1, 2, sharey=True, width_ratios=[1, 0.15 + 0.15 * left.shape[1]])
        bars(funnel, {"left": (totals, KEPT), "dropped": (gone, DROPPED)}, texts, n_across=3)
        name_rows(funnel, names)
        tidy(funnel, "all corpora", "files")
        _draw_shares(shares, left)
        legend(figure, colour_key({"left": KEPT, "dropped by the step": DROPPED}))


def fold_tail(labels: pd.DataFrame) -> pd.DataFrame:
    """Join the rarest labels into one row where there are more than a chart holds."""
    if len(labels) <= MOST_ROWS:
        return labels
    tail = labels.iloc[MOST_ROWS - 1 :]
    rest = {"label": f"{len(tail)} rarer labels", "n": tail["n"].sum(), "n_kept": tail["n_kept"].sum()}
    return pd.concat([labels.iloc[: MOST_ROWS - 1], pd.DataFrame([rest])], ignore_index=True)


def log_edges(low: float, high: float, shortest: float, longest: float) -> list[float]:
    """Return edges of equal ratio that go through two bounds and reach the shortest and the longest value."""
    n_within = _N_BINS // 2
    ratio = (high / low) ** (1 / n_within)
    n_below, n_above = (
        max(0, int(np.ceil(np.log(span) / np.log(ratio)))) for span in (low / shortest, longest / high)
    )
    return (low * ratio ** np.arange(-n_below, n_within + n_above + 1)).tolist()


def _draw_all(axes: Axes, inside: pd.Series, outside: pd.Series, curation: Curation) -> None:
    both = pd.concat([inside, outside])
    low = max(curation.min_seconds, _SHORTEST)
    high = max(min(curation.max_seconds, both.max()), 2 * low)
    edges = log_edges(low, high, max(both.min(), _SHORTEST), both.max())
    axes.hist(inside, bins=edges, color=KEPT)
    axes.hist(outside, bins=edges, color=DROPPED, **HATCH)
    for bound in (curation.min_seconds, curation.max_seconds):
        axes.axvline(bound, color=TEXT, linewidth=0.8, linestyle="--")
    axes.set_yscale("log")
    axes.set_ylim(0.7)
    axes.yaxis.set_major_formatter(plain)
    logarithmic(axes)
    tidy(axes, "all, on logarithmic axes", "seconds", grid="y")


def _kept_of(n: int, n_kept: int) -> str:
    return f"{n:,}" if n == n_kept else f"{n_kept:,} of {n:,}" if n_kept else f"none of {n:,}"


def _draw_shares(axes: Axes, left: pd.DataFrame) -> None:
    """Draw what is left of each corpus as a grid: numbers on shares of the first step."""
    shares = (left / left.iloc[0]).to_numpy()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=2, aspect="auto")  # never so dark that text is lost
    for (row, column), n in np.ndenumerate(left.to_numpy()):
        axes.text(column, row, f"{n:,}", ha="center", va="center", fontsize=8)
    axes.set_xticks(
        range(left.shape[1]), list(left), rotation=35, ha="right", rotation_mode="anchor", fontsize=8.5
    )
    axes.set_title("by corpus", fontsize=10, loc="left")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
