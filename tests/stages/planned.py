"""Plan files for the tests of the stages, from settings and without a look at the project's code."""

from pathlib import Path

from pipeline.config.params import Params
from pipeline.core.paths import code_path
from pipeline.core.tables import write_json
from pipeline.stages.code import FOLDERS
from pipeline.stages.plan import PLANNERS

PACKAGE = Path(__file__).resolve().parents[2] / "pipeline"


def write_code() -> None:
    """Write what the stage `code` does, each file's digest being its name."""
    for folder in FOLDERS:
        for file in (PACKAGE / folder).glob("[!_]*.py"):
            write_json(code_path(folder, file.stem), {f"pipeline/{folder}/{file.name}": file.stem})


def write_plans(params: Params, *stages: str) -> None:
    """Write the plans of some stages as the stage `plan` does."""
    write_code()
    planners = {planner.__name__.removeprefix("plan_"): planner for planner in PLANNERS}
    for stage in stages:
        planners[stage](params)
