"""One row a system: what was measured here beside what its document reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.systems import EMOTION
from pipeline.evaluation.metrics import class_metrics, main_metric, rank_metric
from pipeline.splits.protocols import find_protocol


@dataclass(frozen=True)
class Row:
    """A system on the leaderboard.

    Attributes:
        system: Its name.
        metrics: All scores, as `evaluate` wrote them.
        published: What its document reports, as `Published.flat` returns it.
        run: How it was trained, on whatever machine it was (run.json); empty where it was skipped.
        split: How its study is cut, as `protocol` in params.yaml names it.
        shares: Of its clips that it trains on, validates on and is tested on.
        deduplicated: Whether copies of a clip were taken out before that.
        knows_speakers: Whether it was trained on speakers it is tested on, though its protocol does not say so.
        speaker_standardised: Whether it knows unlabelled clips of those whom it is tested on.
    """

    system: str
    metrics: Mapping[str, Any]
    published: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    split: str = "stratified"
    shares: Mapping[str, float] = field(default_factory=dict)
    deduplicated: bool = False
    knows_speakers: bool = False
    speaker_standardised: bool = False

    @property
    def new_speakers(self) -> bool:
        """Whether it is tested on speakers that it was not trained on."""
        return bool(find_protocol(self.split).new_speakers) and not self.knows_speakers

    @property
    def official(self) -> bool:
        """Whether the corpus says itself what is tested, and no speaker is known to be on both sides."""
        return find_protocol(self.split).new_speakers is None and not self.knows_speakers

    @property
    def reads(self) -> list[str]:
        """The feature sets that it reads; none where it was skipped or done elsewhere."""
        settings = self.run.get("settings", {})
        return [settings[key] for key in ("features", "second") if settings.get(key, "none") != "none"]

    @property
    def seconds(self) -> float | None:
        """Training took this long; None where it was skipped or done elsewhere."""
        return self.run.get("seconds")

    @property
    def memory_mb(self) -> int | None:
        """The training process's largest resident size, MiB."""
        return self.run.get("host", {}).get("peak_memory_mb")

    @property
    def device(self) -> str | None:
        """What it was trained on, such as "cpu"."""
        return self.run.get("host", {}).get("device")

    @property
    def trustworthy(self) -> bool:
        """Whether its score says how it does on people never heard: new speakers, and no copy on both sides.

        One that knows unlabelled clips of a speaker does not know nothing of him.
        """
        return self.new_speakers and self.deduplicated and not self.speaker_standardised

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
        """What documents mostly report of systems of its kind."""
        return main_metric(bool(self.targets)).name

    @property
    def rank_score(self) -> str:
        """What systems of its kind are ordered and tested by: UAR counts a rare class as much as a frequent one."""
        return rank_metric(bool(self.targets)).name

    @property
    def score(self) -> float:
        """The value that it is ordered by."""
        return self.metrics[self.rank_score]

    @property
    def compared(self) -> str | None:
        """The first metric that its document reports, by which the two are compared; None where it reports none."""
        names = [self.main_score] if self.targets else [metric.name for metric in class_metrics()]
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
        if protocol is not None and not self.cut_as(protocol["name"], protocol.get("shares")):
            return "other protocol"
        corpora = self.published.get("corpora")
        if corpora is not None and set(corpora) != set(self.metrics["corpora"].split(",")):
            return "other corpora"
        return None

    def cut_as(self, protocol: str, shares: Mapping[str, float] | None) -> bool:
        """Tell whether its clips are split by a protocol into such shares, where any are stated."""
        return self.split == protocol and (shares is None or self.shares == shares)

    @property
    def difference(self) -> float | None:
        """Ours less published; None where either is missing or they must not be compared."""
        if self.compared is None or self.published_score is None or self.incomparable:
            return None
        return self.metrics[self.compared] - self.published_score


def in_order(rows: list[Row], studies: list[str]) -> list[Row]:
    """Sort by study (in the order given), then classes before dimensions, the best UAR or mean CCC first.

    Those standardised by speaker come after the others of their study, and skipped ones last, by name.
    """

    def key(row: Row) -> tuple[int, bool, bool, bool, float, str]:
        score = row.score if row.trained else 0.0
        apart = (not row.trained, bool(row.targets), row.speaker_standardised)
        return studies.index(row.study), *apart, -score, row.system

    return sorted(rows, key=key)
