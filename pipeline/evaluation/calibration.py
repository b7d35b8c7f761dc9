"""Temperatures: how much less sure each model of a system has to be to be as sure as it is right.

There is one a seed and fold, which makes the negative log likelihood of its validation part least. The test part
shows what it is worth. One more, of the test parts of all folds, is for a model that is trained on all clips: no
score is made with it. The same validation clips also chose the epoch or the settings, so that a model is a little
surer of them than of others. Source: see `pipeline.inference.calibration`.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.regression import target_order
from pipeline.evaluation.scores import (
    PROBABILITY_PREFIX,
    class_order,
    mean_and_sd,
    probabilities_of,
    scores_by_run,
)
from pipeline.inference.calibration import Calibration, Temperature, tempered

BOUNDS = (0.05, 20.0)  # of a temperature
LEAST = 5e-7  # probability: half the last of the six decimals that predictions have
FEWEST = 10  # validation clips of a model, below which nothing can be said


def fit_temperatures(predictions: pd.DataFrame, plan: str) -> Calibration:
    """Fit a temperature for each model of a system, or say why that cannot be done.

    Args:
        predictions: The system's, of every split.
        plan: Digest of the plan that it was trained by.
    """
    over_folds = _over_folds(predictions)
    if why_not := _why_not(predictions):
        return Calibration(plan=plan, why_not=why_not, models=[], over_folds=over_folds)
    models = []
    for (seed, fold), part in predictions[predictions["split"] == "val"].groupby(["seed", "fold"], sort=True):
        temperature = _fit(part, class_order(predictions))
        models.append(
            Temperature(seed=int(seed), fold=int(fold), temperature=round(temperature, 6), n_clips=len(part))
        )
    return Calibration(plan=plan, why_not=None, models=models, over_folds=over_folds)


def _over_folds(predictions: pd.DataFrame) -> Temperature | None:
    """Return the temperature of the models of all folds, asked about their test clips, which they never heard.

    It is that of a model of all clips, which has none left to be calibrated on. None where there is one fold, or
    there are no probabilities.
    """
    test = predictions[predictions["split"] == "test"]
    if target_order(predictions) or test["fold"].nunique() < 2 or len(test) < FEWEST:
        return None
    classes = class_order(predictions)
    if not np.isfinite(probabilities_of(test, classes)).all():
        return None
    seed, fold = (int(test[name].iloc[0]) for name in ("seed", "fold"))
    return Temperature(seed=seed, fold=fold, temperature=round(_fit(test, classes), 6), n_clips=len(test))


def _why_not(predictions: pd.DataFrame) -> str | None:
    """Return why a system has no temperatures; None where it can have some."""
    if target_order(predictions):
        return "it predicts dimensions, which have no probabilities"
    if predictions.empty:
        return "it was not trained: the profile has no clips of its study"
    if not np.isfinite(probabilities_of(predictions, class_order(predictions))).all():
        return "it gives no probabilities"
    tested = predictions[predictions["split"] == "test"].groupby(["seed", "fold"]).size()
    n_clips = predictions[predictions["split"] == "val"].groupby(["seed", "fold"]).size()
    fewest = int(n_clips.reindex(tested.index, fill_value=0).min())
    if not fewest:
        return "it has no validation part that it was not trained on"
    if fewest < FEWEST:
        return f"a model has {fewest} validation clips, and {FEWEST} are the fewest to fit a temperature on"
    return None


def _fit(part: pd.DataFrame, classes: list[str]) -> float:
    """Return the temperature of one model's validation clips.

    It is 1 where the model is right of all of them: it then only becomes likelier the surer it is.
    """
    probabilities = probabilities_of(part, classes)
    truth = pd.Index(classes).get_indexer(part["label"])
    if (probabilities.argmax(axis=1) == truth).all():
        return 1.0
    logits = np.log(probabilities.clip(min=LEAST))
    rows = np.arange(len(part))

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return float((logsumexp(scaled, axis=1) - scaled[rows, truth]).mean())

    found = minimize_scalar(loss, bounds=tuple(np.log(BOUNDS)), method="bounded", options={"xatol": 1e-8})
    return float(np.exp(found.x))


def calibrate(predictions: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    """Return predictions with calibrated probabilities; all else stays, the predicted classes too."""
    columns = [f"{PROBABILITY_PREFIX}{name}" for name in class_order(predictions)]
    values = np.array(predictions[columns], np.float64)  # a copy: a table that was read may not be written to
    models = [predictions["seed"].to_numpy(), predictions["fold"].to_numpy()]
    for (seed, fold), temperature in calibration.temperatures.items():
        rows = (models[0] == seed) & (models[1] == fold)
        values[rows] = tempered(values[rows], temperature)
    return predictions.assign(**dict(zip(columns, values.T, strict=True)))


def calibration_scores(predictions: pd.DataFrame, calibration: Calibration) -> dict[str, Any]:
    """Return what scores.json says of a system's calibration; `ece`, beside it, is the error before.

    Returns:
        `calibrated`, None of dimensions; and `ece_calibrated`, the mean over runs, or `not_calibrated`, why.
    """
    if target_order(predictions):
        return {"calibrated": None}
    if calibration.why_not:
        return {"calibrated": False, "not_calibrated": calibration.why_not}
    test = calibrate(predictions[predictions["split"] == "test"], calibration)
    by_run = scores_by_run(test, class_order(predictions))
    means, _ = mean_and_sd(by_run[[METRICS["ece"].name]])
    return {"calibrated": True, "ece_calibrated": means["ece"]}
