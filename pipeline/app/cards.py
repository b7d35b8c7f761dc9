"""What is known of a trained system without loading it: from its plan and its scores."""

from collections.abc import Iterable
from typing import Any

from pipeline.app.replies import Card, Score
from pipeline.config.plans import ReportPlan, load_plan
from pipeline.config.systems import EMOTION
from pipeline.core.paths import evaluated_dir
from pipeline.core.tables import read_json
from pipeline.evaluation.formats import percent
from pipeline.evaluation.metrics import Metric, rank_metric
from pipeline.splits.protocols import find_protocol


def read_cards(names: Iterable[str]) -> list[Card]:
    """Return the cards of trained systems; those that are not evaluated have none."""
    plan = load_plan(ReportPlan, "report")
    cards = []
    for name in names:
        path = evaluated_dir(name) / "scores.json"
        if name in plan.systems and path.exists():
            cards.append(
                make_card(name, read_json(path), find_protocol(plan.systems[name].protocol).new_speakers)
            )
    return cards


def make_card(name: str, scores: dict[str, Any], new_speakers: bool | None) -> Card:
    """Put together what is known of a system.

    Args:
        name: Its name.
        scores: As the stage `evaluate` wrote them.
        new_speakers: Whether nobody who is tested was trained on; None where that is not known.
    """
    dimensional = scores["targets"] != EMOTION
    metric = rank_metric(dimensional)
    return Card(
        name=name,
        kind="dimensions" if dimensional else "classes",
        study=scores["study"],
        corpora=scores["corpora"].split(","),
        protocol=scores["protocol"],
        new_speakers=new_speakers,
        synthetic=scores["synthetic"],
        score=_score(scores, metric),
    )


def _score(scores: dict[str, Any], metric: Metric) -> Score | None:
    value, low, high = (scores.get(f"{metric.name}{end}") for end in ("", "_low", "_high"))
    if value is None:
        return None
    unit = " %" if metric.written is percent else ""
    interval = f" ({metric.written(low)}–{metric.written(high)}{unit})" if None not in (low, high) else ""
    return Score(
        metric=metric.title,
        value=value,
        low=low,
        high=high,
        chance=scores.get(f"{metric.name}_chance"),
        words=f"{metric.written(value)}{unit}{interval}",
    )
