"""The results of stress as files: stress.json, stress.csv, stress.png and decisions.csv."""

import json
from pathlib import Path
from typing import Any

import matplotlib.style
import pandas as pd

from pipeline.core.tables import write_csv, write_json
from pipeline.evaluation.figures import panels, save, text_inches, tidy
from pipeline.stress.conditions import UNCHANGED

_BAR, _FLIPS = "#0072B2", "#E69F00"
_ROW_INCHES = 0.26


def write_results(folder: Path, system: str, table: pd.DataFrame, decisions: pd.DataFrame, seed: int) -> None:
    """Write the results of a system.

    Args:
        folder: Where to.
        system: Its name.
        table: As `pipeline.stress.judge.judge` returns it.
        decisions: That it was made of.
        seed: Of what is random.
    """
    write_csv(folder / "stress.csv", table)
    write_csv(folder / "decisions.csv", decisions)
    n_clips = decisions["utterance_id"].nunique()
    save_figure(folder / "stress.png", table, f"{system}: {n_clips} test clips")
    about: dict[str, Any] = {"system": system, "status": "stressed", "seed": seed, "n_clips": n_clips}
    about |= {"n_speakers": decisions["speaker"].nunique()}
    write_json(folder / "stress.json", {**about, "conditions": json.loads(table.to_json(orient="records"))})


def write_skipped(folder: Path, system: str) -> None:
    """Write that a system was skipped, because its study has no clips in the profile."""
    write_json(folder / "stress.json", {"system": system, "status": "skipped", "conditions": []})


def save_figure(path: Path, table: pd.DataFrame, title: str) -> None:
    """Draw the change of UAR under each condition with its interval, and the share of decisions that flip."""
    rows = table[table["condition"] != UNCHANGED]
    left, height = 0.25 + text_inches(rows["title"], 9), _ROW_INCHES * max(1, len(rows))
    with matplotlib.style.context("default"):
        boxes = [(left, 0.6, 3.2, height), (left + 3.5, 0.6, 1.9, height)]
        figure, (change, flips) = panels(left + 5.6, height + 1.1, boxes, title)
        places = range(len(rows))
        change.hlines(places, rows["change_low"], rows["change_high"], color="#333333", linewidth=1)
        change.plot(rows["change"], places, "o", color=_BAR, markersize=5)
        change.axvline(0, color="#555555", linewidth=1)
        change.set_yticks(places, rows["title"], fontsize=9)
        flips.barh(places, rows["flips"], color=_FLIPS, height=0.6)
        flips.set_yticks([])
        flips.set_xlim(0, 1)
        for axes in (change, flips):
            axes.set_ylim(len(rows) - 0.4, -0.6)
            axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}")
        tidy(change, "change of UAR, points, 95 % interval", "")
        tidy(flips, "decisions that flip, %", "")
        save(figure, path)


def as_lines(table: pd.DataFrame) -> str:
    """Return a table for the screen."""

    def points(value: float) -> str:
        return "" if pd.isna(value) else f"{100 * value:.1f}"

    width = max(map(len, table["title"]))
    lines = [f"{'condition':<{width}}    UAR  change (95 % interval)   flips  gap: sex  speaker"]
    for row in table.to_dict("records"):
        span = f"({points(row['change_low'])} to {points(row['change_high'])})"
        lines.append(
            f"{row['title']:<{width}}  {points(row['uar']):>5}  {points(row['change']):>6} {span:<18} "
            f"{points(row['flips']):>5}    {points(row['gap_sex']):>5}    {points(row['gap_speaker']):>5}"
        )
    return "\n".join(lines)
