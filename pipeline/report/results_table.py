"""The results of a run as Markdown: every system and column; nothing that varies from run to run.

A study has a table for each set of corpora, classes and dimensions apart, because their columns differ.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import groupby

from pipeline.config.systems import DIMENSIONS
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
from pipeline.report.markdown import Column, markdown_table

SYNTHETIC_WARNING = "Synthetic corpus: these scores say nothing about emotion in people."


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
    for reason in dict.fromkeys(row.metrics["reason"] for row in rows if not row.trained):
        skipped = [f"`{row.system}`" for row in rows if not row.trained and row.metrics["reason"] == reason]
        parts.append(f"**{study}**: skipped, since {reason}: {', '.join(skipped)}.")
    return parts


def _elsewhere(rows: list[Row]) -> str:
    """Say on which corpora the models of the table were tested besides."""
    found = sorted({row.metrics["cross_corpora"] for row in rows if "cross_corpora" in row.metrics})
    return f"; cross-corpus: {'; '.join(found).replace(',', ', ')}" if found else ""


def _table(rows: list[Row]) -> str:
    elsewhere = any("cross_corpora" in row.metrics for row in rows)
    dimensions = bool(rows[0].targets)
    scores, cross = (_DIMENSIONS, _CROSS_PCC) if dimensions else (_class_scores(), _CROSS_UAR)
    return markdown_table(rows, [_SYSTEM, *scores, *(cross if elsewhere else []), *_FACTS])


def _class_scores() -> list[Column[Row]]:
    """Return the columns of scores of classes: the metrics that tables have, the first with its interval."""
    first, *others = (metric for metric in class_metrics() if metric.column)
    return [
        Column(f"{first.heading} (95 % interval)", partial(_with_interval, first)),
        *(Column(metric.heading, partial(_value, metric)) for metric in others),
        Column("published, %", published_text),
        Column("difference", difference_text),
    ]


def _value(metric: Metric, row: Row) -> str:
    return metric.written(row.metrics[metric.name])


def _with_interval(metric: Metric, row: Row) -> str:
    low, high = (metric.written(row.metrics[f"{metric.name}_{end}"]) for end in ("low", "high"))
    return f"{_value(metric, row)} ({low}–{high})"


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


def _dimension(name: str) -> Column[Row]:
    return Column(f"CCC {name}", lambda row: coefficient(row.metrics.get(f"ccc_{name}")))


_SYSTEM: Column[Row] = Column("system", lambda row: f"`{row.system}`", number=False)
_CROSS_UAR: list[Column[Row]] = [
    Column("cross-corpus UAR, %", lambda row: percent(row.metrics.get("cross_uar"))),
    Column("published, %", lambda row: percent(row.published.get("cross_uar"))),
]
_DIMENSIONS: list[Column[Row]] = [
    Column("mean CCC (95 % interval)", partial(_with_interval, METRICS["ccc"])),
    *map(_dimension, DIMENSIONS),
    Column("published, in that order", published_text),
    Column("difference of the means", difference_text),
]
_CROSS_PCC: list[Column[Row]] = [
    Column("cross-corpus PCC, in that order", lambda row: _by_dimension(row.metrics, "cross_pcc")),
    Column("published", lambda row: _by_dimension(row.published, "cross_pcc")),
]
_PRETRAINED: Column[Row] = Column("pretrained", lambda row: yes_no(row.metrics["pretrained"]), number=False)
_FACTS: list[Column[Row]] = [
    Column("protocol", lambda row: row.metrics["protocol"], number=False),
    Column("test clips", lambda row: count(row.metrics["n_test"])),
    Column("parameters", lambda row: count(row.metrics["parameters"])),
    _PRETRAINED,
]
