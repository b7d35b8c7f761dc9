"""What all trained models on disk share: names, and a JSON file that says what the weights hash to."""

import hashlib
from pathlib import Path
from typing import Any

from pipeline.config.systems import TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.core.tables import read_json, write_json


def networks_of(system: TorchSystem) -> dict[str, list[str]]:
    """Return the networks that are trained for each seed and fold: their targets, by the name of each.

    One for all targets has the name ""; networks of one dimension each are called by it.
    """
    if system.joint or not system.regression:
        return {"": list(system.targets)}
    return {target: [target] for target in system.targets}


def file_stem(seed: int, fold: int, network: str = "") -> str:
    """Return the name, without suffix, of one model's files; `network` as `networks_of` calls it."""
    return f"seed{seed}_fold{fold}" + (f"_{network}" if network else "")


def write_description(weights: Path, seed: int, fold: int, facts: dict[str, Any]) -> None:
    """Write the JSON file beside a file of weights.

    Args:
        weights: The file, already written.
        seed: The model's.
        fold: The model's.
        facts: All that is needed to load the weights, and what else is worth knowing.
    """
    about = {"seed": seed, "fold": fold, "weights": weights.name, "sha256": _sha256(weights), **facts}
    write_json(weights.with_suffix(".json"), about)


def read_description(folder: Path, seed: int, fold: int, network: str = "") -> tuple[Path, dict[str, Any]]:
    """Return the file of weights, once its hash is right, and the description.

    Raises:
        PipelineError: A file is missing, or the weights are not the ones that were saved.
    """
    about = read_json(folder / f"{file_stem(seed, fold, network)}.json")
    weights = folder / about["weights"]
    if not weights.exists() or _sha256(weights) != about["sha256"]:
        raise PipelineError(
            f"{weights} is missing, or not what was trained: `dvc checkout {folder}` or `dvc repro {folder}`"
        )
    return weights, about


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
