"""What a person should know of a system before believing it: from its plan and from its scores."""

from typing import Any

from pipeline.config.plans import EvaluatedSplit, EvaluatedSystem
from pipeline.core.paths import evaluated_dir, metrics_path, split_counts_path
from pipeline.core.tables import read_csv, read_json

SCORES = ("uar", "ccc")  # the one that speaks for a system: of classes, of dimensions


def facts_of(system: str, study: str, evaluated: EvaluatedSystem | None) -> dict[str, Any]:
    """Return what a system was trained on, how it was tested, and how well it did; what is not known is None.

    Args:
        system: Its name.
        study: Whose clips.
        evaluated: What it is evaluated on; None where that is not known.

    Returns:
        `study`, `corpora` (names), `protocol` (in words), `synthetic`, `new_speakers` (nobody who was tested was
        trained on), `random_weights`, and `score`: `name`, `value`, and `low` and `high` of its 95 % interval.
    """
    scores = _scores(system, study)
    about = evaluated.about if evaluated else {}
    name = next((name for name in SCORES if name in scores), None)
    ends = {"value": "", "low": "_low", "high": "_high"}
    score = {"name": name, **{key: scores.get(f"{name}{end}") for key, end in ends.items()}} if name else None
    return {
        "study": study,
        "corpora": [corpus for corpus in about.get("corpora", "").split(",") if corpus],
        "protocol": about.get("protocol"),
        "synthetic": about.get("synthetic"),
        "new_speakers": new_speakers(evaluated.split) if evaluated else None,
        "random_weights": scores.get("random_weights"),
        "score": score,
    }


def new_speakers(split: EvaluatedSplit) -> bool | None:
    """Tell whether nobody who is tested was trained on, by the counts of the split, or else as it promises."""
    counts = split_counts_path(split.study, split.variant)
    if split.new_speakers is False or not counts.exists():
        return split.new_speakers
    from pipeline.splits.known_speakers import known_speakers

    return known_speakers(read_csv(counts), split.train_on).empty


def _scores(system: str, study: str) -> dict[str, Any]:
    evaluated, short = evaluated_dir(system) / "scores.json", metrics_path(system, study)
    if evaluated.exists():
        return read_json(evaluated)
    return read_json(short).get(system, {}) if short.exists() else {}
