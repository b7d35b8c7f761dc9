"""What the systems ran on: versions, device, commit, seconds, each with the number of systems it holds for."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.report.leaderboard import Row

SHORT_COMMIT = 10


@dataclass(frozen=True)
class Fact:
    """Something of a run, and its values: each with the number of systems, the commonest first."""

    name: str
    values: list[tuple[str, int]]


def run_facts(rows: Iterable[Row]) -> list[Fact]:
    """Gather what the run records say; systems may come from several runs, so a fact may have several values."""
    hosts = [(row.run, row.run["host"]) for row in rows if "host" in row.run]
    packages = dict.fromkeys(name for _, host in hosts for name in host["packages"])
    columns: dict[str, list[Any]] = {
        "commit": [_short(run["commit"]) for run, _ in hosts],
        "device": [host["device"] for _, host in hosts],
        "machine": [f"{host['machine']}, {host['cores']} cores" for _, host in hosts],
        "threads": [host.get("threads") for _, host in hosts],
        "Python": [host["python"] for _, host in hosts],
        **{name: [host["packages"].get(name) for _, host in hosts] for name in packages},
    }
    counted = [
        (name, Counter(str(value) for value in values if value is not None))
        for name, values in columns.items()
    ]
    return [Fact(name, counts.most_common()) for name, counts in counted if counts]


def _short(commit: str | None) -> str:
    return "outside a repository" if commit is None else commit[:SHORT_COMMIT]
