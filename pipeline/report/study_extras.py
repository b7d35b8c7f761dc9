"""What stands beside a document's lists and figures besides pictures: our clips, and lines over residuals."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config.documents import Clips
from pipeline.config.systems import DIMENSIONS
from pipeline.core.paths import analysis_dir, evaluated_dir, figures_dir
from pipeline.core.tables import read_csv
from pipeline.evaluation.formats import percent
from pipeline.report.geometry import Axes, Chart, ticks
from pipeline.report.leaderboard import Row

N_CONFUSIONS = 10  # of each corpus
N_CLIPS = 5


@dataclass(frozen=True)
class Listing:
    """The first rows of a table of ours: headings, cells as text, and where all of it lies."""

    caption: str
    headings: list[str]
    rows: list[list[str]]
    path: Path


def read_listing(clips: Clips) -> Listing | None:
    """Read what a document's list is held against; None where there is nothing to list."""
    if clips.name == "confusions":
        path = evaluated_dir(clips.system) / "confusions.csv"
        table = read_csv(path).groupby("corpus", sort=False).head(N_CONFUSIONS)
        rows = [
            [row["corpus"], f"{row['actual']} for {row['predicted']}", str(row["n"]), percent(row["share"])]
            for row in table.to_dict("records")
        ]
        return (
            Listing(clips.caption, ["corpus", "taken", "clips", "of the class, %"], rows, path)
            if rows
            else None
        )
    path = analysis_dir() / clips.name / f"{clips.system}.csv"
    rows = [_clip(row) for row in read_csv(path).head(N_CLIPS).to_dict("records")]
    headings = ["clip", "transcript", "true", "predicted", "confidence, %", "runner-up", "its confidence, %"]
    return Listing(clips.caption, headings, rows, path) if rows else None


def _clip(row: Mapping[str, Any]) -> list[str]:
    said = row["transcript"] if isinstance(row["transcript"], str) else ""
    names = [row["utterance_id"], said, row["actual"], row["predicted"]]
    return [*names, percent(row["confidence"]), row["runner_up"], percent(row["runner_up_probability"])]


@dataclass(frozen=True)
class Panel:
    """The lines fitted to the residuals of a dimension, one a system."""

    dimension: str
    chart: Chart


def residual_panels(systems: Mapping[str, str], rows: Mapping[str, Row]) -> list[Panel]:
    """Lay out the residuals' fitted lines of several systems in one panel a dimension.

    Args:
        systems: By what each is called; those that were not trained are left out.
        rows: The leaderboard, by system.
    """
    trained = {name: system for name, system in systems.items() if system in rows and rows[system].trained}
    fits = {
        name: read_csv(evaluated_dir(system) / "per_target.csv").set_index("target")[["slope", "intercept"]]
        for name, system in trained.items()
    }
    panels = []
    for dimension in DIMENSIONS:
        lines = {name: tuple(fit.loc[dimension]) for name, fit in fits.items() if dimension in fit.index}
        lines = {name: line for name, line in lines.items() if np.isfinite(line).all()}
        if lines:
            rated = read_csv(figures_dir(trained[next(iter(lines))]) / "residuals.csv")[f"rated_{dimension}"]
            styles = {name: f"k{number}" for number, name in enumerate(systems, start=1)}
            panels.append(Panel(dimension, _panel(lines, styles, rated.min(), rated.max())))
    return panels


def _panel(lines: Mapping[str, Any], styles: Mapping[str, str], low: float, high: float) -> Chart:
    ends = np.array([low, high])
    heights = {name: np.polyval(line, ends) for name, line in lines.items()}
    every = np.concatenate([*heights.values(), [0.0]])
    axes = Axes(low, high, every.min(), every.max())
    return Chart(
        [axes.line(name, styles[name], ends, height) for name, height in heights.items()],
        axes.x_ticks(ticks(axes.x_low, axes.x_high)),
        axes.y_ticks(ticks(axes.y_low, axes.y_high)),
        [],
        [axes.line("ideal", "ideal", ends, (0, 0))],
    )
