"""Tables of the results on real corpora: for README and docs, by the name in their markers, and for the report."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.config.cross_corpora import CROSS_CORPORA
from pipeline.config.mistakes import one_of
from pipeline.evaluation.formats import MISSING, count, percent, yes_no
from pipeline.evaluation.formats import seconds as seconds_text
from pipeline.report.markdown import Column, markdown_table, without_empty
from pipeline.report.new_speakers import SENTENCES
from pipeline.report.real_results import RealResult

Published = Mapping[str, "Reported"]  # by system
N_BEST = 11  # of each corpus, in README
AUDIT = ("audit", "audit_copies")  # studies of one system under several splits
COPIES = "copies on both sides"  # a condition that the table of leaks shows
BY_SPEAKER = "_by_speaker"  # ends the name of a system that differs from another by its split alone


@dataclass(frozen=True)
class Reported:
    """What a document reports of a system: an accuracy, 0 to 1, on known speakers of some corpora."""

    accuracy: float | None
    corpora: frozenset[str]


@dataclass(frozen=True)
class RealTable:
    """What the report shows of one study.

    Attributes:
        study: Its name.
        records: Its results.
        columns: Those that say something of one of them.
        commands: What made them, the system's name left open.
    """

    study: str
    records: list[RealResult]
    columns: list[Column[RealResult]]
    commands: list[str]


def real_tables(records: Iterable[RealResult]) -> list[RealTable]:
    """Group results by study, in the order of the file."""
    studies: dict[str, list[RealResult]] = {}
    for record in records:
        studies.setdefault(record.study, []).append(record)
    return [
        RealTable(study, group, without_empty(group, _ALL), list(dict.fromkeys(map(_command, group))))
        for study, group in studies.items()
    ]


def new_speakers_table(records: Sequence[RealResult], published: Published) -> str:
    """Return the best systems on new speakers of each corpus, beside their scores on known ones.

    Those that are standardised by speaker stand after the others, and are not ranked with them. Those of the
    matrix of corpora, of fewer classes, are not among them.
    """
    rows = [
        record
        for record in records
        if record.new_speakers
        and record.condition is None
        and record.protocol_name not in SENTENCES
        and record.study != CROSS_CORPORA
    ]
    rows.sort(key=lambda record: (*_ranking(record), -(record.uar or 0.0), record.system))
    best, left_out = [], []
    for (corpora, standardised), group in groupby(rows, key=_ranking):
        ranked = list(group)
        best += ranked[:N_BEST]
        if len(ranked) > N_BEST:
            how = " standardised by speaker" if standardised else ""
            left_out.append(f"the best {N_BEST} of {len(ranked)} systems{how} on {corpora}")
    columns = [
        *(_SYSTEM, _CORPORA, _AUDIO, _IF_STANDARDISED, _ACCURACY, _UAR),
        Column("known speakers, %", lambda record: _on_known_speakers(record, records)),
        _published_column("published, known speakers, %", published, on_new=True),
    ]
    table = markdown_table(best, without_empty(best, columns))
    return f"{table}\n\nShown: {'; '.join(left_out)}." if left_out else table


def study_table(records: Sequence[RealResult], published: Published, study: str) -> str:
    """Return a study's results as its systems stand in params.yaml, beside what its document reports."""
    rows = [record for record in records if record.study == study and record.condition is None]
    columns = [
        *(_SYSTEM, _CORPORA, _NEW_SPEAKERS, _published_column("published, %", published, on_new=False)),
        *(_ACCURACY, _UAR, _WEIGHTED_F1, _STANDARDISED, _AUDIO, _PROTOCOL, _SPLITS),
    ]
    return markdown_table(rows, without_empty(rows, columns))


def audit_table(records: Sequence[RealResult], _: Published) -> str:
    """Return what leaks are worth, by corpus and split: the audit's own systems, and others that had copies too."""
    others = [record for record in records if record.study not in AUDIT]
    doubled = {record.system for record in others if record.condition == COPIES}
    rows = [record for record in records if record.study in AUDIT]
    rows += [one for one in others if one.system in doubled and one.condition in (None, COPIES)]
    rows.sort(key=lambda record: record.test_corpus)
    columns = [_CORPORA, _SYSTEM, _PROTOCOL, _CONDITION, _NEW_SPEAKERS, _N_TEST, _ACCURACY, _UAR]
    return markdown_table(rows, without_empty(rows, columns))


def conditions_table(records: Sequence[RealResult], _: Published) -> str:
    """Return what was tried besides: results under other conditions than params.yaml's."""
    rows = [
        record for record in records if record.condition not in (None, COPIES) and record.study not in AUDIT
    ]
    columns = [_SYSTEM, _CORPORA, _CONDITION, _ACCURACY, _UAR, _NEW_SPEAKERS, _PROTOCOL, _SPLITS]
    return markdown_table(rows, without_empty(rows, columns))


def commands_list(records: Sequence[RealResult], _: Published) -> str:
    """Return the commands that made all results, each with its systems, commit, date and machine."""
    runs: dict[str, dict[str, list[str]]] = {}
    for record in records:
        systems = runs.setdefault(_command(record), {}).setdefault(_circumstances(record), [])
        if (name := f"`{record.system}`") not in systems:
            systems.append(name)
    lines = []
    for command, groups in runs.items():
        lines.append(f"- `{command}`")
        lines += [f"  - {', '.join(systems)}: {about}" for about, systems in groups.items()]
    return "\n".join(lines)


Make = Callable[[Sequence[RealResult], Published], str]
TABLES: dict[str, Make] = {
    "new_speakers": new_speakers_table,
    "audit": audit_table,
    "conditions": conditions_table,
    "commands": commands_list,
}
STUDY = "study "  # begins the name of a study's table


def table_by_name(name: str, records: Sequence[RealResult], published: Published) -> str:
    """Return a table as Markdown.

    Args:
        name: One of TABLES, or "study " and a study's name.
        records: All results.
        published: What the documents report, by system.

    Raises:
        PipelineError: There is no such table, or no result of that study.
    """
    if name in TABLES:
        return TABLES[name](records, published)
    studies = list(dict.fromkeys(STUDY + record.study for record in records))
    one_of(name, [*TABLES, *studies], "table of real results")
    return study_table(records, published, name.removeprefix(STUDY))


def score_text(record: RealResult) -> str:
    """Return an accuracy with all that is known of its uncertainty: "99.8 ± 0.0 (99.4–100.0)"."""
    sd = "" if record.sd is None else f" ± {percent(record.sd)}"
    interval = "" if record.low is None else f" ({percent(record.low)}–{percent(record.high)})"
    return percent(record.accuracy) + sd + interval


def _corpora(record: RealResult) -> str:
    trained, tested = (name.replace(",", ", ") for name in (record.train_corpus, record.test_corpus))
    return tested if trained == tested else f"{trained} → {tested}"


def _ranking(record: RealResult) -> tuple[str, bool]:
    """Return what a result is ranked within."""
    return _corpora(record), bool(record.speaker_standardised)


def _command(record: RealResult) -> str:
    return record.command.replace(record.system, "<system>")


def _circumstances(record: RealResult) -> str:
    commit = f"commit {record.commit}" if record.commit else "commit not noted"
    time = f"{seconds_text(record.seconds)} s" if record.seconds is not None else None
    known = (record.date, commit, record.machine, record.precision, time, record.note)
    return " · ".join(part.rstrip(".") for part in known if part)


def _on_known_speakers(record: RealResult, records: Iterable[RealResult]) -> str:
    """Return the same system's accuracy where its speakers were known, of most splits; else a dash."""

    def alike(other: RealResult) -> bool:
        names = (record.system, record.system.removesuffix(BY_SPEAKER))
        here = (record.train_corpus, record.test_corpus, record.audio, record.speaker_standardised)
        there = (other.train_corpus, other.test_corpus, other.audio, other.speaker_standardised)
        return (
            other.new_speakers is False
            and other.condition is None
            and other.system in names
            and here == there
        )

    known = max(filter(alike, records), key=lambda other: len(other.seeds), default=None)
    return MISSING if known is None else score_text(known)


def _published_column(title: str, published: Published, *, on_new: bool) -> Column[RealResult]:
    """Return a column of the documents' accuracies, where they were measured on the same corpora.

    Args:
        title: Its heading.
        published: What the documents report, by system; no document tests on new speakers.
        on_new: Whether it stands beside results on new speakers too.
    """

    def cell(record: RealResult) -> str:
        reported = published.get(record.system)
        if reported is None or (record.new_speakers and not on_new):
            return MISSING
        alike = reported.corpora == set(record.test_corpus.split(","))
        return percent(reported.accuracy) if alike else MISSING

    return Column(title, cell)


_SYSTEM: Column[RealResult] = Column("system", lambda record: f"`{record.system}`", number=False)
_CORPORA: Column[RealResult] = Column("corpus", _corpora, number=False)
_AUDIO: Column[RealResult] = Column("audio", lambda record: record.audio or MISSING, number=False)
_PROTOCOL: Column[RealResult] = Column("protocol", lambda record: record.protocol, number=False)
_SPLITS: Column[RealResult] = Column("splits", lambda record: count(len(record.seeds)))
_FOLDS: Column[RealResult] = Column("folds", lambda record: count(record.folds))
_CONDITION: Column[RealResult] = Column("condition", lambda record: record.condition or MISSING, number=False)
_NEW_SPEAKERS: Column[RealResult] = Column(
    "new speakers", lambda record: yes_no(record.new_speakers), number=False
)
_STANDARDISED: Column[RealResult] = Column(
    "standardised by speaker", lambda record: yes_no(record.speaker_standardised), number=False
)
_IF_STANDARDISED: Column[RealResult] = Column(
    "standardised by speaker", lambda record: yes_no(record.speaker_standardised or None), number=False
)
_N_TEST: Column[RealResult] = Column("test clips", lambda record: count(record.n_test))
_ACCURACY: Column[RealResult] = Column("accuracy, %", score_text)
_UAR: Column[RealResult] = Column("UAR, %", lambda record: percent(record.uar))
_WEIGHTED_F1: Column[RealResult] = Column("weighted F1, %", lambda record: percent(record.weighted_f1))
_ALL: list[Column[RealResult]] = [
    Column("system", lambda record: record.system, number=False),
    *(_CORPORA, _AUDIO, _PROTOCOL, _SPLITS, _FOLDS, _CONDITION, _NEW_SPEAKERS, _STANDARDISED, _N_TEST),
    *(_ACCURACY, _UAR, _WEIGHTED_F1),
    Column("training, s", lambda record: seconds_text(record.seconds)),
    Column("machine", lambda record: record.machine or MISSING, number=False),
    Column("precision", lambda record: record.precision or MISSING, number=False),
    Column("commit", lambda record: record.commit or MISSING, number=False),
    Column("date", lambda record: record.date or MISSING, number=False),
    Column("note", lambda record: record.note or MISSING, number=False),
]
