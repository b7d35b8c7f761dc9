"""What the stage `plan` writes for each system, and `train` and `evaluate` read in place of params.yaml.

A change anywhere else in params.yaml leaves a system's file as it is, and so runs nothing of it. DVC parses
params.yaml once for each stage that names parameters, and writes all their values into dvc.lock after every stage:
with a hundred systems that took longer than the training of the small ones.
"""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.config.mistakes import describe
from pipeline.config.settings import AnySystem, Ensemble, Settings
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ensemble_plan_path, system_plan_path

Plan = TypeVar("Plan", bound=Settings)


class SystemPlan(Settings):
    """A system as the active profile trains it."""

    classes: list[str]
    corpora: list[str]  # of its study
    system: AnySystem  # its `small` settings taken in or dropped


class EnsemblePlan(Settings):
    """An ensemble as the active profile makes it."""

    classes: list[str]
    ensemble: Ensemble


def write_plan_file(path: Path, content: dict[str, Any]) -> None:
    """Write settings as they are: `write_json` rounds numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def load_system_plan(name: str) -> SystemPlan:
    """Read what `plan` wrote for a system.

    Raises:
        PipelineError: There is no such file, or it is of an older version of the project.
    """
    return _load(SystemPlan, system_plan_path(name), name)


def load_ensemble_plan(name: str) -> EnsemblePlan:
    """Read what `plan` wrote for an ensemble; errors as `load_system_plan`."""
    return _load(EnsemblePlan, ensemble_plan_path(name), name)


def _load(kind: type[Plan], path: Path, name: str) -> Plan:
    if not path.exists():
        raise PipelineError(
            f"{path} is not there: {name!r} is not in params.yaml, or the stage `plan` has not run since: "
            "`dvc repro plan`"
        )
    try:
        return kind.model_validate(json.loads(path.read_text("utf-8")))
    except ValidationError as error:
        raise PipelineError(f"{path}: {describe(error, '', kind)}: `dvc repro plan`") from error
