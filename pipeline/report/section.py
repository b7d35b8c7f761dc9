"""A system's section of the report, which comes from the cache where nothing of what it shows has changed.

Reading what is known of a hundred systems and writing it took most of a report's time, and few change at a time.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.core.paths import (
    analysis_dir,
    evaluated_dir,
    history_path,
    plots_dir,
    representations_dir,
    stress_dir,
    trained_dir,
)
from pipeline.core.tree import hash_file
from pipeline.report.leaderboard import Row
from pipeline.report.system_detail import LISTS, Analysis, Detail, read_detail

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Section:
    """The section of a trained system.

    Attributes:
        row: Its row on the leaderboard.
        key: All that decides what the section says.
        read: Reads what is known of the system.
    """

    row: Row
    key: Any
    read: Callable[[], Detail]


def sections_of(rows: Iterable[Row], analysis: Analysis, stressed: Sequence[str], code: str) -> list[Section]:
    """Return the sections of those systems that are trained, in their order.

    Args:
        rows: Of the leaderboard.
        analysis: Tables of all systems.
        stressed: The systems that params.yaml lists below `stress`.
        code: Digest of the code that writes the report.
    """
    tables = [_by_system(table) for table in (analysis.significance, analysis.listed, analysis.score_changes)]
    templates = [hash_file(path)[0] for path in sorted(TEMPLATES.glob("*.j2"))]
    found = []
    for row in rows:
        if row.trained:
            shown = {
                "represented": is_represented(row.system),
                "stressed": row.system in stressed and is_stressed(row.system),
            }
            files = {path.as_posix(): hash_file(path)[0] for path in _files(row.system, **shown)}
            own = [table[row.system] for table in tables]
            key = [code, templates, dataclasses.asdict(row), shown, own, files]
            found.append(Section(row, key, partial(read_detail, row, analysis, **shown)))
    return found


def _by_system(table: pd.DataFrame) -> defaultdict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for record in table.to_dict("records"):
        found[record["system"]].append(record)
    return found


def _files(system: str, *, represented: bool, stressed: bool) -> Iterator[Path]:
    """Yield the files that a section is made of; its pictures are drawn anew, and not read."""
    yield from sorted([*evaluated_dir(system).rglob("*.csv"), *plots_dir(system).glob("*.csv")])
    yield from (history_path(system), trained_dir(system) / "model.json")
    listed = [analysis_dir() / name / f"{system}.csv" for name in (*LISTS, "families")]
    yield from (path for path in listed if path.exists())
    yield from sorted((analysis_dir() / "change" / system).glob("*.csv"))
    if represented:
        folder = representations_dir(system)
        yield from sorted([*folder.glob("*.csv"), folder / "silhouettes.json"])
    if stressed:
        yield stress_dir(system) / "stress.json"


def is_represented(system: str) -> bool:
    """Tell whether the stage `represent` has drawn a system."""
    return (representations_dir(system) / "silhouettes.json").exists()


def is_stressed(system: str) -> bool:
    """Tell whether the stage `stress` has run for a system."""
    return (stress_dir(system) / "stress.json").exists()
