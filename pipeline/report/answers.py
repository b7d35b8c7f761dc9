"""The answers at the top of the report: which system is best, by how much, where it fails, what it cost.

A study may be run on several sets of corpora, which are not compared with one another: each is a question of its
own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.report.leaderboard import Row

ALPHA = 0.05
N_CONFUSIONS = 3

Confusions = Callable[[Row], pd.DataFrame | None]


@dataclass(frozen=True)
class Gap:
    """A difference between two systems that were tested on the same clips.

    Attributes:
        difference: Of the first less the second, in UAR or mean CCC.
        low: Of its 95 % interval.
        high: Of its 95 % interval.
        p: Of the paired bootstrap, by Holm's correction over all pairs that were tested on these clips.
    """

    difference: float
    low: float
    high: float
    p: float

    @property
    def significant(self) -> bool:
        return self.p < ALPHA


@dataclass(frozen=True)
class Lead(Gap):
    """How far the best system is ahead of the next one.

    Attributes:
        other: The next one.
        drawn: What the interval's resamples are of: "speakers" or "clips".
        n_others: How many systems were held against the best one, on the same clips.
        p_mcnemar: Of McNemar's test, corrected alike; None for dimensions.
    """

    other: Row
    drawn: str
    n_others: int
    p_mcnemar: float | None


@dataclass(frozen=True)
class Answer:
    """What is known of a study on a set of corpora.

    Attributes:
        rows: Its trained systems, the best first, those standardised by speaker after the others.
        best: The best of the trustworthy ones; of all where there is none.
        lead: Against the next system that was tested on the same clips; None where there is none.
        confusions: What the best one confuses most often: actual, predicted, n, share, corpus.
    """

    rows: list[Row]
    best: Row
    lead: Lead | None
    confusions: pd.DataFrame

    @property
    def study(self) -> str:
        return self.best.study

    @property
    def corpora(self) -> str:
        return self.best.metrics["corpora"]

    @property
    def n_trustworthy(self) -> int:
        return sum(row.trustworthy for row in self.rows)

    @property
    def higher(self) -> Row | None:
        """The system with the highest score of all, where the best trustworthy one is another."""
        top = max(self.rows, key=lambda row: row.score)
        return top if top.score > self.best.score else None


def answers(rows: Iterable[Row], significance: pd.DataFrame, confusions: Confusions) -> list[Answer]:
    """Answer for each study and set of corpora, classes before dimensions, in the order of the rows.

    Args:
        rows: The leaderboard.
        significance: See `pipeline.evaluation.significance`.
        confusions: Gives those of a system that has some; see `pipeline.evaluation.groups.frequent_confusions`.
    """
    questions: dict[tuple[str, bool, str], list[Row]] = {}
    for row in rows:
        if row.trained:
            questions.setdefault((row.study, bool(row.targets), row.metrics["corpora"]), []).append(row)
    return [_answer(group, significance, confusions) for group in questions.values()]


def _answer(rows: list[Row], significance: pd.DataFrame, confusions: Confusions) -> Answer:
    ranked = sorted(rows, key=lambda row: (row.speaker_standardised, -row.score))
    best = next((row for row in ranked if row.trustworthy), ranked[0])
    frequent = confusions(best)
    return Answer(
        rows=ranked,
        best=best,
        lead=_lead(best, significance, {row.system: row for row in rows}),
        confusions=pd.DataFrame() if frequent is None else frequent.nlargest(N_CONFUSIONS, "n", keep="first"),
    )


def _lead(best: Row, significance: pd.DataFrame, rows: Mapping[str, Row]) -> Lead | None:
    """Look up the pair of the best system and the next of its group; tests are of the others against the best."""
    held = significance[(significance["other"] == best.system) & (significance["against"] != "baseline")]
    if held.empty:
        return None
    pair = held.sort_values(["value", "system"], ascending=[False, True]).iloc[0]
    mcnemar = pair["p_mcnemar_holm"]
    return Lead(
        other=rows[pair["system"]],
        difference=-float(pair["difference"]),
        low=-float(pair["high"]),
        high=-float(pair["low"]),
        drawn=pair["drawn"],
        n_others=len(held),
        p=float(pair["p_bootstrap_holm"]),
        p_mcnemar=None if pd.isna(mcnemar) else float(mcnemar),
    )
