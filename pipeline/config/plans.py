"""What the stage `plan` writes for every other stage, which read it in place of params.yaml.

A change anywhere else in params.yaml leaves a stage's file as it is, and so runs nothing of it. Each file holds
the digest of the code that its stage runs, too: DVC does not follow imports, and a stage then has one dependency
for its settings and its code. DVC parses params.yaml once for each stage that names parameters, and writes all
dependencies into dvc.lock after every stage: with a hundred systems that took longer than training the small ones.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ConfigDict, ValidationError

from pipeline.config.app import App
from pipeline.config.asr import Asr
from pipeline.config.base import Settings
from pipeline.config.corpora import AnyCorpus
from pipeline.config.ensembles import Ensemble
from pipeline.config.external import External
from pipeline.config.mistakes import describe, nearest
from pipeline.config.splits import SplitSettings
from pipeline.config.studies import Curation, StudyClips
from pipeline.config.systems import AnySystem
from pipeline.core.errors import PipelineError
from pipeline.core.paths import plan_path


class Plan(Settings):
    """What every stage is told."""

    code: str  # digest of the code that the stage runs

    @property
    def digest(self) -> str:
        """Of all that it says, code included, hexadecimal."""
        return hashlib.md5(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()


class IndexPlan(Plan):
    """A corpus, and whether the active profile uses it."""

    left_out_by: str | None  # the profile that does without it; None where it is needed
    settings: AnyCorpus


class DeduplicatePlan(Plan):
    """All corpora of the active profile."""

    corpora: list[str]


class FilteredStudy(StudyClips):
    """A study's clips, and its corpora in the active profile."""

    corpora: list[str]


class FilterPlan(Plan):
    """How the clips of each study are chosen."""

    profile: str
    studies: dict[str, FilteredStudy]


class SplitPlan(Plan):
    """All splits of each study by variant, "main" first."""

    studies: dict[str, dict[str, SplitSettings]]
    noise: str | None = None  # folder, see the profile


class PictureSettings(Settings):
    """What the pictures of a study begin with, where single clips are drawn; other settings are passed over."""

    model_config = ConfigDict(extra="ignore")

    sample_rate: int
    peak_normalise: bool
    trim_top_db: float | None
    seconds: float | None
    padding: Literal["zero", "repeat"]
    align: Literal["start", "center"]


class ExploredStudy(Settings):
    """What is drawn of a study."""

    corpora: list[str]
    labels: dict[str, dict[str, str | None]]
    curation: Curation
    examples: PictureSettings | None = None  # of single clips, where they are drawn


class ExplorePlan(Plan):
    """The corpora and studies that are described."""

    corpora: list[str]
    studies: dict[str, ExploredStudy]  # those with corpora


class ClipsPlan(Plan):
    """The corpora behind each feature set that is made of audio, and behind the transcripts."""

    feature_sets: dict[str, list[str]]
    transcripts: list[str]


class TranscribePlan(Plan):
    """Where text comes from, and how Whisper decodes."""

    asr: Asr
    gold_corpora: list[str]  # whose own texts are read


class FeaturesPlan(Plan):
    """A feature set as the active profile computes it."""

    kind: str
    corpora: list[str]
    settings: dict[str, Any]  # of its kind
    weights: Literal["published", "random"]  # of the network that makes embeddings

    def where(self, name: str) -> str:
        """Return the key in params.yaml that errors name."""
        return f"feature_sets.{name}"


class StoredStudy(Settings):
    """The corpora of a study, and the splits that a feature set is complete for."""

    corpora: list[str]
    variants: list[str]


class StorePlan(Plan):
    """What a feature set, or the transcripts, is complete for."""

    studies: dict[str, StoredStudy]
    noise: str | None = None  # folder, see the profile


class SystemPlan(Plan):
    """A system as the active profile trains it."""

    classes: list[str]
    corpora: list[str]  # of its study
    system: AnySystem  # its `small` settings taken in or dropped


class GroupPlan(Plan):
    """The systems that one stage trains, each with its own plan."""

    systems: dict[str, SystemPlan]


class EnsemblePlan(Plan):
    """An ensemble as the active profile makes it."""

    classes: list[str]
    ensemble: Ensemble


class ExternalPlan(Plan):
    """Predictions made elsewhere."""

    classes: list[str]
    external: External


class EvaluatedSplit(Settings):
    """Who is trained on and tested, as a system's settings say."""

    study: str
    variant: str
    train_on: list[str]
    protocol: str
    new_speakers: bool | None  # what the protocol says of those who are tested


class EvaluatedSystem(Settings):
    """What a system is evaluated on, and the digest of the plan that it has to be trained by."""

    about: dict[str, Any]  # see `pipeline.splits.describe`
    plan: str
    split: EvaluatedSplit


class EvaluatePlan(Plan):
    """All that is scored."""

    systems: dict[str, EvaluatedSystem]


class SystemPlans(Settings):
    """All that is planned of a system that is asked about recordings."""

    plan: SystemPlan | EnsemblePlan
    members: dict[str, "SystemPlans"]  # of an ensemble
    audio: dict[str, FeaturesPlan]  # feature sets that it reads, by name: of sound
    text: dict[str, FeaturesPlan]  # and of what is said
    asr: Asr | None  # None where it reads no text
    evaluated: EvaluatedSystem | None  # None of a member


class ExportPlan(Plan):
    """A trained system that is written down to be taken elsewhere."""

    onnx: bool
    plans: SystemPlans


class StressPlan(Plan):
    """A trained system whose test clips are changed."""

    seed: int
    most_clips: int | None
    plans: SystemPlans
    split: EvaluatedSplit  # whose training part a babble is made of


class RepresentPlan(Plan):
    """The inner representations of a system that are drawn."""

    names: list[str]
    plan: SystemPlan


class AuditedSplit(Settings):
    """The split of a system that shows what a leak is worth."""

    variant: str
    train_on: list[str]


class PermutedSystem(Settings):
    """A system whose families of features are permuted."""

    seed: int
    repeats: int
    plans: SystemPlans


class AnalysePlan(Plan):
    """What is held against what."""

    systems: dict[str, str]  # study by system
    ways: dict[str, str]  # by system, how it is tested: the best is that of each way
    baselines: dict[str, list[str]]
    pairs: dict[str, list[str]]  # held against each other besides, across ways
    audit: dict[str, dict[str, str]]  # system by title and case
    splits: dict[str, AuditedSplit]  # of the audited systems
    importances: dict[str, PermutedSystem]
    cross_corpora: dict[str, bool]  # those of the matrix: whether they are synthetic


class ReportedSystem(Settings):
    """What the report says of a system besides its scores."""

    study: str
    protocol: str
    shares: dict[str, float]  # of its clips that it trains on, validates on and is tested on
    deduplicated: bool
    speaker_standardised: bool


class ReportPlan(Plan):
    """What the report shows."""

    profile: str
    asr_source: str
    gold_corpora: list[str]
    corpora: list[str]  # of the active profile
    studies: dict[str, list[str]]  # all, in order, and their corpora in the active profile
    systems: dict[str, ReportedSystem]
    stressed: list[str]  # of them
    audit: dict[str, dict[str, str]]


class AppPlan(App):
    """What the application is told: it is no stage, and no digest of its code stands here."""


AnyPlan = TypeVar("AnyPlan", bound=Settings)


def write_plan(plan: Settings, stage: str, name: str | None = None) -> None:
    """Write settings as they are: `write_json` rounds numbers."""
    path = plan_path(stage, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plan.model_dump(), indent=2) + "\n", "utf-8")


def load_plan(kind: type[AnyPlan], stage: str, name: str | None = None) -> AnyPlan:
    """Read what `plan` wrote for a stage, or for one of its items.

    Raises:
        PipelineError: There is no such file, or it is of an older version of the project.
    """
    path = plan_path(stage, name)
    if not path.exists():
        raise PipelineError(f"{_absent(path, name)}: `dvc repro plan`")
    try:
        return kind.model_validate(json.loads(path.read_text("utf-8")))
    except ValidationError as error:
        raise PipelineError(f"{path}: {describe(error, '', kind)}: `dvc repro plan`") from error


def _absent(path: Path, name: str | None) -> str:
    if name is None:
        return f"{path} is not there, because the stage `plan` has not run"
    planned = [file.stem for file in path.parent.glob("*.json")]
    return (
        f"{path} is not there: {name!r} is not in params.yaml{nearest(name, planned)}, or the stage `plan` has not "
        "run since"
    )
