"""The few numbers of a system that `dvc metrics show` prints, a row a system, so that a row fits a terminal."""

from collections.abc import Mapping
from typing import Any

from pipeline.evaluation.metrics import METRICS

DIGITS = 4


def short_metrics(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `dvc metrics show` prints of a system.

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
