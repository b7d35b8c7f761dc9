"""What a person should know of a system before believing it: from its plan and from its scores."""

from typing import Any

from pipeline.config.plans import EvaluatePlan, SplitPlan, load_plan
from pipeline.core.paths import evaluated_dir, metrics_path, plan_path
from pipeline.core.tables import read_json

SCORES = ("uar", "ccc")  # the one that speaks for a system: of classes, of dimensions


def facts_of(system: str, study: str, variant: str) -> dict[str, Any]:
    """Return what a system was trained on, how it was tested, and how well it did; what is not known is None.

    Args:
        system: Its name.
        study: Whose clips.
        variant: Of the study's splits.

    Returns:
        `study`, `corpora` (names), `protocol` (in words), `synthetic`, `new_speakers`, `random_weights`, and
        `score`: `name`, `value`, and `low` and `high` of its 95 % interval.
    """
    about = _about(system)
    scores = _scores(system)
    name = next((name for name in SCORES if name in scores), None)
    score = (
        {"name": name, **{key: scores.get(f"{name}{end}") for key, end in _ENDS.items()}} if name else None
    )
    return {
        "study": study,
        "corpora": [corpus for corpus in about.get("corpora", "").split(",") if corpus],
        "protocol": about.get("protocol"),
        "synthetic": about.get("synthetic"),
        "new_speakers": _new_speakers(study, variant),
        "random_weights": scores.get("random_weights"),
        "score": score,
    }


_ENDS = {"value": "", "low": "_low", "high": "_high"}


def _about(system: str) -> dict[str, Any]:
    if not plan_path("evaluate").exists():
        return {}
    systems = load_plan(EvaluatePlan, "evaluate").systems
    return systems[system].about if system in systems else {}


def _scores(system: str) -> dict[str, Any]:
    paths = (evaluated_dir(system) / "scores.json", metrics_path(system))
    return next((read_json(path) for path in paths if path.exists()), {})


def _new_speakers(study: str, variant: str) -> bool | None:
    if not plan_path("split").exists():
        return None
    from pipeline.splits.protocols import find_protocol

    split = load_plan(SplitPlan, "split").studies.get(study, {}).get(variant)
    return find_protocol(split.protocol).new_speakers if split else None
