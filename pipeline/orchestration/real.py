"""From nothing to an exported system that learnt from real speech: RAVDESS, and the features of Whisper's encoder.

The stages run as in `dvc repro` of the profile `ravdess`, cut down to one study and one system, in a folder of
their own: what params.yaml, dvc.lock and data/ say of the demo stays as it is. Audio, row caches and weights are
shared.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from pipeline.config.cut_down import write_cut_down
from pipeline.core.errors import PipelineError
from pipeline.core.paths import real_export_dir
from pipeline.orchestration.progress import clock_time

PROFILE, CORPUS = "ravdess", "ravdess"
SYSTEM = f"new_speakers_{CORPUS}_encoder_compare"
FEATURE_SETS = ("whisper_base_blocks", "compare_functionals")
LINKED, COPIED = ("pipeline",), ("results", "dvc.yaml")


def train_and_export(root: Path) -> Path:
    """Train the system and write its export; return the export's folder.

    Args:
        root: Of the project.

    Raises:
        PipelineError: A step failed, and said why.
    """
    export = root / real_export_dir()
    folder = export.parent
    _prepare(root, folder)
    environment = {
        **os.environ,
        "SER_CACHE": os.environ.get("SER_CACHE") or str(root / "data" / "cache"),
        "PYTHONPATH": str(root),
    }
    started = time.monotonic()
    steps = [("stage", *step) for step in _stages()]
    for number, step in enumerate(steps, 1):
        print(
            f"[{number}/{len(steps)} steps, {clock_time(time.monotonic() - started)}] {' '.join(step[1:])}",
            flush=True,
        )
        _run(step, folder, environment)
    shutil.rmtree(export, ignore_errors=True)
    _run(("export", SYSTEM, str(export)), folder, environment)
    print(f"{SYSTEM} is in {export}, after {clock_time(time.monotonic() - started)}.", flush=True)
    return export


def _stages() -> list[tuple[str, ...]]:
    features = [(stage, name) for stage in ("features", "store") for name in FEATURE_SETS]
    head = [("code",), ("plan",), ("index", CORPUS), ("deduplicate",), ("filter",), ("split",), ("clips",)]
    return [*head, *features, ("train", SYSTEM), ("evaluate",)]


def _prepare(root: Path, folder: Path) -> None:
    """Lay the project out once more in a folder, with parameters of one study."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in LINKED:
        link = folder / name
        if not link.exists():
            link.symlink_to(root / name)
    for name in COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, dirs_exist_ok=True)
        else:
            shutil.copy2(source, folder / name)
    write_cut_down(root, folder, PROFILE, "new_speakers", [CORPUS])


def _run(command: tuple[str, ...], folder: Path, environment: dict[str, str]) -> None:
    module, *arguments = command
    line = [sys.executable, "-m", f"pipeline.{module}", *arguments]
    if status := subprocess.call(line, cwd=folder, env=environment):
        raise PipelineError(
            f"`{' '.join(arguments)}` ended with status {status} (see above); what is done is kept: run it again"
        )
