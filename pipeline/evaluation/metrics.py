"""The metrics: every score that systems are judged by, an entry each.

To add one, write its function and give it an entry in `METRICS`. It then stands in each system's scores.json, in
its table of runs and in the report; the entry's flags take it to further places.

Every macro average (UAR, F1, precision) runs over the classes that are present in the truth: a class that no
test clip carries has no recall, and counting it as zero would punish the test set rather than the system.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pipeline.evaluation.abstention import accuracy_at_50, accuracy_at_80, risk_coverage_area
from pipeline.evaluation.agreement import concordance, concordances, correlation, squared_error
from pipeline.evaluation.curves import mean_average_precision, one_vs_rest_auc
from pipeline.evaluation.formats import coefficient, percent
from pipeline.evaluation.reliability import calibration_error

Source = Literal["counts", "probabilities", "values"]


@dataclass(frozen=True)
class Metric:
    """A score.

    Attributes:
        name: Its key in scores.json; of a dimension, <name>_<dimension>.
        title: What people call it.
        of: What it is taken of, and so what `function` takes:
            "counts": confusion matrices, (..., n_classes, n_classes), rows the truth; returns (...), NaN where it
            is undefined.
            "probabilities": labels, (n_clips,), probabilities, (n_clips, n_classes), and the classes; returns a
            number, or None where it is undefined.
            "values": the rated and the predicted values of a dimension, (n_clips,) both; returns a number.
        function: Computes it.
        written: How a value is written for people.
        higher_is_better: Whether a system is better the higher its value.
        interval: Whether it has a bootstrap interval and a standard deviation over the runs. Of counts it must
            then be defined for any clips, also of one class, since resamples may be such. Of values it is then
            also averaged over the dimensions, and needs `of_moments`.
        of_moments: Of values: the same, of sums as `pipeline.evaluation.bootstrap.moments` makes them.
        needs_spread: Of values: whether it says nothing of clips that are all rated alike.
        by_group: Whether each corpus, sex and speaker has it as well.
        by_fold: Whether it is also averaged over the folds, each scored by itself; not of probabilities.
        shown: Whether DVC compares it: `metrics/systems` has it.
        column: Whether the tables of results have a column of it.
    """

    name: str
    title: str
    of: Source
    function: Callable[..., Any]
    written: Callable[[float | None], str] = percent
    higher_is_better: bool = True
    interval: bool = False
    of_moments: Callable[[np.ndarray], np.ndarray] | None = None
    needs_spread: bool = False
    by_group: bool = False
    by_fold: bool = False
    shown: bool = False
    column: bool = False

    def __post_init__(self) -> None:
        if self.of == "values" and self.interval != (self.of_moments is not None):
            raise ValueError(f"metric {self.name}: of values, `interval` and `of_moments` go together")

    @property
    def heading(self) -> str:
        """Its title, with the unit that the values of a column are in."""
        return f"{self.title}, %" if self.written is percent else self.title


def accuracy(counts: np.ndarray) -> np.ndarray:
    """Return the share of clips whose class was found."""
    return _ratio(_hits(counts).sum(axis=-1), counts.sum(axis=(-2, -1)))


def unweighted_recall(counts: np.ndarray) -> np.ndarray:
    """Return the unweighted average recall: recall averaged over the classes present in the truth."""
    return average_recall(_hits(counts), counts.sum(axis=-1))


def average_recall(hits: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Return UAR, (..., n_classes) -> (...); a class without clips has no recall to average.

    Args:
        hits: How often each class was found, (..., n_classes).
        support: How often it is there, the same shape.
    """
    return _ratio(np.nansum(_ratio(hits, support), axis=-1), (support > 0).sum(axis=-1))


def macro_f1(counts: np.ndarray) -> np.ndarray:
    """Return F1 averaged over the classes present in the truth."""
    return _macro(_f1(counts), counts)


def weighted_f1(counts: np.ndarray) -> np.ndarray:
    """Return F1 averaged with the classes' shares of the truth as weights."""
    return _weighted(_f1(counts), counts)


def macro_precision(counts: np.ndarray) -> np.ndarray:
    """Return precision averaged over the classes present in the truth; 0 for a class that is never predicted."""
    return _macro(_precision(counts), counts)


def weighted_precision(counts: np.ndarray) -> np.ndarray:
    """Return precision averaged with the classes' shares of the truth as weights; 0 for one never predicted."""
    return _weighted(_precision(counts), counts)


def _macro(each: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Average what each class has, (..., n_classes), over those that are there."""
    there = counts.sum(axis=-1) > 0
    return _ratio(np.where(there, each, 0.0).sum(axis=-1), there.sum(axis=-1))


def _weighted(each: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Average what each class has, weighted by how often it is there."""
    support = counts.sum(axis=-1)
    return _ratio((each * support).sum(axis=-1), support.sum(axis=-1))


def _hits(counts: np.ndarray) -> np.ndarray:
    return np.diagonal(counts, axis1=-2, axis2=-1)


def _precision(counts: np.ndarray) -> np.ndarray:
    """Return each class's precision, (..., n_classes); 0 for one that is never predicted."""
    return np.nan_to_num(_ratio(_hits(counts), counts.sum(axis=-2)))


def _f1(counts: np.ndarray) -> np.ndarray:
    """Return each class's F1, (..., n_classes); 0 for one that is neither there nor predicted."""
    return 2 * _hits(counts) / np.maximum(counts.sum(axis=-1) + counts.sum(axis=-2), 1)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


_ENTRIES = (
    Metric(
        name="accuracy",
        title="accuracy",
        of="counts",
        function=accuracy,
        interval=True,
        by_group=True,
        by_fold=True,
        shown=True,
        column=True,
    ),
    Metric(
        name="uar",
        title="UAR",
        of="counts",
        function=unweighted_recall,
        interval=True,
        by_group=True,
        by_fold=True,
        shown=True,
        column=True,
    ),
    Metric("macro_f1", "macro F1", "counts", macro_f1, by_group=True, by_fold=True),
    Metric("weighted_f1", "weighted F1", "counts", weighted_f1),
    Metric("macro_precision", "macro precision", "counts", macro_precision),
    Metric("weighted_precision", "weighted precision", "counts", weighted_precision),
    Metric("auc", "AUC", "probabilities", one_vs_rest_auc),
    Metric("average_precision", "average precision", "probabilities", mean_average_precision),
    Metric(
        name="ece",
        title="calibration error",
        of="probabilities",
        function=calibration_error,
        higher_is_better=False,
        by_group=True,
    ),
    Metric("accuracy_at_80", "accuracy on the surest 80 %", "probabilities", accuracy_at_80),
    Metric("accuracy_at_50", "accuracy on the surest 50 %", "probabilities", accuracy_at_50),
    Metric(
        name="aurc",
        title="risk over coverage, area",
        of="probabilities",
        function=risk_coverage_area,
        written=coefficient,
        higher_is_better=False,
    ),
    Metric(
        name="ccc",
        title="CCC",
        of="values",
        function=concordance,
        written=coefficient,
        interval=True,
        of_moments=concordances,
        needs_spread=True,
        by_group=True,
        by_fold=True,
        shown=True,
        column=True,
    ),
    Metric("pcc", "PCC", "values", correlation, coefficient, needs_spread=True, by_group=True, by_fold=True),
    Metric("mse", "MSE", "values", squared_error, coefficient, higher_is_better=False, by_group=True),
)
METRICS = {metric.name: metric for metric in _ENTRIES}
_SPREADS = ("_low", "_high", "_sd")


def metrics_of(*sources: Source) -> list[Metric]:
    """Return the metrics that are taken of some source, in the order of the table."""
    return [metric for metric in METRICS.values() if metric.of in sources]


def class_metrics() -> list[Metric]:
    """Return the metrics of systems that predict classes."""
    return metrics_of("counts", "probabilities")


def main_metric(dimensions: bool) -> Metric:
    """Return what documents mostly report of systems of classes, or of dimensions."""
    return METRICS["ccc" if dimensions else "accuracy"]


def rank_metric(dimensions: bool) -> Metric:
    """Return what systems are ordered and tested by: UAR counts a rare class as much as a frequent one."""
    return METRICS["ccc" if dimensions else "uar"]


def metric_of(name: str) -> Metric | None:
    """Return the metric that an entry of scores.json is a value of; None where it is a count, a name or a spread.

    Entries are a metric's name, with "cross_" before it where other corpora are tested, with the dimension after
    it, and "_fold_mean" last, such as cross_pcc_arousal or uar_fold_mean.
    """
    plain = name.removeprefix("cross_").removesuffix("_fold_mean")
    if plain in METRICS:
        return METRICS[plain]
    if plain.endswith(_SPREADS):
        return None
    return next((metric for metric in metrics_of("values") if plain.startswith(f"{metric.name}_")), None)
