"""The run record: what varies from run to run, kept apart so that metrics are the same bytes each time."""

import os
import platform
import resource
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pandas as pd

from pipeline.config.ensembles import Ensemble
from pipeline.config.external import External
from pipeline.config.systems import System
from pipeline.core.parallel import worker_count
from pipeline.training.outcome import Outcome

PACKAGES = ("numpy", "pandas", "scikit-learn", "torch", "transformers")


def run_record(system: System | Ensemble, outcomes: list[Outcome], seconds: float) -> dict[str, Any]:
    """Describe a finished training.

    Args:
        system: Its settings, resolved for the profile.
        outcomes: One a seed and fold.
        seconds: Wall clock of the whole stage, loading included.
    """
    return {
        "status": "trained",
        "commit": git_commit(),
        "seconds": seconds,
        "runs": [{"seed": o.seed, "fold": o.fold, **o.record} for o in outcomes],
        "host": describe_host(),
        "settings": system.model_dump(exclude={"small"}),
    }


def external_record(
    external: External, sha256: str, predictions: pd.DataFrame, ignored: list[str]
) -> dict[str, Any]:
    """Describe predictions that were made elsewhere.

    Args:
        external: Their settings.
        sha256: Of their file.
        predictions: As they were taken in.
        ignored: Columns of the file that are not read.
    """
    return {
        "status": "external",
        "commit": git_commit(),
        "sha256": sha256,
        "ignored_columns": ignored,
        "runs": predictions[["seed", "split_seed", "fold"]].drop_duplicates().to_dict("records"),
        "settings": external.model_dump(),
    }


def describe_host() -> dict[str, Any]:
    """Return the versions, processor and memory of this process; of torch only if it has been imported."""
    about: dict[str, Any] = {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "machine": platform.machine(),
        "simd": os.environ.get("ATEN_CPU_CAPABILITY", "native"),
        "cores": os.cpu_count(),
        "workers": worker_count(),
        "peak_memory_mb": peak_memory_mb(),
        "device": "cpu",
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        about["threads"] = torch.get_num_threads()
        if torch.cuda.is_initialized():
            about["device"] = torch.cuda.get_device_name()
            about["peak_device_memory_mb"] = round(torch.cuda.max_memory_allocated() / 2**20)
    return about


def peak_memory_mb() -> int:
    """Return the largest resident size of this process so far, MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))  # bytes on macOS, KiB elsewhere


def git_commit() -> str | None:
    """Return the commit that is checked out, None outside a repository or before the first commit."""
    try:
        command = ["git", "rev-parse", "--verify", "HEAD"]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
