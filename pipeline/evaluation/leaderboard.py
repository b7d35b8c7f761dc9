"""One row a system: what was measured here beside what its document reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

COMPARED = ("accuracy", "uar", "weighted_f1")  # the first of them that a document reports is compared


@dataclass(frozen=True)
class Row:
    """A system on the leaderboard.

    Attributes:
        system: Its name.
        metrics: As `evaluate` wrote them.
        published: What its document reports: scores (fractions), `corpora` where a profile may have
            others, and `note` where a reader needs one.
        seconds: Training took this long, on whatever machine it was; None where it was skipped.
    """

    system: str
    metrics: Mapping[str, Any]
    published: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None

    @property
    def trained(self) -> bool:
        return self.metrics["status"] == "trained"

    @property
    def study(self) -> str:
        return self.metrics["study"]

    @property
    def synthetic(self) -> bool:
        return self.metrics["synthetic"]

    @property
    def compared(self) -> str | None:
        """The score by which the system is compared with its document, if the document reports one."""
        return next((name for name in COMPARED if self.published.get(name) is not None), None)

    @property
    def published_score(self) -> float | None:
        return self.published[self.compared] if self.compared else None

    @property
    def incomparable(self) -> str | None:
        """Why the system's score must not be held against the published one; None where it may."""
        if not self.trained:
            return "skipped"
        if self.synthetic:
            return "synthetic speech"
        protocol = self.published.get("protocol")
        if protocol is not None and not self.metrics["protocol"].startswith(protocol):
            return "other protocol"
        corpora = self.published.get("corpora")
        if corpora is not None and set(corpora) != set(self.metrics["corpora"].split(",")):
            return "other corpora"
        return None

    @property
    def difference(self) -> float | None:
        """Ours less published; None where either is missing or they must not be compared."""
        if self.compared is None or self.incomparable:
            return None
        return self.metrics[self.compared] - self.published[self.compared]


def in_order(rows: list[Row], studies: list[str]) -> list[Row]:
    """Sort by study (in the order given), then the best accuracy first; skipped systems last, by name."""

    def key(row: Row) -> tuple[int, bool, float, str]:
        return studies.index(row.study), not row.trained, -row.metrics.get("accuracy", 0.0), row.system

    return sorted(rows, key=key)
