"""What is planned of a trained system, put together from the plan files of the stages that made it."""

from typing import Literal

from pipeline.config.plans import (
    EnsemblePlan,
    EvaluatedSystem,
    EvaluatePlan,
    FeaturesPlan,
    SystemPlan,
    SystemPlans,
    TranscribePlan,
    load_plan,
)
from pipeline.core.paths import plan_path

TRANSCRIPTS = "transcripts"  # in place of a feature set: what is said, as words


def read_plans(name: str) -> SystemPlans:
    """Return what is planned of a system or an ensemble.

    Raises:
        PipelineError: A plan file is missing, or of an older version of the project.
    """
    evaluated = _evaluated(name)
    if not plan_path("combine", name).exists():
        return _read_system(name, evaluated)
    plan = load_plan(EnsemblePlan, "combine", name)
    members = {member: _read_system(member, None) for member in (plan.ensemble.first, plan.ensemble.second)}
    asr = next((one.asr for one in members.values() if one.asr), None)
    return SystemPlans(plan=plan, members=members, audio={}, text={}, asr=asr, evaluated=evaluated)


def _read_system(name: str, evaluated: EvaluatedSystem | None) -> SystemPlans:
    plan = load_plan(SystemPlan, "train", name)
    inputs = [plan.system.features, plan.system.second]
    sets: dict[Literal["features", "embed"], dict[str, FeaturesPlan]] = {"features": {}, "embed": {}}
    for feature_set in inputs:
        if feature_set not in ("none", TRANSCRIPTS):
            stage: Literal["features", "embed"] = (
                "features" if plan_path("features", feature_set).exists() else "embed"
            )
            sets[stage][feature_set] = load_plan(FeaturesPlan, stage, feature_set)
    reads_text = TRANSCRIPTS in inputs or bool(sets["embed"])
    return SystemPlans(
        plan=plan,
        members={},
        audio=sets["features"],
        text=sets["embed"],
        asr=load_plan(TranscribePlan, "transcribe").asr if reads_text else None,
        evaluated=evaluated,
    )


def _evaluated(name: str) -> EvaluatedSystem | None:
    if not plan_path("evaluate").exists():
        return None
    return load_plan(EvaluatePlan, "evaluate").systems.get(name)
