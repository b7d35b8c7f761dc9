"""One system's scores: a flat mapping, in a fixed order, of nothing that varies from run to run.

All of it stands in data/evaluated/<system>/scores.json. What DVC shows and compares, a column a key over all
systems, is the little that `pipeline.evaluation.short_metrics` takes out of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.evaluation.bootstrap import bootstrap_dimensions, bootstrap_intervals
from pipeline.evaluation.cross import cross_metrics, cross_notes
from pipeline.evaluation.folds import fold_metrics
from pipeline.evaluation.metrics import class_metrics, metrics_of
from pipeline.evaluation.regression import (
    describe_targets,
    target_notes,
    target_order,
    target_scores_by_run,
)
from pipeline.evaluation.scores import (
    chance_levels,
    class_order,
    constant_notes,
    mean_and_sd,
    notes_on,
    probabilities_of,
    scores_by_run,
)

MODEL_FACTS = ("pretrained", "random_weights", "parameters", "n_train")


def summarise(
    predictions: pd.DataFrame, about: Mapping[str, Any], model: Mapping[str, Any]
) -> dict[str, Any]:
    """Return all scores of a trained system; means over the runs (seeds), folds pooled.

    Args:
        predictions: The system's predictions, of every split.
        about: What `pipeline.splits.describe.describe_system` says of the system.
        model: The trainer's facts about the model, at least `MODEL_FACTS`.
    """
    test = predictions[predictions["split"] == "test"]
    classes, targets = class_order(predictions), target_order(predictions)
    if targets:
        scores, notes = _of_dimensions(test, targets), target_notes(test, targets)
    else:
        scores, notes = _of_classes(test, classes)
    notes = [*notes, *cross_notes(predictions, classes, targets)]
    return {
        "status": "trained",
        **about,
        "targets": describe_targets(predictions),
        **{name: model[name] for name in MODEL_FACTS},
        "n_test": test["utterance_id"].nunique(),
        "n_seeds": test["seed"].nunique(),
        "n_splits": test["split_seed"].nunique(),
        **scores,
        **fold_metrics(test, classes, targets),
        **cross_metrics(predictions, classes, targets),
        **({"note": "; ".join(notes)} if notes else {}),
    }


def _of_classes(test: pd.DataFrame, classes: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the scores of classes, and notes on them."""
    truth = test.drop_duplicates("utterance_id")["label"].to_numpy()
    means, sds = mean_and_sd(scores_by_run(test, classes))
    intervals, drawn = bootstrap_intervals(test, classes)
    uar_chance, majority_accuracy = chance_levels(truth, classes)
    scores: dict[str, Any] = {}
    for metric in class_metrics():
        scores[metric.name] = means[metric.name]
        if metric.interval:
            scores |= _spread(metric.name, intervals[metric.name], sds[metric.name])
    scores |= {"uar_chance": uar_chance, "majority_accuracy": majority_accuracy, "interval_over": drawn}
    notes = [*notes_on(truth, probabilities_of(test, classes), classes), *constant_notes(test)]
    return scores, notes


def _of_dimensions(test: pd.DataFrame, targets: Sequence[str]) -> dict[str, Any]:
    """Return the scores of dimensions; `ccc` is the mean over the targets."""
    means, sds = mean_and_sd(target_scores_by_run(test, targets))
    intervals, drawn = bootstrap_dimensions(test, targets)
    scores: dict[str, Any] = {}
    for name, interval in intervals.items():
        scores |= {name: means[name], **_spread(name, interval, sds[name])}
    for target in targets:
        for metric in metrics_of("values"):
            name = f"{metric.name}_{target}"
            scores |= {name: means[name], **({f"{name}_sd": sds[name]} if metric.interval else {})}
    return {**scores, "interval_over": drawn}


def _spread(name: str, interval: tuple[float, float], sd: float | None) -> dict[str, float | None]:
    """Return the entries that say how sure a score is."""
    return {f"{name}_low": interval[0], f"{name}_high": interval[1], f"{name}_sd": sd}
