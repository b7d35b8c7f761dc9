"""From nothing to systems that learnt from real speech, for speakers whom they never heard.

The stages run as in `dvc repro` of the profile `published`, or of one that is called as the corpus is, cut down to
one corpus and its study of new speakers, in a folder of their own: what params.yaml, dvc.lock and data/ say of the
demo stays as it is. Audio, row caches and weights are shared. Nothing is run for other corpora and studies: `dvc
repro` visits each of two hundred stages, if only to find that the profile does without it.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline.config.cut_down import write_cut_down
from pipeline.core.errors import PipelineError
from pipeline.core.paths import DATA, plan_path, real_export_dir, report_dir
from pipeline.orchestration.progress import clock_time

Steps = Sequence[tuple[str, ...]]
PROFILE, STUDY = "published", "new_speakers"
BEST = "encoder_speeds"  # of those on RAVDESS that need no clips of the tested speaker
TO_PLAN = ("code", "plan")
HEAD = ("deduplicate", "filter", "split", "clips")
FOR_REPORT = ("explore", "transcribe")


def train_and_export(root: Path, corpus: str) -> Path:
    """Train the best system on a corpus and write its export, which the application then asks by default.

    It is tested as in the leaderboard, and what is exported is trained once more, on all speakers.

    Args:
        root: Of the project.
        corpus: That the template `new_speakers` has labels for.

    Returns:
        The export's folder.

    Raises:
        PipelineError: A step failed, and said why.
    """
    system, export = f"{STUDY}_{corpus}_{BEST}", root / real_export_dir()
    started = time.monotonic()
    head = [("index", corpus), *((stage,) for stage in HEAD)]
    folder = _run_all(root, corpus, [PROFILE], [system], head, [("train", system), ("evaluate",)])
    shutil.rmtree(export, ignore_errors=True)
    _run(("export", system, str(export), "--everyone"), folder, _environment(root))
    print(f"{system} is in {export}, after {clock_time(time.monotonic() - started)}.", flush=True)
    return export


def leaderboard(root: Path, corpus: str) -> Path:
    """Train and evaluate the systems of the template on a corpus, and write the report; return its folder.

    They are those of the profile that is called as the corpus is, where there is one, and else all.
    """
    head = [("index", corpus), *((stage,) for stage in (*HEAD, *FOR_REPORT))]
    last = [("train_group", STUDY), *((stage,) for stage in ("evaluate", "analyse", "report"))]
    return _run_all(root, corpus, [corpus, PROFILE], None, head, last) / report_dir()


def _run_all(
    root: Path,
    corpus: str,
    profiles: list[str],
    systems: list[str] | None,
    head: Steps,
    last: Steps,
) -> Path:
    """Run stages one after the other in the corpus's folder, and return that.

    Args:
        root: Of the project.
        corpus: Whose.
        profiles: The first of them that there is is in force.
        systems: Whose features are needed; None for those of all systems of the study.
        head: The stages before the features.
        last: The stages behind them.
    """
    folder = root / DATA / "real" / corpus
    _prepare(root, folder, corpus, profiles)
    started = time.monotonic()
    for stage in TO_PLAN:
        _run(("stage", stage), folder, _environment(root))
    sets = _feature_sets(folder, systems)
    features = [(stage, name) for stage in ("features", "store") for name in sets]
    steps = [*head, *features, *last]
    for number, step in enumerate(steps, 1):
        passed = clock_time(time.monotonic() - started)
        print(f"[{number}/{len(steps)} steps, {passed}] {' '.join(step)}", flush=True)
        _run(("stage", *step), folder, _environment(root))
    return folder


def _feature_sets(folder: Path, systems: list[str] | None) -> list[str]:
    """Return the feature sets that systems of the study read, as `plan` has written it down."""
    planned = json.loads((folder / plan_path("train_group", STUDY)).read_text("utf-8"))["systems"]
    chosen = [one["system"] for name, one in planned.items() if systems is None or name in systems]
    return sorted({one[slot] for one in chosen for slot in ("features", "second")} - {"none"})


def _environment(root: Path) -> dict[str, str]:
    cache = os.environ.get("SER_CACHE") or str(root / DATA / "cache")
    return {**os.environ, "SER_CACHE": cache, "PYTHONPATH": str(root)}


def _prepare(root: Path, folder: Path, corpus: str, profiles: list[str]) -> None:
    """Lay the project out once more in a folder, with parameters of one study."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "pipeline").exists():
        (folder / "pipeline").symlink_to(root / "pipeline")
    shutil.copytree(root / "results", folder / "results", dirs_exist_ok=True)
    write_cut_down(root, folder, profiles, STUDY, [corpus])


def _run(command: tuple[str, ...], folder: Path, environment: dict[str, str]) -> None:
    module, *arguments = command
    line = [sys.executable, "-m", f"pipeline.{module}", *arguments]
    if status := subprocess.call(line, cwd=folder, env=environment):
        raise PipelineError(
            f"`{' '.join(arguments)}` ended with status {status} (see above); what is done is kept: run it again"
        )
