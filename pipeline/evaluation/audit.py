"""What a leak is worth: a model under the published split, and under such as keep recordings and speakers apart.

Each case is a system; the last is the one to trust. Beside the scores stands of how many of the tested clips the
training had a copy, or the speaker. The words are made of these numbers, and say nothing that they do not.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.evaluation.formats import coefficient, percent, points, step
from pipeline.evaluation.metrics import METRICS, rank_metric

LEAK_COLUMNS = ["n_tested", "n_exact", "n_near", "n_same_speaker", "n_unknown_speaker"]
COLUMNS = ["title", "case", "system", "protocol", "n_test", "score", "value", "low", "high", "difference"]
_LEAKS = {"n_exact": "exact copies", "n_near": "near copies", "n_same_speaker": "speakers"}
_LEAK_WORDS = {"n_exact": "an exact copy", "n_near": "a near copy", "n_same_speaker": "the speaker"}


def count_leaks(split: pd.DataFrame, train_on: Sequence[str]) -> dict[str, int]:
    """Count the tested clips that the same fold's training knows something of.

    Args:
        split: A study's split: split_seed, fold, split, utterance_id, group, speaker, audio_hash.
        train_on: The splits that the system is trained on.

    Returns:
        n_tested: tests, one a clip and fold that tests it; n_exact: of those, how many have the same samples in
        training; n_near: another copy of the recording, and no exact one; n_same_speaker: the speaker;
        n_unknown_speaker: how many are of a speaker that nobody knows, which are not counted before.
    """
    totals = dict.fromkeys(LEAK_COLUMNS, 0)
    for _, fold in split.groupby("fold"):
        train, test = fold[fold["split"].isin(train_on)], fold[fold["split"] == "test"]
        exact = test["audio_hash"].isin(train["audio_hash"].dropna())
        near = test["group"].isin(train["group"]) & ~exact
        speaker = test["speaker"].isin(train["speaker"].dropna())
        counts = (len(test), exact.sum(), near.sum(), speaker.sum(), test["speaker"].isna().sum())
        for name, count in zip(LEAK_COLUMNS, counts, strict=True):
            totals[name] += int(count)
    return totals


def audit_rows(
    title: str,
    cases: Mapping[str, str],
    scores: Mapping[str, Mapping[str, Any]],
    leaks: Mapping[str, Mapping[str, int]],
) -> list[dict[str, Any]]:
    """Return the rows of one audit: `COLUMNS` and `LEAK_COLUMNS`, a case each; skipped systems are left out.

    Args:
        title: Of the audit.
        cases: System by case, the trustworthy one last.
        scores: Of each system, as evaluation leaves them.
        leaks: Of each trained system, as `count_leaks` returns them.

    Returns:
        Scores are fractions; `difference` is to the last case, None there, and for all where that was skipped or
        has another score.
    """
    rows = [
        {**_row(title, case, system, scores[system]), **leaks[system]}
        for case, system in cases.items()
        if scores[system]["status"] == "trained"
    ]
    trusted = rows[-1] if rows and rows[-1]["case"] == list(cases)[-1] else None
    for row in rows:
        alike = trusted is not None and row is not trusted and row["score"] == trusted["score"]
        row["difference"] = row["value"] - trusted["value"] if trusted and alike else None
    return rows


def _row(title: str, case: str, system: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    score = rank_metric("ccc" in scores).name
    return {
        "title": title,
        "case": case,
        "system": system,
        "protocol": scores["protocol"],
        "n_test": scores["n_test"],
        "score": score,
        "value": scores[score],
        "low": scores[f"{score}_low"],
        "high": scores[f"{score}_high"],
        "difference": None,
    }


def audit_text(rows: Sequence[Mapping[str, Any]], skipped: Sequence[str], *, synthetic: bool) -> str:
    """Say in words what the rows of one audit show.

    Args:
        rows: As `audit_rows` returns them.
        skipped: Cases that have no clips in the active profile.
        synthetic: Whether the clips are made by the project.
    """
    sentences = [f"{case}: no clips of it in this profile." for case in skipped]
    sentences += [_case_text(row) for row in rows]
    compared = [row for row in rows if row["difference"] is not None]
    sentences += [_difference_text(row, rows[-1]) for row in compared]
    if compared:
        sentences += _conclusion(compared, rows[-1])
    elif rows:
        sentences.append("Nothing to hold this against: the last case is not there, or alone.")
    if synthetic and rows:
        sentences.append("The clips are synthetic: the sizes of these differences say nothing about people.")
    return " ".join(sentences)


def _case_text(row: Mapping[str, Any]) -> str:
    interval = f"{_shown(row, 'low')} to {_shown(row, 'high')}"
    return (
        f"{row['case']} ({row['protocol']}): {METRICS[row['score']].title} {_shown(row, 'value')} ({interval}) on "
        f"{row['n_test']:,} clips; {_leak_text(row)}."
    )


def _leak_text(row: Mapping[str, Any]) -> str:
    """Say what the training knew, such as "of 80 tests, training has an exact copy of 60 (75 %)"."""
    known = [
        f"{words} of {row[name]:,} ({percent(_share(row, name), 0)} %)"
        for name, words in _LEAK_WORDS.items()
        if row[name]
    ]
    found = ", ".join(known) or "no copy and no speaker"
    unknown = row["n_unknown_speaker"]
    rest = f"; {unknown:,} are of unknown speakers" if unknown else ""
    return f"of {row['n_tested']:,} tests, training has {found}{rest}"


def _difference_text(row: Mapping[str, Any], trusted: Mapping[str, Any]) -> str:
    gap = row["difference"]
    size = step(gap) if row["score"] == "ccc" else f"{points(gap)} points"
    verdict = "lie apart" if _apart(row, trusted) else "overlap"
    return f"{row['case']} against {trusted['case']}: {size}; the two 95 % intervals {verdict}."


def _conclusion(compared: Sequence[Mapping[str, Any]], trusted: Mapping[str, Any]) -> list[str]:
    """Say which cases promise too much, what they leak, and whether the last one leaks as well."""
    too_high = [row for row in compared if row["difference"] > 0 and _apart(row, trusted)]
    others = [row["case"] for row in compared if row not in too_high]
    sentences = []
    for row in too_high:
        more = [name for column, name in _LEAKS.items() if _share(row, column) > _share(trusted, column)]
        why = (
            f"its training shares more {_listed(more)} with its test"
            if more
            else "no leak counted here explains it"
        )
        sentences.append(
            f"So {row['case']} promises more than {trusted['case']} finds, by more than the choice of test clips "
            f"accounts for; {why}."
        )
    if others:
        sentences.append(f"These clips do not show that the score of {_listed(others, 'or')} is too high.")
    if left := [name for column, name in _LEAKS.items() if trusted[column]]:
        sentences.append(f"{trusted['case']} itself still has {_listed(left)} on both sides.")
    return sentences


def _share(row: Mapping[str, Any], column: str) -> float:
    return row[column] / row["n_tested"]


def _apart(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return row["low"] > other["high"] or row["high"] < other["low"]


def _shown(row: Mapping[str, Any], name: str) -> str:
    return coefficient(row[name]) if row["score"] == "ccc" else f"{percent(row[name])} %"


def _listed(names: Sequence[str], word: str = "and") -> str:
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last


def audit_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the rows of all audits as one table."""
    return pd.DataFrame(rows, columns=[*COLUMNS, *LEAK_COLUMNS])
