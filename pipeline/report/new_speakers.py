"""Boards of speakers never heard: for each corpus which system to take, how sure that is, and what it rests on.

Their systems are those of the template `new_speakers` in params.yaml. Those that know unlabelled clips of whom they
are tested on stand apart, and so do those under protocols by sentence: they are never ranked with the others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.config.new_speakers import BOTH_NEW, KNOWN_SENTENCES, NEW_SENTENCES, NEW_SPEAKERS
from pipeline.report.answers import Gap
from pipeline.report.leaderboard import Row

PREFIX = f"{NEW_SPEAKERS}_"
SENTENCES = {  # protocols, and what is known under each
    KNOWN_SENTENCES: "new speakers, known sentences",
    BOTH_NEW: "new speakers, new sentences",
    NEW_SENTENCES: "known speakers, new sentences",
}


@dataclass(frozen=True)
class Ranked:
    """A system in its place.

    Attributes:
        row: Its row of the leaderboard.
        name: What its study calls it.
        gap: Against the best; None of the best.
    """

    row: Row
    name: str
    gap: Gap | None


@dataclass(frozen=True)
class Board:
    """What is known of a corpus's speakers never heard.

    Attributes:
        corpus: Its name.
        ranked: Trained systems that know nothing of whom they are tested on, the best first.
        standardised: Those that are standardised by speaker, the best first.
        sentences: Those under protocols by sentence, each with what it knows.
        cost: What the sentence is worth: UAR on known sentences less that on new ones; None where nothing says so.
        skipped: Systems that this corpus does not allow, or that know the speakers, each with why.
    """

    corpus: str
    ranked: list[Ranked]
    standardised: list[Ranked]
    sentences: list[tuple[str, Ranked]]
    cost: Gap | None
    skipped: list[tuple[str, str]]

    @property
    def synthetic(self) -> bool:
        every = [*self.ranked, *self.standardised, *(one for _, one in self.sentences)]
        return any(one.row.synthetic for one in every)

    @property
    def given(self) -> bool:
        """Whether the corpus says who is tested."""
        return any(one.row.official for one in [*self.ranked, *self.standardised])

    @property
    def best(self) -> Ranked | None:
        return self.ranked[0] if self.ranked else None

    @property
    def equals(self) -> list[Ranked]:
        """Those that are not told apart from the best, the quickest to train first."""
        alike = [one for one in self.ranked[1:] if one.gap is None or not one.gap.significant]
        return sorted(alike, key=lambda one: (one.row.seconds or 0.0, one.name))


def boards(rows: Iterable[Row], significance: pd.DataFrame) -> list[Board]:
    """Make a board of each study of the template that was run, in the order of the rows.

    Args:
        rows: The leaderboard.
        significance: See `pipeline.evaluation.significance`.
    """
    studies: dict[str, list[Row]] = {}
    for row in rows:
        if row.study == PREFIX + row.metrics["corpora"]:
            studies.setdefault(row.study, []).append(row)
    return [_board(study, group, significance) for study, group in studies.items()]


def _board(study: str, rows: Sequence[Row], significance: pd.DataFrame) -> Board:
    trained = [row for row in rows if row.trained]
    by_sentence = [row for row in trained if row.split in SENTENCES]
    plain = [row for row in trained if row.split not in SENTENCES and (row.new_speakers or row.official)]
    ranked = _rank([row for row in plain if not row.speaker_standardised], significance)
    return Board(
        corpus=study.removeprefix(PREFIX),
        ranked=ranked,
        standardised=_rank([row for row in plain if row.speaker_standardised], significance),
        sentences=[
            (words, Ranked(row, short_name(row.system, study), None))
            for protocol, words in SENTENCES.items()
            for row in by_sentence
            if row.split == protocol
        ],
        cost=_cost(by_sentence, significance),
        skipped=[(short_name(row.system, study), why) for row in rows if (why := _why_not(row))],
    )


def _why_not(row: Row) -> str | None:
    """Return why a system is in no table; None where it is in one."""
    if not row.trained:
        return str(row.metrics["reason"])
    if row.split in SENTENCES or row.new_speakers or row.official:
        return None
    return f"tested on speakers who may be known: {row.metrics['protocol']}"


def _rank(rows: Iterable[Row], significance: pd.DataFrame) -> list[Ranked]:
    """Order systems by UAR, each with its difference to the best."""
    rows = sorted(rows, key=lambda row: (-row.score, row.system))
    return [
        Ranked(row, short_name(row.system, row.study), _gap(row, rows[0], significance) if number else None)
        for number, row in enumerate(rows)
    ]


def _gap(one: Row, other: Row, significance: pd.DataFrame) -> Gap | None:
    """Look up a pair; None where it was not compared."""
    pair = significance[(significance["system"] == one.system) & (significance["other"] == other.system)]
    if pair.empty:
        return None
    found = pair.iloc[0]
    names = ("difference", "low", "high", "p_bootstrap_holm")
    return Gap(*(float(found[name]) for name in names))


def _cost(rows: Sequence[Row], significance: pd.DataFrame) -> Gap | None:
    """Return what the best system on known sentences loses on new ones."""
    known = sorted((row for row in rows if row.split == KNOWN_SENTENCES), key=lambda row: -row.score)
    new = [row for row in rows if row.split == BOTH_NEW]
    pairs = (_gap(one, other, significance) for one in known for other in new)
    return next((gap for gap in pairs if gap is not None), None)


def across(found: Sequence[Board]) -> dict[str, list[float | None]]:
    """Return the UAR of each ranked system on each corpus, None where it has none there."""
    names = dict.fromkeys(one.name for board in found for one in board.ranked)
    by_corpus = [{one.name: one.row.score for one in board.ranked} for board in found]
    return {name: [scores.get(name) for scores in by_corpus] for name in names}


def read_by(found: Iterable[Board]) -> dict[str, list[str]]:
    """Return the feature sets of each system, by the name that all studies give it."""
    every = (one for board in found for one in [*board.ranked, *board.standardised])
    return {one.name: one.row.reads for one in every}


def short_name(system: str, study: str) -> str:
    """Return what a study calls its system: "encoder logistic" of new_speakers_ravdess_encoder_logistic."""
    return system.removeprefix(f"{study}_").removeprefix(PREFIX).replace("_", " ")
