"""A run of several stages with a warm process behind it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.core.errors import PipelineError
from pipeline.core.paths import DATA, TRAINED_GROUPS

WARM_SECONDS = 300  # that the warm process has to import its libraries: 10 s, or minutes on a busy machine
FEW = 24  # stages, for which neither many libraries in a warm process pay off, nor several `dvc repro` side by side
LEAVES = (
    "train",
    *TRAINED_GROUPS,
    "combine",
    "external",
    "evaluate",
    "represent",
    "analyse",
    "report",
)  # little follows


def require_dvc() -> None:
    """Raise where there is no `dvc` to run."""
    if shutil.which("dvc") is None:
        raise PipelineError("there is no dvc: activate the environment (. .venv/bin/activate), or use make")


@contextmanager
def warm_process(*, few: bool = False) -> Iterator[dict[str, str]]:
    """Start a process that has the libraries imported; yield the environment by which stages find it.

    For few stages it imports only what nearly all of them need.
    Where the platform cannot pass streams between processes, or `$SER_WARM` is "off", there is none.
    """
    if os.environ.get("SER_WARM") == "off" or not hasattr(os, "fork"):
        yield {"SER_WARM": ""}
        return
    with TemporaryDirectory(prefix="ser") as folder:
        address = Path(folder) / "warm"
        command = [sys.executable, "-m", "pipeline.warm", str(address), *(["few"] if few else [])]
        process = subprocess.Popen(command)
        try:
            _wait_for(address, process)
            yield {"SER_WARM": str(address)}
        finally:
            process.terminate()
            process.wait()


def _wait_for(address: Path, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + WARM_SECONDS
    while not address.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise PipelineError(
                "the process that keeps the libraries imported did not start (see above): SER_WARM=off does without"
            )
        time.sleep(0.05)


def few_to_run(changed: Sequence[str]) -> bool:
    """Tell whether few stages will run: few have a plan at all, or leaves have changed."""
    n_planned = sum(1 for _ in (DATA / "plan").rglob("*.json"))
    leaves = all(name.partition("@")[0] in LEAVES for name in changed)
    return 0 < n_planned <= FEW or (leaves and len(changed) <= FEW)


def missing_files() -> Iterator[str]:
    """Say which files of predictions made elsewhere are missing: of these, DVC says [Errno 2] alone."""
    for path in sorted((DATA / "plan" / "external").glob("*.json")):
        file = json.loads(path.read_text("utf-8"))["external"]["file"]
        if not Path(file).is_file():
            yield (
                f"params.yaml: external.{path.stem}.file: {file} is not there: put it back, or take "
                f"external.{path.stem} out of params.yaml"
            )


def changed_stages(*targets: str) -> list[str]:
    """Return the stages that have changed; what only follows from another one's run is not among them.

    Asked of `dvc status`: a dry run stops at the first stage whose dependencies another one has yet to write.
    """
    command = ["dvc", "--wait-for-lock", "status", "--json", *targets]
    status = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return list(json.loads(status.stdout))
