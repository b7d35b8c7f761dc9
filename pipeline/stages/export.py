"""Write a trained system into a folder to be taken elsewhere, which `dvc artifacts get` fetches.

What lies in the folder: see `pipeline.inference.exported`. Where the active profile has no clips of the system's
study, a README.md says so.
"""

import logging
import time

from pipeline.config.plans import ExportPlan, load_plan
from pipeline.core.paths import export_dir
from pipeline.inference.export import write_planned

log = logging.getLogger(__name__)


def main(system: str) -> None:
    started = time.perf_counter()
    plan = load_plan(ExportPlan, "export", system)
    export = write_planned(system, plan, export_dir(system))
    if export is None:
        log.info("export %s: nothing to export, its study has no clips in this profile", system)
        return
    log.info(
        "export %s: %d model(s)%s, %.1f s",
        *(system, len(export.trained.models), " and as ONNX" * plan.onnx, time.perf_counter() - started),
    )
