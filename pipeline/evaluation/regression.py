"""Scores of predicted dimensions: from values and predictions to CCC, PCC and MSE, each of every target.

A run is scored on its folds together, as with classes: each clip is tested once. `pipeline.evaluation.folds` says
what the document behind the systems of dimensions (arXiv:2110.06650) leaves open here, and averages the folds' own
scores.

Constant predictions have CCC 0 and PCC 0, and a note beside the scores.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.evaluation.agreement import is_constant
from pipeline.evaluation.metrics import metrics_of
from pipeline.evaluation.scores import NO_TEST, number_runs

EMOTION = "emotion"  # as `pipeline.config.systems` calls it, which takes a while to import
TRUTH_PREFIX, PREDICTED_PREFIX = "t_", "y_"


def target_order(predictions: pd.DataFrame) -> list[str]:
    """Return the dimensions that are predicted, in the order of their columns; none where classes are."""
    return [name.removeprefix(TRUTH_PREFIX) for name in predictions.columns if name.startswith(TRUTH_PREFIX)]


def describe_targets(predictions: pd.DataFrame) -> str:
    """Return what is predicted, such as "arousal,valence", or "emotion" for classes."""
    return ",".join(target_order(predictions)) or EMOTION


def values_of(predictions: pd.DataFrame, target: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the truth and the predictions of a target, both (n_clips,) float64, of clips that have a truth.

    Raises:
        PipelineError: A prediction is no finite number.
    """
    truth = predictions[TRUTH_PREFIX + target].to_numpy(dtype=np.float64)
    predicted = predictions[PREDICTED_PREFIX + target].to_numpy(dtype=np.float64)
    known = np.isfinite(truth)
    if n_bad := np.count_nonzero(~np.isfinite(predicted[known])):
        raise PipelineError(
            f"{n_bad} predictions of {target} are no finite numbers; expected one for every clip: the training "
            "diverged; lower its lr, or clip its gradients (clip_norm), and train again"
        )
    return truth[known], predicted[known]


def score_targets(predictions: pd.DataFrame, targets: Sequence[str]) -> dict[str, float]:
    """Score one set of predictions.

    Returns:
        ccc, the mean over the targets, and of each target all metrics of values: ccc_<target>, pcc_<target> and
        mse_<target>.

    Raises:
        PipelineError: No clip has a value of a target.
    """
    by_target = {target: _scores(*_known(predictions, target)) for target in targets}
    each = {f"{name}_{target}": value for target in targets for name, value in by_target[target].items()}
    averaged = [metric.name for metric in metrics_of("values") if metric.interval]
    means = {name: float(np.mean([scores[name] for scores in by_target.values()])) for name in averaged}
    return means | each


def _known(predictions: pd.DataFrame, target: str) -> tuple[np.ndarray, np.ndarray]:
    truth, predicted = values_of(predictions, target)
    if not len(truth):
        raise PipelineError(
            f"none of {len(predictions)} test clips has a value of {target}: take {target} out of the system's "
            "targets, or test on a corpus that is rated so"
        )
    return truth, predicted


def _scores(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    return {metric.name: metric.function(truth, predicted) for metric in metrics_of("values")}


def target_scores_by_run(test: pd.DataFrame, targets: Sequence[str]) -> pd.DataFrame:
    """Score each run on its test predictions, the folds together; one row a run, one column a score.

    Raises:
        PipelineError: There are no predictions.
    """
    if test.empty:
        raise PipelineError(NO_TEST)
    rows = {run: score_targets(part, targets) for run, part in test.groupby(number_runs(test))}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("run")


def per_target_table(predictions: pd.DataFrame, targets: Sequence[str]) -> pd.DataFrame:
    """Return a row a target: target, n_test, all metrics of values, slope and intercept of the residuals' line.

    The residual is the truth less the prediction; the line is the least-squares one over the truth. Its slope is 0
    where errors do not depend on the truth, and 1 where predictions do not; NaN where the truth is constant.
    """
    rows = []
    for target in targets if len(predictions) else []:
        truth, predicted = _known(predictions, target)
        scores = _scores(truth, predicted)
        rows.append((target, len(truth), *scores.values(), *residual_line(truth, predicted)))
    names = [metric.name for metric in metrics_of("values")]
    return pd.DataFrame(rows, columns=["target", "n_test", *names, "slope", "intercept"])


def residual_line(truth: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept of the line through truth - predicted over the truth, by least squares."""
    from scipy.stats import linregress

    if is_constant(truth):
        return np.nan, np.nan
    line = linregress(truth, truth - predicted)
    return float(line.slope), float(line.intercept)


def target_notes(test: pd.DataFrame, targets: Sequence[str]) -> list[str]:
    """Return what a reader of the scores must know: clips without a value, and constant predictions."""
    notes = []
    runs = number_runs(test)
    n_clips = test["utterance_id"].nunique()
    for target in targets:
        known = test[test[TRUTH_PREFIX + target].notna()]
        if n_without := n_clips - known["utterance_id"].nunique():
            notes.append(f"{n_without} test clips have no value of {target} and do not count for it")
        if is_constant(known[TRUTH_PREFIX + target].to_numpy()):
            notes.append(f"all test clips have the same value of {target}: its CCC and PCC are 0")
            continue
        constant = test.groupby(runs)[PREDICTED_PREFIX + target].nunique() < 2
        if constant.any():
            which = "constant" if constant.all() else f"constant in {constant.sum()} of {len(constant)} runs"
            notes.append(f"predictions of {target} are {which}: CCC and PCC are 0 there")
    return notes
