"""The few numbers of each system that DVC compares: `metrics/systems`, a file a study."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.paths import metrics_path
from pipeline.core.tables import write_json
from pipeline.evaluation.metrics import METRICS

DIGITS = 4


def write_short_metrics(scores: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the short metrics of systems, given their scores by name; a file holds these alone."""
    files: defaultdict[Path, dict[str, Any]] = defaultdict(dict)
    for system, one in sorted(scores.items()):
        files[metrics_path(system, one["study"])][system] = short_metrics(one)
    for path, rows in files.items():
        write_json(path, rows)


def short_metrics(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return what DVC compares of a system.

    Args:
        scores: As `summarise` returns them, or those of a skipped system.

    Returns:
        The metrics that are to be shown, as far as the system has them, and its status: "trained"; "random",
        where random weights stood in for published ones; or "skipped".
    """
    if scores["status"] == "skipped":
        return {"status": "skipped"}
    shown = [metric.name for metric in METRICS.values() if metric.shown]
    values = {name: round(scores[name], DIGITS) for name in shown if name in scores}
    return {**values, "status": "random" if scores.get("random_weights") else "trained"}
