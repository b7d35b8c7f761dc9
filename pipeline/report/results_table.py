"""The results as Markdown: all, and for the README the best of each study; nothing that varies from run to run.

A study has a table for each set of corpora, classes and dimensions apart, because their columns differ.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from pipeline.config.settings import DIMENSIONS
from pipeline.evaluation.formats import (
    MISSING,
    coefficient,
    coefficients,
    count,
    percent,
    points,
    step,
    yes_no,
)
from pipeline.evaluation.metrics import METRICS, Metric, class_metrics
from pipeline.report.leaderboard import Row

N_BEST = 3  # of each study, in the README
SYNTHETIC_WARNING = "Synthetic corpus: these scores say nothing about emotion in people."


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: Its heading.
        cell: What it says of a system.
        number: Whether it is set to the right.
    """

    title: str
    cell: Callable[[Row], str]
    number: bool = True


def results_markdown(rows: Iterable[Row], profile: str) -> str:
    """Return the tables of all studies, every system and column.

    Args:
        rows: Systems, those of one study next to each other.
        profile: Name of the profile they were trained in.
    """
    rows = list(rows)
    parts = _opening(rows, profile)
    for study, group in groupby(rows, key=lambda row: row.study):
        parts += _study_tables(study, list(group))
    return "\n\n".join(parts) + "\n"


def readme_markdown(rows: Iterable[Row], profile: str) -> str:
    """Return the best systems of each study, in few columns.

    Args:
        rows: Systems, those of one study next to each other, the best first.
        profile: Name of the profile they were trained in.
    """
    rows = list(rows)
    parts = _opening(rows, profile)
    for study, group in groupby(rows, key=lambda row: row.study):
        for (dimensions, corpora), table in _tables(list(group)).items():
            short = _SHORT_DIMENSIONS if dimensions else [*_class_metrics(), _PUBLISHED, _NEW_SPEAKERS]
            columns = [_SYSTEM, *short, _PRETRAINED]
            best = f"the best {N_BEST} of " if len(table) > N_BEST else ""
            parts.append(f"**{study}** ({corpora.replace(',', ', ')}): {best}{_systems(len(table))}")
            parts.append(_lines(table[:N_BEST], columns))
    n_skipped = sum(not row.trained for row in rows)
    if n_skipped:
        parts.append(f"Skipped, for want of clips in this profile: {_systems(n_skipped)}.")
    return "\n\n".join(parts) + "\n"


def _systems(number: int) -> str:
    return f"{number} system{'' if number == 1 else 's'}"


def _opening(rows: list[Row], profile: str) -> list[str]:
    parts = [f"Profile `{profile}`."]
    if any(row.synthetic for row in rows):
        parts.append(f"> **{SYNTHETIC_WARNING}**")
    return parts


def _tables(rows: list[Row]) -> dict[tuple[bool, str], list[Row]]:
    """Group trained systems by what they predict and by corpora."""
    tables: dict[tuple[bool, str], list[Row]] = {}
    for row in rows:
        if row.trained:
            tables.setdefault((bool(row.targets), row.metrics["corpora"]), []).append(row)
    return tables


def _study_tables(study: str, rows: list[Row]) -> list[str]:
    parts = []
    for (_, corpora), table in _tables(rows).items():
        parts.append(f"**{study}** ({corpora.replace(',', ', ')}{_elsewhere(table)})")
        parts.append(_table(table))
    if skipped := ", ".join(f"`{row.system}`" for row in rows if not row.trained):
        parts.append(f"**{study}**: no clips in this profile, so skipped: {skipped}.")
    return parts


def _elsewhere(rows: list[Row]) -> str:
    """Say on which corpora the models of the table were tested besides."""
    found = sorted({row.metrics["cross_corpora"] for row in rows if "cross_corpora" in row.metrics})
    return f"; cross-corpus: {'; '.join(found).replace(',', ', ')}" if found else ""


def _table(rows: list[Row]) -> str:
    elsewhere = any("cross_corpora" in row.metrics for row in rows)
    dimensions = bool(rows[0].targets)
    if dimensions:
        scores, cross = _DIMENSIONS, _CROSS_PCC
    else:
        scores = [*_class_metrics(), _PUBLISHED, Column("difference", difference_text)]
        cross = _CROSS_UAR
    return _lines(rows, [_SYSTEM, *scores, *(cross if elsewhere else []), *_FACTS])


def _lines(rows: list[Row], columns: list[Column]) -> str:
    return "\n".join(
        [
            _table_line(column.title for column in columns),
            _table_line("--:" if column.number else "---" for column in columns),
            *(_table_line(column.cell(row) for column in columns) for row in rows),
        ]
    )


def _table_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _with_interval(row: Row, metric: Metric) -> str:
    keys = (metric.name, f"{metric.name}_low", f"{metric.name}_high")
    value, low, high = (metric.written(row.metrics[key]) for key in keys)
    return f"{value} ({low}–{high})"


def difference_text(row: Row) -> str:
    """Return ours less published, or why the two are not compared."""
    if row.compared and row.incomparable:
        return f"{MISSING} ({row.incomparable})"
    return step(row.difference) if row.targets else points(row.difference)


def published_text(row: Row) -> str:
    """Return the document's score, with its standard deviation, named where it is not the accuracy."""
    if row.targets:
        return _by_dimension(row.published, "ccc")
    sd = f" ± {percent(row.published_sd)}" if row.published_sd is not None else ""
    named = f" ({METRICS[row.compared].title})" if row.compared not in (None, "accuracy") else ""
    return percent(row.published_score) + sd + named


def _by_dimension(scores: Mapping[str, float | None], name: str) -> str:
    """Return a score of each dimension, in their usual order; one dash where there is none of them."""
    values = [scores.get(f"{name}_{dimension}") for dimension in DIMENSIONS]
    return MISSING if values == [None] * len(values) else coefficients(*values)


def _dimension(name: str) -> Column:
    return Column(f"CCC {name}", lambda row: coefficient(row.metrics.get(f"ccc_{name}")))


_SYSTEM = Column("system", lambda row: f"`{row.system}`", number=False)
_PRETRAINED = Column("pretrained", lambda row: yes_no(row.metrics["pretrained"]), number=False)
_NEW_SPEAKERS = Column(  # of the corpus's own parts it is not known
    "new speakers", lambda row: yes_no(None if row.official else row.new_speakers), number=False
)
_PUBLISHED = Column("published, %", published_text)
_CROSS_UAR = [
    Column("cross-corpus UAR, %", lambda row: percent(row.metrics.get("cross_uar"))),
    Column("published, %", lambda row: percent(row.published.get("cross_uar"))),
]
_MEAN_CCC = Column("mean CCC (95 % interval)", lambda row: _with_interval(row, METRICS["ccc"]))
_DIMENSIONS = [
    _MEAN_CCC,
    *map(_dimension, DIMENSIONS),
    Column("published, in that order", published_text),
    Column("difference of the means", difference_text),
]
_CROSS_PCC = [
    Column("cross-corpus PCC, in that order", lambda row: _by_dimension(row.metrics, "cross_pcc")),
    Column("published", lambda row: _by_dimension(row.published, "cross_pcc")),
]
_SHORT_DIMENSIONS = [
    _MEAN_CCC,
    Column("published, arousal / valence / dominance", published_text),
    _NEW_SPEAKERS,
]
_FACTS = [
    Column("protocol", lambda row: row.metrics["protocol"], number=False),
    Column("test clips", lambda row: count(row.metrics["n_test"])),
    Column("parameters", lambda row: count(row.metrics["parameters"])),
    _PRETRAINED,
]


def _class_metrics() -> list[Column]:
    """Return a column of each metric of classes that tables have, the first with its interval."""
    first, *others = (metric for metric in class_metrics() if metric.column)
    with_interval = Column(f"{first.heading} (95 % interval)", lambda row: _with_interval(row, first))
    return [with_interval, *map(_value, others)]


def _value(metric: Metric) -> Column:
    return Column(metric.heading, lambda row: metric.written(row.metrics[metric.name]))
