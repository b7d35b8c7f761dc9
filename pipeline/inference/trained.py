"""What there is to know of a trained system besides its weights: of the stages' outputs, or of an export."""

from functools import cache
from typing import Any, Literal

from pipeline.config.asr import Asr
from pipeline.config.base import Settings
from pipeline.config.ensembles import Ensemble
from pipeline.config.mistakes import nearest
from pipeline.config.plans import EnsemblePlan, SystemPlan, SystemPlans, load_plan
from pipeline.config.systems import AnySystem, SklearnSystem, TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.core.paths import TRAINED_GROUPS, group_dir, plan_path, trained_dir
from pipeline.core.tables import read_json
from pipeline.inference.calibration import Calibration, read_calibration
from pipeline.inference.facts import facts_of
from pipeline.inference.plans import TRANSCRIPTS, read_plans
from pipeline.inference.training_audio import TrainingAudio, training_audio

Model = tuple[int, int]  # seed and fold
NO_CLIPS = "{} is not trained: its study has no clips in the profile that was active"


class FeatureSet(Settings):
    """A feature set as a system reads it."""

    name: str
    kind: str
    reads: Literal["audio", "text"]
    settings: dict[str, Any]  # of its kind
    weights: Literal["published", "random"]  # of the network that makes embeddings


class Everyone(Settings):
    """What a model learnt from that was trained on all clips of its study, also on those that were tested."""

    clips: int
    speakers: int  # 0 where the corpora name none

    def in_words(self) -> str:
        """Say which clips they are."""
        return f"all {self.clips} clips" + (f" of {self.speakers} speakers" if self.speakers else "")


class Trained(Settings):
    """A trained system, or an ensemble of two."""

    name: str
    classes: list[str]
    settings: AnySystem | None  # None of an ensemble
    ensemble: Ensemble | None
    members: list["Trained"]  # of an ensemble
    feature_sets: dict[
        str, FeatureSet
    ]  # by slot: features, second; the words of transcripts are not among them
    reads_words: bool
    models: list[Model]
    everyone: Everyone | None = None  # None: each model is the one of its fold, which was tested
    asr: Asr | None  # of what reads text: how it is transcribed
    facts: dict[str, Any]  # none of a member
    audio: TrainingAudio | None  # None where it was trained on nothing that lies at hand
    calibration: (
        Calibration | None
    )  # None of a member: an ensemble joins what its members say as they were trained

    @property
    def parts(self) -> list["Trained"]:
        """The systems whose models read features: itself, or its members."""
        return self.members or [self]

    @property
    def model_settings(self) -> TorchSystem | SklearnSystem | None:
        """Settings of its own models, which of a stacked ensemble are networks; None of a mean, which has none."""
        if self.ensemble is None:
            return self.settings
        return self.ensemble.meta_learner if self.ensemble.method == "stacked" else None

    @property
    def reads_text(self) -> bool:
        """Whether somebody has to say what is said: a person, or Whisper."""
        sets = [feature_set for part in self.parts for feature_set in part.feature_sets.values()]
        return any(part.reads_words for part in self.parts) or any(one.reads == "text" for one in sets)

    @property
    def outputs(self) -> list[str]:
        """Classes or dimensions, in the order of the outputs."""
        settings = self.parts[0].settings
        if isinstance(settings, TorchSystem) and settings.regression:
            return list(settings.targets)
        return self.classes

    @property
    def by_speaker(self) -> bool:
        """Whether features are standardised by clips of the speaker who is asked about."""
        return isinstance(self.settings, SklearnSystem) and self.settings.standardise_by == "speaker"

    @property
    def kind(self) -> Literal["classes", "dimensions"]:
        return "classes" if self.outputs == self.classes else "dimensions"

    @property
    def calibrated(self) -> bool | None:
        """Whether its probabilities are calibrated; None of dimensions, which have none."""
        if self.kind == "dimensions":
            return None
        return self.calibration is not None and self.calibration.why_not is None


def trained_systems() -> list[str]:
    """Return the names of the systems that are trained, and of the ensembles whose members are, sorted."""
    folders = [trained_dir("x").parent, *map(group_dir, TRAINED_GROUPS)]
    found = sorted(path.parent.name for folder in folders for path in folder.glob("*/model.json"))
    return [name for name in found if _why_not(name) is None]


def read_trained(name: str) -> Trained:
    """Return what the stages left of a system.

    Raises:
        PipelineError: There is no such system, it is not trained, or it was trained by other settings.
    """
    if why := _why_not(name):
        raise PipelineError(why)
    return describe_trained(name, read_plans(name))


def describe_trained(name: str, plans: SystemPlans, *, member: bool = False) -> Trained:
    """Return what is known of a trained system.

    Args:
        name: Of the system.
        plans: What is planned of it.
        member: Whether it only serves an ensemble: how it did by itself then does not matter.
    """
    members = [describe_trained(one, planned, member=True) for one, planned in plans.members.items()]
    ensemble = plans.plan.ensemble if isinstance(plans.plan, EnsemblePlan) else None
    settings = plans.plan.system if isinstance(plans.plan, SystemPlan) else None
    own = plans.plan.system if isinstance(plans.plan, SystemPlan) else plans.plan.ensemble
    models = _models(name)
    if ensemble is not None and not models:
        models = [model for model in members[0].models if model[0] in ensemble.seeds]
    inputs = {"features": settings.features, "second": settings.second} if settings else {}
    return Trained(
        name=name,
        classes=plans.plan.classes,
        settings=settings,
        ensemble=ensemble,
        members=members,
        feature_sets={
            slot: _feature_set(one, plans) for slot, one in inputs.items() if one not in ("none", TRANSCRIPTS)
        },
        reads_words=TRANSCRIPTS in inputs.values(),
        models=models,
        asr=plans.asr,
        facts={} if member else facts_of(name, own.study, plans.evaluated),
        audio=members[0].audio if members else training_audio(own.study, own.variant, own.train_on),
        calibration=None if member else read_calibration(name),
    )


def _feature_set(name: str, plans: SystemPlans) -> FeatureSet:
    plan = plans.audio.get(name) or plans.text[name]
    reads: Literal["audio", "text"] = "audio" if name in plans.audio else "text"
    return FeatureSet(name=name, kind=plan.kind, reads=reads, settings=plan.settings, weights=plan.weights)


def _models(name: str) -> list[Model]:
    """Return the seed and fold of each model; none of a mean of two systems, which has no model of its own."""
    return [(model["seed"], model["fold"]) for model in read_json(trained_dir(name) / "model.json")["models"]]


def _why_not(name: str) -> str | None:
    """Return why a system cannot be asked, in words; None where it can."""
    if plan_path("external", name).exists():
        return f"{name} is made elsewhere: here are its predictions and no model"
    stage = "combine" if plan_path("combine", name).exists() else "train"
    if not plan_path(stage, name).exists():
        known = sorted(
            path.stem for kind in ("train", "combine") for path in plan_path(kind, "x").parent.glob("*")
        )
        listed = (
            "`python -m pipeline.predict --list` lists them" if known else "`dvc repro plan` makes them known"
        )
        return f"there is no system {name!r}{nearest(name, known)}, and no export of that name: {listed}"
    about = trained_dir(name) / "model.json"
    if not about.exists():
        return (
            f"{name} is not trained: `dvc repro {stage}@{name}` trains it, `make repro` all, `make tour` five"
        )
    facts = read_json(about)
    if facts.get("status") == "skipped":
        return NO_CLIPS.format(name)
    try:
        digest = _plan_digest(stage, name, plan_path(stage, name).stat().st_mtime_ns)
    except PipelineError as error:  # a plan of an older version
        return str(error)
    if facts["plan"] != digest:
        return f"{name} was trained by other settings or code than now: `dvc repro {stage}@{name}`"
    if stage == "combine":
        ensemble = load_plan(EnsemblePlan, stage, name).ensemble
        return _why_not(ensemble.first) or _why_not(ensemble.second)
    return None


@cache
def _plan_digest(stage: Literal["train", "combine"], name: str, _written: int) -> str:
    """Return the digest of a plan file, parsed once for each time it is written."""
    return load_plan(EnsemblePlan if stage == "combine" else SystemPlan, stage, name).digest
