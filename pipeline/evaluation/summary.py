"""One system's scores: a flat mapping, in a fixed order, of nothing that varies from run to run.

All of it stands in data/details/<system>/scores.json. What DVC shows and compares, a column a key over all systems,
is the little that `short_metrics` takes out of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.evaluation.bootstrap import bootstrap_ccc, bootstrap_intervals
from pipeline.evaluation.cross import cross_metrics, cross_notes
from pipeline.evaluation.folds import fold_metrics
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

MODEL_FACTS = ("pretrained", "parameters", "n_train")
SHOWN = ("accuracy", "uar", "macro_f1", "ccc")
SHOWN_DIGITS = 4


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


def short_metrics(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `dvc metrics show` prints of a system: eight names over all kinds, so that rows fit a terminal.

    Args:
        scores: As `summarise` returns them, or those of a skipped system.

    Returns:
        `SHOWN` as far as the system has them; low and high, the interval of accuracy, or of CCC where dimensions
        are predicted; n_test and pretrained. A skipped system has n_test alone, and it is 0.
    """
    if scores["status"] == "skipped":
        return {"n_test": 0}
    main = "ccc" if "ccc" in scores else "accuracy"
    values = {name: scores[name] for name in SHOWN if name in scores}
    values |= {"low": scores[f"{main}_low"], "high": scores[f"{main}_high"]}
    rounded = {name: round(value, SHOWN_DIGITS) for name, value in values.items()}
    return {**rounded, "n_test": scores["n_test"], "pretrained": scores["pretrained"]}


def _of_classes(test: pd.DataFrame, classes: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the scores of classes, and notes on them."""
    truth = test.drop_duplicates("utterance_id")["label"].to_numpy()
    means, sds = mean_and_sd(scores_by_run(test, classes))
    intervals = bootstrap_intervals(test, classes)
    uar_chance, majority_accuracy = chance_levels(truth, classes)
    scores = {
        "accuracy": means["accuracy"],
        "accuracy_low": intervals.accuracy[0],
        "accuracy_high": intervals.accuracy[1],
        "accuracy_sd": sds["accuracy"],
        "uar": means["uar"],
        "uar_low": intervals.uar[0],
        "uar_high": intervals.uar[1],
        "uar_sd": sds["uar"],
        "macro_f1": means["macro_f1"],
        "weighted_f1": means["weighted_f1"],
        "macro_precision": means["macro_precision"],
        "auc": means["auc"],
        "average_precision": means["average_precision"],
        "ece": means["ece"],
        "uar_chance": uar_chance,
        "majority_accuracy": majority_accuracy,
        "interval_over": intervals.drawn,
    }
    notes = [*notes_on(truth, probabilities_of(test, classes), classes), *constant_notes(test)]
    return scores, notes


def _of_dimensions(test: pd.DataFrame, targets: Sequence[str]) -> dict[str, Any]:
    """Return the scores of dimensions; `ccc` is the mean over the targets."""
    means, sds = mean_and_sd(target_scores_by_run(test, targets))
    (low, high), drawn = bootstrap_ccc(test, targets)
    scores = {"ccc": means["ccc"], "ccc_low": low, "ccc_high": high, "ccc_sd": sds["ccc"]}
    for target in targets:
        ccc, pcc, mse = (f"{name}_{target}" for name in ("ccc", "pcc", "mse"))
        scores |= {ccc: means[ccc], f"{ccc}_sd": sds[ccc], pcc: means[pcc], mse: means[mse]}
    return {**scores, "interval_over": drawn}
