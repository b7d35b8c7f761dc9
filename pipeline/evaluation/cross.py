"""Scores of a model on corpora that it was neither trained nor validated on.

As in arXiv:2110.06650, section 4.2: every model, one a run and fold, is scored by itself on the other corpus,
and the scores are averaged over the folds' models, then over the runs. Several such corpora are scored one by one
and averaged before that, for their scales differ. Of dimensions the score is PCC, which no scale changes; of
classes UAR, and accuracy.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.regression import TRUTH_PREFIX, values_of
from pipeline.evaluation.scores import label_scores, mean_and_sd

MODEL = ["split_seed", "seed", "fold"]
_OF_CLASSES, _OF_DIMENSIONS = ("uar", "accuracy"), ("pcc",)


def cross_metrics(
    predictions: pd.DataFrame, classes: Sequence[str], targets: Sequence[str]
) -> dict[str, Any]:
    """Return the metrics of the clips of other corpora; nothing where there are none.

    Args:
        predictions: The system's, of every split.
        classes: The study's, where classes are predicted.
        targets: The dimensions that are predicted, or none.

    Returns:
        cross_corpora, cross_n_test and the means over the runs of cross_uar and cross_accuracy, or of
        cross_pcc_<target>, None where no clip has a value of it; with `_sd` over the runs.
    """
    cross = predictions[predictions["split"] == "cross"]
    if cross.empty:
        return {}
    scores = scores_by_model(cross, _class_scorer(classes) if not targets else _target_scorer(cross, targets))
    means, sds = mean_and_sd(scores.groupby(["split_seed", "seed"]).mean())
    metrics: dict[str, Any] = {
        "cross_corpora": ",".join(sorted(cross["corpus"].unique())),
        "cross_n_test": cross["utterance_id"].nunique(),
    }
    for name in scores.columns:
        metrics |= {f"cross_{name}": means[name], f"cross_{name}_sd": sds[name]}
    return metrics


def scores_by_model(
    cross: pd.DataFrame, scorer: Callable[[pd.DataFrame], Mapping[str, float]]
) -> pd.DataFrame:
    """Score every model on each corpus; one row a model (run and fold), the mean over the corpora."""
    rows = {key: scorer(part) for key, part in cross.groupby([*MODEL, "corpus"], sort=True)}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(list(rows), names=[*MODEL, "corpus"])
    return table.groupby(MODEL).mean()


def _class_scorer(classes: Sequence[str]) -> Callable[[pd.DataFrame], dict[str, float]]:
    metrics = [METRICS[name] for name in _OF_CLASSES]

    def score(part: pd.DataFrame) -> dict[str, float]:
        scores = label_scores(part, np.zeros(len(part), int), classes, metrics)
        return {name: float(values[0]) for name, values in scores.items()}

    return score


def _target_scorer(cross: pd.DataFrame, targets: Sequence[str]) -> Callable[[pd.DataFrame], dict[str, float]]:
    """Return a scorer that has NaN for what a corpus does not rate at all, which then does not count."""
    rated = {target: set(cross.loc[cross[TRUTH_PREFIX + target].notna(), "corpus"]) for target in targets}

    def score(part: pd.DataFrame) -> dict[str, float]:
        corpus = part["corpus"].iloc[0]
        return {
            f"{name}_{target}": METRICS[name].function(*values_of(part, target))
            if corpus in rated[target]
            else float("nan")
            for name in _OF_DIMENSIONS
            for target in targets
        }

    return score


def cross_notes(predictions: pd.DataFrame, classes: Sequence[str], targets: Sequence[str]) -> list[str]:
    """Return what a reader of the scores must know: what the other corpora lack."""
    cross = predictions[predictions["split"] == "cross"]
    if cross.empty:
        return []
    notes = []
    for corpus, part in cross.groupby("corpus", sort=True):
        if targets:
            lacking = [target for target in targets if part[TRUTH_PREFIX + target].isna().all()]
        else:
            lacking = [name for name in classes if name not in set(part["label"])]
        if lacking:
            what = "value" if targets else "clip"
            notes.append(f"{corpus} has no {what} of {', '.join(lacking)}, which does not count there")
    return notes
