"""What conditions cost: scores, decisions that flip, and gaps between people, from decisions alone."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.evaluation.bootstrap import N_RESAMPLES, number_units, percentiles, resampled, sums
from pipeline.evaluation.metrics import unweighted_recall
from pipeline.evaluation.scores import confusion_counts
from pipeline.stress.conditions import CONDITIONS, UNCHANGED

FEWEST = 5  # clips of a speaker or sex that has a score
DECISION_COLUMNS = ["utterance_id", "condition", "speaker", "sex", "label", "predicted"]
RESULT_COLUMNS = ["condition", "title", "n", "uar", "change", "change_low", "change_high", "flips"]
RESULT_COLUMNS += ["gap_sex", "gap_speaker"]


def judge(decisions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Hold the decisions under each condition against those of the unchanged clips.

    Args:
        decisions: The columns `DECISION_COLUMNS`; each condition has the same clips.
        classes: Of the study.

    Returns:
        The columns `RESULT_COLUMNS`, a row a condition, in their order: UAR; its change, with the ends of its 95 %
        interval (see `pipeline.evaluation.bootstrap`); the share of decisions that are others; and the UAR of the
        best group less that of the worst, of sexes and speakers with `FEWEST` clips; NaN with fewer than two.
    """
    by_condition = {name: part.sort_values("utterance_id") for name, part in decisions.groupby("condition")}
    plain = by_condition[UNCHANGED]
    rows = []
    for name, condition in CONDITIONS.items():
        if name in by_condition:
            part = by_condition[name]
            uar = _uar(part, classes)
            low, high = _interval(part, plain, classes) if name != UNCHANGED else (0.0, 0.0)
            flips = float(np.mean(part["predicted"].to_numpy() != plain["predicted"].to_numpy()))
            gaps = (_gap(part, column, classes) for column in ("sex", "speaker"))
            change = uar - _uar(plain, classes)
            rows.append((name, condition.title, len(part), uar, change, low, high, flips, *gaps))
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


def _uar(part: pd.DataFrame, classes: Sequence[str]) -> float:
    counts = confusion_counts(part["label"].to_numpy(), part["predicted"].to_numpy(), classes)
    return float(unweighted_recall(counts))


def _interval(part: pd.DataFrame, plain: pd.DataFrame, classes: Sequence[str]) -> tuple[float, float]:
    """Return the interval of the change of UAR; a clip, or a speaker, is drawn with both of its decisions."""
    units, _ = number_units(part)
    shape = (units.max() + 1, len(classes), len(classes))
    truth, ours, theirs = (
        pd.Index(classes).get_indexer(names)
        for names in (part["label"], part["predicted"], plain["predicted"])
    )
    ones = np.ones(len(part))
    both = np.stack([sums((units, truth, one), shape, ones) for one in (ours, theirs)], axis=1)
    scores = np.concatenate([unweighted_recall(total) for total in resampled(both, N_RESAMPLES, 0)])
    return percentiles(scores[:, 0] - scores[:, 1])


def _gap(part: pd.DataFrame, column: str, classes: Sequence[str]) -> float:
    known = part[part[column].notna()]
    n_clips = known.groupby(column)["utterance_id"].transform("size")
    scores = [_uar(group, classes) for _, group in known[n_clips >= FEWEST].groupby(column)]
    return max(scores) - min(scores) if len(scores) > 1 else float("nan")
