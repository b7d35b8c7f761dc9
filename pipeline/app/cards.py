"""What is known of a trained system without loading its models: from its plan and its scores."""

from collections.abc import Mapping
from typing import Any

from pipeline.app.replies import Card, Score
from pipeline.evaluation.formats import percent
from pipeline.evaluation.metrics import METRICS
from pipeline.inference.trained import Trained, read_trained, trained_systems


def read_cards() -> list[Card]:
    """Return the cards of all systems that are trained, by name."""
    return [make_card(read_trained(name)) for name in trained_systems()]


def make_card(trained: Trained) -> Card:
    """Put together what is known of a system."""
    facts = trained.facts
    return Card(
        name=trained.name,
        kind=trained.kind,
        study=facts["study"],
        corpora=facts["corpora"],
        protocol=facts["protocol"],
        new_speakers=facts["new_speakers"],
        synthetic=bool(facts["synthetic"]),
        random_weights=bool(facts["random_weights"]),
        reads_text=trained.reads_text,
        calibrated=trained.calibrated,
        score=_score(facts["score"], len(trained.outputs)) if facts["score"] else None,
    )


def _score(score: Mapping[str, Any], n_outputs: int) -> Score | None:
    if score["value"] is None:
        return None
    metric, low, high = METRICS[score["name"]], score["low"], score["high"]
    unit = " %" if metric.written is percent else ""
    interval = f" ({metric.written(low)}–{metric.written(high)}{unit})" if None not in (low, high) else ""
    return Score(
        metric=metric.title,
        value=score["value"],
        low=low,
        high=high,
        chance=1 / n_outputs if metric.of == "counts" else 0.0,
        words=f"{metric.written(score['value'])}{unit}{interval}",
    )
