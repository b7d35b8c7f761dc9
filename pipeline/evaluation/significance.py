"""Whether one system is better than another, or only happened to be on these clips, with these seeds.

Systems that were tested on the same clips (`pipeline.evaluation.comparable`) are compared: each with the best of
its group, and with the baselines that params.yaml names for it. Three tests answer three questions:

- Bootstrap: would the difference have the same sign on other clips (or speakers)? Both systems are scored on the
  same resamples. p agrees with the percentile interval: twice the share of draws at or beyond 0, counted as
  (k + 1) / (n + 1) and so never 0. With few speakers it is too small. Source: Davison & Hinkley, Bootstrap Methods
  and their Application, 1997, section 4.2 and chapter 5, doi:10.1017/CBO9780511802843.
- McNemar: of the clips that only one of the two got right, in one run, is the share other than a half? Exact; it is
  about accuracy, and blind to clips of a speaker being alike. Not for dimensions. Source: McNemar 1947,
  Psychometrika 12(2), doi:10.1007/BF02295996.
- Student's t: would other training seeds give the same sign? Two-sided, of independent samples, which is how
  arXiv:2110.06650 marks its results (tables 1 to 4): its samples are the scores of 5 runs, each with all its folds.
  Runs here are pairs of a split seed and a training seed. As there, it is not corrected.

The first two are corrected for the number of pairs in the group: Holm 1979, Scand. J. Stat. 6(2). The best system
of a group is chosen on the clips that it is tested on, so its lead is somewhat flattering, whatever p is.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from pipeline.evaluation.bootstrap import percentiles
from pipeline.evaluation.comparable import Group, Member, Run, first_runs
from pipeline.evaluation.group_scores import N_DRAWS, GroupScores, RunScores, score_group
from pipeline.evaluation.metrics import rank_metric
from pipeline.evaluation.remembered import remembered

COLUMNS = {
    "study": "str",
    "group": "int64",  # numbered in the study: systems of one group were tested on the same clips
    "system": "str",
    "other": "str",
    "against": "str",  # best, baseline or both
    "n_clips": "int64",
    "n_runs": "int64",
    "n_runs_other": "int64",
    "score": "str",  # uar or ccc
    "value": "float64",  # mean over the runs
    "value_other": "float64",
    "difference": "float64",
    "low": "float64",
    "high": "float64",
    "drawn": "str",  # speakers or clips
    "p_bootstrap": "float64",
    "p_bootstrap_holm": "float64",
    "n_only_system": "Int64",  # clips of one run that this system alone got right
    "n_only_other": "Int64",
    "p_mcnemar": "float64",
    "p_mcnemar_holm": "float64",
    "t": "float64",
    "df": "float64",
    "p_t": "float64",
    "note": "str",
}


def compare(
    groups: Iterable[Group],
    baselines: Mapping[str, Sequence[str]],
    *,
    n_resamples: int = N_DRAWS,
    code: str | None = None,
) -> pd.DataFrame:
    """Compare each group's systems.

    Args:
        groups: Systems that were tested on the same clips.
        baselines: By system, others that it is held against; those of another group are passed over.
        n_resamples: How many times to draw.
        code: Digest of the code that compares, where groups that have not changed are to come from the cache.

    Returns:
        The columns `COLUMNS`, a row a pair, in the order of the groups and their systems; scores and differences
        are fractions. Where there is no p-value it is missing.
    """
    rows: list[dict[str, Any]] = []
    numbers: dict[str, int] = {}
    for group in groups:
        numbers[group.study] = numbers.get(group.study, 0) + 1
        if len(group.members) > 1:
            own = {member.system: [*baselines.get(member.system, [])] for member in group.members}
            work = partial(compare_group, group, own, n_resamples=n_resamples)
            key = [code, group.digest, own, n_resamples]
            found = work() if code is None else remembered("significance", key, work)
            rows += [{"study": group.study, "group": numbers[group.study], **row} for row in found]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def compare_group(
    group: Group, baselines: Mapping[str, Sequence[str]], *, n_resamples: int = N_DRAWS
) -> list[dict[str, Any]]:
    """Compare one group's systems; the rows of `compare`, less study and group."""
    scores = score_group(group, n_resamples=n_resamples)
    members = {member.system: member for member in group.members}
    rows = [
        {
            "system": system,
            "other": other,
            "against": against,
            "n_clips": group.clips["utterance_id"].nunique(),
            **_compare_pair(group, members[system], members[other], scores),
        }
        for (system, other), against in _pairs(scores, members, baselines).items()
    ]
    for name in ("p_bootstrap", "p_mcnemar"):
        _correct(rows, name)
    return rows


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number: the i-th smallest of m times m - i + 1, rising, at most 1."""
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(order), 0, -1)
    corrected = np.minimum(1, np.maximum.accumulate(np.asarray(p_values, dtype=float)[order] * factors))
    return corrected[np.argsort(order, kind="stable")].tolist()


def bootstrap_p(differences: np.ndarray) -> float:
    """Return the two-sided p of resampled differences, (n,): (k + 1) / (n + 1).

    k is twice the number of draws at 0 or beyond it, on the side where there are fewer, and at most n.
    """
    fewer = int(min((differences <= 0).sum(), (differences >= 0).sum()))
    return (min(2 * fewer, len(differences)) + 1) / (len(differences) + 1)


def mcnemar_p(n_only_one: int, n_only_other: int) -> float:
    """Return the exact two-sided p of what one system alone got right and the other alone; 1 where neither did."""
    from scipy.stats import binomtest

    n_discordant = n_only_one + n_only_other
    return float(binomtest(n_only_one, n_discordant, 0.5).pvalue) if n_discordant else 1.0


def _pairs(
    scores: GroupScores, members: Mapping[str, Member], baselines: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], str]:
    """Return which system is compared with which, and why: it is the best tested its way, or a baseline.

    Of equally good ones the first by name is the best.
    """
    best: dict[str, str] = {}
    for system in sorted(scores.by_system, key=lambda name: (-scores.by_system[name].observed.mean(), name)):
        best.setdefault(members[system].way, system)
    pairs = {}
    for system in scores.by_system:
        if system != (first := best[members[system].way]):
            pairs[system, first] = "best"
        for baseline in baselines.get(system, []):
            if baseline in scores.by_system and baseline != system:
                pairs[system, baseline] = "both" if (system, baseline) in pairs else "baseline"
    return pairs


def _compare_pair(group: Group, one: Member, other: Member, scores: GroupScores) -> dict[str, Any]:
    ours, theirs = scores.by_system[one.system], scores.by_system[other.system]
    drawn = difference(ours.resampled, theirs.resampled, one.runs, other.runs)
    low, high = percentiles(drawn)
    mcnemar, note = ({}, "") if group.targets else _mcnemar(group, one, other)
    student, why = _student(ours, theirs)
    return {
        "n_runs": len(one.runs),
        "n_runs_other": len(other.runs),
        "score": rank_metric(bool(group.targets)).name,
        "value": ours.observed.mean(),
        "value_other": theirs.observed.mean(),
        "difference": float(difference(ours.observed, theirs.observed, one.runs, other.runs)),
        "low": low,
        "high": high,
        "drawn": scores.drawn,
        "p_bootstrap": bootstrap_p(drawn),
        **mcnemar,
        **student,
        "note": "; ".join(filter(None, (note, why))),
    }


def difference(
    ours: np.ndarray, theirs: np.ndarray, our_runs: Sequence[Run], their_runs: Sequence[Run]
) -> np.ndarray:
    """Return the difference of two systems' mean scores, (..., n_runs) -> (...).

    With the same runs it is that of the means over the runs. Where one was trained with seeds that the other was
    not, each split counts alike: the difference of the means over its runs, averaged over the splits.
    """
    if our_runs == their_runs:
        return np.nanmean(ours, axis=-1) - np.nanmean(theirs, axis=-1)
    by_split = [
        np.nanmean(ours[..., _of_split(our_runs, seed)], axis=-1)
        - np.nanmean(theirs[..., _of_split(their_runs, seed)], axis=-1)
        for seed in sorted({run[0] for run in our_runs})
    ]
    return np.nanmean(by_split, axis=0)


def _of_split(runs: Sequence[Run], split_seed: int) -> list[int]:
    return [number for number, run in enumerate(runs) if run[0] == split_seed]


def _mcnemar(group: Group, one: Member, other: Member) -> tuple[dict[str, Any], str]:
    """Return the test of one run of each, and a note that says which."""
    ours, theirs = first_runs(one, other)
    truth = group.truth[group.rows(one.runs[ours][0])]
    right, right_other = one.predicted[ours] == truth, other.predicted[theirs] == truth
    counts = int(np.count_nonzero(right & ~right_other)), int(np.count_nonzero(right_other & ~right))
    (split_seed, seed), other_seed = one.runs[ours], other.runs[theirs][1]
    which = f"seed {seed}" if seed == other_seed else f"seed {seed} and, of the other, {other_seed}"
    found = {"n_only_system": counts[0], "n_only_other": counts[1], "p_mcnemar": mcnemar_p(*counts)}
    return found, f"McNemar of split seed {split_seed}, {which}"


def _student(ours: RunScores, theirs: RunScores) -> tuple[dict[str, float], str]:
    """Return the t-test over the runs, or none and why."""
    one, other = ours.observed, theirs.observed
    if min(len(one), len(other)) < 2:
        return {}, "no t-test: fewer than two runs"
    if np.ptp(one) == 0 and np.ptp(other) == 0:
        return {}, "no t-test: neither system's runs differ"
    from scipy.stats import ttest_ind

    test = ttest_ind(one, other)
    return {"t": float(test.statistic), "df": float(test.df), "p_t": float(test.pvalue)}, ""


def _correct(rows: list[dict[str, Any]], name: str) -> None:
    """Add Holm's correction of a p-value to the rows that have one; a pair and its reverse are one test."""
    by_pair = {frozenset((row["system"], row["other"])): row[name] for row in rows if name in row}
    corrected = dict(zip(by_pair, holm(list(by_pair.values())), strict=True))
    for row in rows:
        if name in row:
            row[f"{name}_holm"] = corrected[frozenset((row["system"], row["other"]))]
