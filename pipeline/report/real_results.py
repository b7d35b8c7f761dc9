"""Results on real corpora that were measured elsewhere and kept: what a run of the demo shows beside its own.

results/real.json is a list of records, one a system and way of testing it, written by hand from the outputs of the
command that each names. All keys stand in every record; null says that a value is not known.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, ValidationError, model_validator

from pipeline.config.base import Seed, Settings
from pipeline.config.mistakes import describe, nearest
from pipeline.core.errors import PipelineError
from pipeline.core.tables import read_json
from pipeline.corpora.contract import adapter_names
from pipeline.splits.protocols import PROTOCOLS, find_protocol

PATH = Path("results/real.json")
Fraction = Annotated[float, Field(ge=0, le=1)]


class RealResult(Settings):
    """A measurement, and how it came about.

    Attributes:
        system: As params.yaml names it; so are the study and the protocol.
        study: Whose clips and classes.
        train_corpus: Trained on; several with commas between them.
        test_corpus: Tested on, the same way.
        audio: The publisher's bytes, or transcoded ones.
        protocol: Its name, then the shares of training, validation and test where it has them.
        folds: Test parts of one split.
        condition: What was not as the system, study and protocol say; null: nothing.
        new_speakers: Whether it is tested on speakers that it was not trained on.
        speaker_standardised: Whether features were standardised by each speaker's own clips, tested ones too.
        seeds: Of the splits; scores are means over them.
        n_test: Clips tested.
        accuracy: 0 to 1, like all scores here.
        uar: Unweighted average recall.
        weighted_f1: F1, each class weighted by its clips.
        sd: Standard deviation of the accuracy over splits.
        low: Lower end of the accuracy's 95 % interval.
        high: Upper end.
        uar_low: Lower end of the UAR's 95 % interval; these three may be left out.
        uar_high: Upper end.
        uar_fold_sd: Standard deviation of the UAR over the folds of a split.
        seconds: Training took, all splits and folds together.
        machine: Cores and GPU.
        precision: Of a network's sums; null of what is no network.
        commit: Of this project.
        date: YYYY-MM-DD.
        command: What was run at that commit.
        note: What else a reader has to know.
    """

    system: str
    study: str
    train_corpus: str
    test_corpus: str
    audio: Literal["publisher", "transcoded"] | None
    protocol: str
    folds: PositiveInt | None
    condition: str | None
    new_speakers: bool | None
    speaker_standardised: bool | None
    seeds: Annotated[list[Seed], Field(min_length=1)]
    n_test: PositiveInt | None
    accuracy: Fraction
    uar: Fraction | None
    weighted_f1: Fraction | None
    sd: NonNegativeFloat | None
    low: Fraction | None
    high: Fraction | None
    uar_low: Fraction | None = None
    uar_high: Fraction | None = None
    uar_fold_sd: NonNegativeFloat | None = None
    seconds: NonNegativeFloat | None
    machine: str | None
    precision: Literal["float32", "bf16"] | None
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{7,40}$")] | None
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None
    command: str
    note: str | None

    @property
    def protocol_name(self) -> str:
        """The protocol without its shares."""
        return self.protocol.partition(" ")[0]

    @property
    def setting(self) -> tuple[Any, ...]:
        """What tells one record of a system from another."""
        corpora = (self.train_corpus, self.test_corpus, self.audio)
        how = (self.protocol, self.condition, self.speaker_standardised, self.precision)
        return (self.system, *corpora, *how, *self.seeds)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for key, corpora in (("train_corpus", self.train_corpus), ("test_corpus", self.test_corpus)):
            for name in corpora.split(","):
                _check_name(name, adapter_names(), key, "corpus")
        _check_name(self.protocol_name, PROTOCOLS, "protocol", "protocol")
        return self

    @model_validator(mode="after")
    def _protocol_fits_new_speakers(self) -> Self:
        known = find_protocol(self.protocol_name).new_speakers
        if known is not None and self.new_speakers not in (None, known):
            raise ValueError(
                f"new_speakers is {self.new_speakers}, which protocol {self.protocol_name} contradicts"
            )
        return self

    @model_validator(mode="after")
    def _intervals_hold_their_scores(self) -> Self:
        _check_interval("", "accuracy", self.accuracy, self.low, self.high)
        _check_interval("uar_", "uar", self.uar, self.uar_low, self.uar_high)
        return self


def _check_interval(
    prefix: str, name: str, score: float | None, low: float | None, high: float | None
) -> None:
    if (low is None) != (high is None):
        raise ValueError(f"{prefix}low is {low} and {prefix}high is {high}; expected both or neither")
    if low is not None and high is not None and (score is None or not low <= score <= high):
        raise ValueError(f"{name} is {score}, outside its interval {low} to {high}")


def _check_name(name: str, known: Collection[str], key: str, what: str) -> None:
    if name not in known:
        raise ValueError(f"{key}: unknown {what} {name!r}{nearest(name, known)}; known: {', '.join(known)}")


def read_real_results(path: Path = PATH) -> list[RealResult]:
    """Return the records; none where there is no such file.

    Raises:
        PipelineError: The file is not a list of such records, or has one twice.
    """
    if not path.exists():
        return []
    values = read_json(path)
    if not isinstance(values, list):
        raise PipelineError(f"{path}: expected a list of records, came {type(values).__name__}")
    records: dict[tuple[Any, ...], RealResult] = {}
    for number, value in enumerate(values, start=1):
        record = _read_record(value, number, path)
        if record.setting in records:
            raise PipelineError(
                f"{path}: record {number} ({record.system}): there is one of the same corpora, protocol, "
                "condition and seeds already; remove the older, or say under `condition` how they differ"
            )
        records[record.setting] = record
    return list(records.values())


def _read_record(value: Any, number: int, path: Path) -> RealResult:
    system = value.get("system") if isinstance(value, dict) else None
    try:
        return RealResult.model_validate(value)
    except ValidationError as error:
        where = f"record {number} ({system})" if system else f"record {number}"
        raise PipelineError(f"{path}: {describe(error, where, RealResult)}") from error
