"""One row a system: what was measured here beside what its document reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.settings import EMOTION

COMPARED = ("accuracy", "uar", "weighted_f1")  # the first of them that a document reports is compared


@dataclass(frozen=True)
class Row:
    """A system on the leaderboard.

    Attributes:
        system: Its name.
        metrics: As `evaluate` wrote them.
        published: What its document reports: scores, `sd` of some, `corpora` where a profile may have others,
            and `note` where a reader needs one.
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
    def targets(self) -> list[str]:
        """The dimensions that it predicts; none where it predicts classes."""
        return [] if self.metrics["targets"] == EMOTION else self.metrics["targets"].split(",")

    @property
    def main_score(self) -> str:
        """What systems of its kind are ordered by."""
        return "ccc" if self.targets else "accuracy"

    @property
    def compared(self) -> str | None:
        """The score by which the system is compared with its document, if the document reports one."""
        names = ("ccc",) if self.targets else COMPARED
        return next((name for name in names if self.published_value(name) is not None), None)

    @property
    def published_score(self) -> float | None:
        return self.published_value(self.compared) if self.compared else None

    @property
    def published_sd(self) -> float | None:
        """Standard deviation of the published score over the document's runs."""
        return self.published.get("sd", {}).get(self.compared)

    def published_value(self, name: str) -> float | None:
        """What its document reports as a score; a mean CCC that it does not print follows from those it does."""
        each = [f"ccc_{target}" for target in self.targets]
        if name == "ccc" and "ccc" not in self.published and self.published.keys() >= set(each):
            return sum(self.published[target] for target in each) / len(each)
        return self.published.get(name)

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
        if self.compared is None or self.published_score is None or self.incomparable:
            return None
        return self.metrics[self.compared] - self.published_score


def in_order(rows: list[Row], studies: list[str]) -> list[Row]:
    """Sort by study (in the order given), then classes before dimensions, the best main score first.

    Skipped systems come last, by name.
    """

    def key(row: Row) -> tuple[int, bool, bool, float, str]:
        score = row.metrics.get(row.main_score, 0.0)
        return studies.index(row.study), not row.trained, bool(row.targets), -score, row.system

    return sorted(rows, key=key)
