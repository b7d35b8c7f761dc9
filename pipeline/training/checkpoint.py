"""Checkpoints: a run that is killed goes on from its last one and ends with the weights it would have had.

They lie in the cache folder, below a digest of all that decides the result, so that a change of settings,
data or code starts anew. A finished seed keeps its checkpoint until the whole system is done.
"""

import hashlib
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import pipeline.config
import pipeline.core
import pipeline.models
import pipeline.pretrained
import pipeline.training
from pipeline.config.systems import TorchSystem
from pipeline.core.code import file_digest as source_file_digest
from pipeline.core.own_files import clear_partial, distrust, written_whole
from pipeline.core.paths import cache_dir
from pipeline.core.row_cache import digest
from pipeline.models.registry import families
from pipeline.pretrained.take import find_weights, weights_digest

SECONDS_BETWEEN = (
    15.0  # a kill costs at most this much work, and small models do not spend their time on saving
)


class Checkpoint:
    """One training run's file.

    Args:
        path: The file; its folder is made.
        seconds_between: Least time between two saves; 0 saves after each epoch.
    """

    def __init__(self, path: Path, seconds_between: float = SECONDS_BETWEEN) -> None:
        self.path = path
        self.seconds_between = seconds_between
        self._saved_at = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """Return the state that was saved, on the CPU whatever it was on.

        None where there is none, or a damaged one, which is set aside: the run then begins anew.
        """
        if not self.path.exists():
            return None
        try:
            with zipfile.ZipFile(self.path) as archive:
                if damaged := archive.testzip():  # checksums, which torch writes and does not look at
                    raise zipfile.BadZipFile(f"the checksum of {damaged} is another")
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            if not isinstance(state, dict):
                raise TypeError(f"it holds a {type(state).__name__}")
        except Exception as error:  # noqa: BLE001 -- there is no saying what reading garbage raises
            distrust(self.path, error)
            return None
        return state

    def save(self, state: Callable[[], dict[str, Any]], *, now: bool) -> None:
        """Write a state atomically, if it is time.

        Args:
            state: Called only where something is written.
            now: Whatever the time.
        """
        if not now and time.monotonic() - self._saved_at < self.seconds_between:
            return
        clear_partial(self.path.parent)
        with written_whole(self.path) as partial:
            torch.save(state(), partial)
        self._saved_at = time.monotonic()


def checkpoint_folder(name: str, system: TorchSystem, data_key: str) -> Path:
    """Return the folder of a system's checkpoints under one digest of settings, data and code.

    Args:
        name: The system's.
        system: Its settings, resolved for the profile.
        data_key: Digest of the data.
    """
    settings = system.model_dump(exclude={"seeds", "small"})  # what no single model depends on
    weights = file_digest(str(system.weights), f"systems.{name}.weights") if system.pretrained else None
    key = digest([settings, data_key, weights, code_digest(system.model)])
    return cache_dir() / "checkpoints" / name / key


def file_digest(weights: str, where: str = "weights") -> str:
    """Return a digest of published weights, a file or a folder: the same name may come to mean others."""
    return weights_digest(find_weights(weights, where))


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a system that is done."""
    shutil.rmtree(folder, ignore_errors=True)


def code_digest(model: str) -> str:
    """Return a digest of the source that trains, of what it rests on and of one family: the code's version."""
    packages = (pipeline.core, pipeline.config, pipeline.pretrained, pipeline.training, pipeline.models)
    files = [file for package in packages for file in sorted(Path(package.__path__[0]).glob("*.py"))]
    others = [Path(pipeline.models.__path__[0], f"{name}.py") for name in families() if name != model]
    text = "\n".join(source_file_digest(file) for file in files if file not in others)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
