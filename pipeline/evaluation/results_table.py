"""The results as Markdown, for the README: one table a study, nothing that varies from run to run."""

from collections.abc import Iterable
from itertools import groupby

from pipeline.evaluation.formats import MISSING, SCORE_NAMES, count, percent, points, yes_no
from pipeline.evaluation.leaderboard import Row

SYNTHETIC_WARNING = "Synthetic corpus: these scores say nothing about emotion in people."
_COLUMNS = {  # title: alignment
    "system": "---",
    "accuracy, % (95 % interval)": "--:",
    "UAR, %": "--:",
    "published, %": "--:",
    "difference": "--:",
    "protocol": "---",
    "test clips": "--:",
    "parameters": "--:",
    "pretrained": "---",
}


def results_markdown(rows: Iterable[Row], profile: str) -> str:
    """Return the tables of all studies.

    Args:
        rows: Systems, those of one study next to each other.
        profile: Name of the profile they were trained in.
    """
    rows = list(rows)
    parts = [f"Profile `{profile}`."]
    if any(row.synthetic for row in rows):
        parts.append(f"> **{SYNTHETIC_WARNING}**")
    parts += [_study_table(study, list(group)) for study, group in groupby(rows, key=lambda row: row.study)]
    return "\n\n".join(parts) + "\n"


def _study_table(study: str, rows: list[Row]) -> str:
    trained = [row for row in rows if row.trained]
    skipped = ", ".join(f"`{row.system}`" for row in rows if not row.trained)
    parts = []
    if trained:
        parts.append(f"**{study}** ({trained[0].metrics['corpora'].replace(',', ', ')})")
        parts.append(
            "\n".join([_table_line(_COLUMNS), _table_line(_COLUMNS.values()), *map(_system_line, trained)])
        )
    if skipped:
        parts.append(f"**{study}**: no clips in this profile, so skipped: {skipped}.")
    return "\n\n".join(parts)


def _system_line(row: Row) -> str:
    metrics = row.metrics
    accuracy, low, high = (percent(metrics[name]) for name in ("accuracy", "accuracy_low", "accuracy_high"))
    return _table_line(
        [
            f"`{row.system}`",
            f"{accuracy} ({low}–{high})",
            percent(metrics["uar"]),
            published_text(row),
            difference_text(row),
            metrics["protocol"],
            count(metrics["n_test"]),
            count(metrics["parameters"]),
            yes_no(metrics["pretrained"]),
        ]
    )


def _table_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def difference_text(row: Row) -> str:
    """Return ours less published, or why the two are not compared."""
    if row.compared and row.incomparable:
        return f"{MISSING} ({row.incomparable})"
    return points(row.difference)


def published_text(row: Row) -> str:
    """Return the document's score, named where it is not the accuracy."""
    named = f" ({SCORE_NAMES[row.compared]})" if row.compared not in (None, "accuracy") else ""
    return percent(row.published_score) + named
