"""Computes the features of many clips in parallel, each clip once: rows are cached by content."""

import importlib.metadata
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from pipeline.core.audio import load_mono
from pipeline.core.errors import PipelineError
from pipeline.core.parallel import batched, parallel_map
from pipeline.core.row_cache import RowCache, digest
from pipeline.features.registry import load_kind

DECODERS = ("soundfile", "soxr")  # libraries that stand before every kind of feature
CLIPS_A_TASK = 4
CLIPS_A_BATCH = 32  # stored together: what a kill may cost, besides the tasks in hand


def compute_features(
    kind_name: str, settings: BaseModel, files: Mapping[str, Path], *, description: str
) -> tuple[dict[str, np.ndarray], int]:
    """Return the features of clips, computing those that no earlier run has.

    Args:
        kind_name: Which kind, a module of `pipeline.features`.
        settings: The kind's settings.
        files: Audio file by content hash, which is the key of the cache.
        description: Text of the progress bar.

    Returns:
        Features by content hash, and how many of them were computed now.
    """
    kind = load_kind(kind_name)
    cache = RowCache(f"features/{kind_name}", settings_digest(kind_name, settings))
    rows = {key: row["values"] for key, row in cache.get_many(files).items()}
    missing = [key for key in files if key not in rows]
    if missing and "torch" in kind.LIBRARIES and kind.BACKEND == "threads":
        _use_one_torch_thread()
    results = parallel_map(
        partial(extract_file, kind_name=kind_name, settings=settings),
        [files[key] for key in missing],
        description=description,
        backend=kind.BACKEND,
        batch_size=CLIPS_A_TASK,
    )
    for keys in batched(missing, CLIPS_A_BATCH):
        batch = dict(zip(keys, results, strict=False))
        cache.put_many({key: {"values": values} for key, values in batch.items()})
        rows |= batch
    return rows, len(missing)


def settings_digest(kind_name: str, settings: BaseModel) -> str:
    """Name what decides a feature's value besides the clip: settings, code and library versions."""
    kind = load_kind(kind_name)
    libraries = {name: importlib.metadata.version(name) for name in (*DECODERS, *kind.LIBRARIES)}
    bare = {name: version.partition("+")[0] for name, version in libraries.items()}  # 2.13.0+cpu is 2.13.0
    return digest(
        {"kind": kind_name, "settings": settings.model_dump(), "code": kind.VERSION, "libraries": bare}
    )


def extract_file(path: Path, *, kind_name: str, settings: BaseModel) -> np.ndarray:
    """Read a file and compute its features; what is wrong with it is told with its path."""
    wave = load_mono(path, settings.sample_rate)  # type: ignore[attr-defined]
    try:
        return load_kind(kind_name).extract(wave, settings=settings)
    except PipelineError as error:
        raise PipelineError(f"{path}: {error}") from error


def _use_one_torch_thread() -> None:
    """Leave the cores to the workers: torch's own threads would fight them and change the last bits."""
    import torch

    torch.set_num_threads(1)
