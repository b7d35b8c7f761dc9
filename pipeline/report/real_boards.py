"""Boards of speakers never heard on real speech: kept results of the template's systems, for report and docs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipeline.config.new_speakers import BOTH_NEW, KNOWN_SENTENCES, NEW_SPEAKERS
from pipeline.evaluation.formats import MISSING, count, percent, points
from pipeline.evaluation.formats import seconds as seconds_text
from pipeline.report.markdown import Column, markdown_table, without_empty
from pipeline.report.new_speakers import PREFIX, SENTENCES, short_name
from pipeline.report.real_results import RealResult
from pipeline.report.real_tables import score_text

NOTHING_YET = "Nothing is kept in results/real.json yet."


@dataclass(frozen=True)
class RealBoard:
    """What was kept of a study of speakers never heard.

    Attributes:
        corpus: Its name.
        ranked: Systems that know nothing of whom they are tested on, the best UAR first.
        standardised: Those that are standardised by speaker, the best first.
        sentences: Those under protocols by sentence.
        others: Under some condition, such as noise, or with another corpus in training or test.
    """

    corpus: str
    ranked: list[RealResult]
    standardised: list[RealResult]
    sentences: list[RealResult]
    others: list[RealResult]

    @property
    def best(self) -> RealResult | None:
        return self.ranked[0] if self.ranked else None

    @property
    def known_and_new(self) -> tuple[RealResult, RealResult] | None:
        """The same speakers never heard on sentences that are known, and on such as are not; None without both."""
        found = {record.protocol_name: record for record in reversed(self.sentences)}
        if KNOWN_SENTENCES not in found or BOTH_NEW not in found:
            return None
        return found[KNOWN_SENTENCES], found[BOTH_NEW]

    @property
    def parts(self) -> list[tuple[str, list[RealResult], list[Column[RealResult]]]]:
        """Its tables: heading, rows and the columns that say something."""
        tables = [
            (RANKED, self.ranked, _ranked_columns(self.ranked)),
            (STANDARDISED, self.standardised, _ranked_columns(self.standardised)),
            (BY_SENTENCE, self.sentences, [_NAME, _KNOWN, *_SCORES]),
            (OTHERS, self.others, [_NAME, _CONDITION, _TRAINED, _TESTED, *_SCORES]),
        ]
        return [(title, rows, without_empty(rows, columns)) for title, rows, columns in tables if rows]


RANKED = "Without any knowledge of the tested speaker"
STANDARDISED = "Speaker-standardised: each tested speaker's own unlabelled clips are known"
BY_SENTENCE = "By sentence"
OTHERS = "Other conditions and corpora"
CROSSED = "From one corpus to another"


def real_boards(records: Iterable[RealResult]) -> list[RealBoard]:
    """Return a board of each study of one corpus, in the order of the file."""
    studies: dict[str, list[RealResult]] = {}
    for record in records:
        if record.study.startswith(PREFIX) and record.study.removeprefix(PREFIX) in _corpora(record):
            studies.setdefault(record.study, []).append(record)
    return [_board(study.removeprefix(PREFIX), group) for study, group in studies.items()]


def crossings(records: Iterable[RealResult]) -> list[RealResult]:
    """Return the results of studies of several corpora: what a system of one finds in another."""
    return [
        record
        for record in records
        if record.system.startswith(PREFIX) and record.study.removeprefix(PREFIX) not in _corpora(record)
    ]


def _corpora(record: RealResult) -> list[str]:
    return [*record.train_corpus.split(","), *record.test_corpus.split(",")]


def _board(corpus: str, records: Sequence[RealResult]) -> RealBoard:
    plain = [one for one in records if one.condition is None and one.train_corpus == one.test_corpus]
    ranked = sorted(
        (one for one in plain if one.protocol_name == NEW_SPEAKERS), key=lambda one: (-_uar(one), one.system)
    )
    by_sentence = [one for one in plain if one.protocol_name in SENTENCES]
    order = list(SENTENCES)
    return RealBoard(
        corpus,
        ranked=[one for one in ranked if not one.speaker_standardised],
        standardised=[one for one in ranked if one.speaker_standardised],
        sentences=sorted(by_sentence, key=lambda one: (order.index(one.protocol_name), -_uar(one))),
        others=[one for one in records if one not in ranked and one not in by_sentence],
    )


def leaderboards(records: Iterable[RealResult]) -> str:
    """Return the boards as Markdown, for a page of docs."""
    parts = []
    records = list(records)
    for board in real_boards(records):
        for title, rows, columns in board.parts:
            parts += [f"**{board.corpus}** · {title}", markdown_table(rows, columns)]
    if crossed := crossings(records):
        parts += [f"**{CROSSED}**", markdown_table(crossed, without_empty(crossed, CROSSED_COLUMNS))]
    return "\n\n".join(parts) or NOTHING_YET


BOARDS: dict[str, Callable[[Iterable[RealResult]], str]] = {"leaderboards": leaderboards}


def uar_text(record: RealResult) -> str:
    """Return a UAR with its interval where it is known: "72.8 (68.0–77.1)"."""
    if record.uar_low is None:
        return percent(record.uar)
    return f"{percent(record.uar)} ({percent(record.uar_low)}–{percent(record.uar_high)})"


def _uar(record: RealResult) -> float:
    return record.uar or 0.0


def _ranked_columns(rows: Sequence[RealResult]) -> list[Column[RealResult]]:
    def behind(record: RealResult) -> str:
        if record is rows[0] or record.uar is None or rows[0].uar is None:
            return MISSING
        return points(record.uar - rows[0].uar)

    return [_NAME, *_SCORES, Column("to the best, points", behind), *_COST]


_NAME: Column[RealResult] = Column(
    "system", lambda record: short_name(record.system, record.study), number=False
)
_KNOWN: Column[RealResult] = Column("tested on", lambda record: SENTENCES[record.protocol_name], number=False)
_CONDITION: Column[RealResult] = Column("condition", lambda record: record.condition or MISSING, number=False)
_TRAINED: Column[RealResult] = Column("trained on", lambda record: record.train_corpus, number=False)
_TESTED: Column[RealResult] = Column("tested on", lambda record: record.test_corpus, number=False)
_SCORES: list[Column[RealResult]] = [
    Column("UAR, %", uar_text),
    Column("s. d. over folds", lambda record: percent(record.uar_fold_sd)),
    Column("accuracy, %", score_text),
    Column("test clips", lambda record: count(record.n_test)),
]
CROSSED_COLUMNS: list[Column[RealResult]] = [_NAME, _TRAINED, _TESTED, *_SCORES]
_COST: list[Column[RealResult]] = [
    Column("training, s", lambda record: seconds_text(record.seconds)),
    Column("machine", lambda record: record.machine or MISSING, number=False),
]
