"""Computes the features of many clips in parallel, each clip once: rows are cached by content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from pipeline.audio.reading import load_mono
from pipeline.core.errors import PipelineError
from pipeline.core.parallel import batched, parallel_batches, scheduler
from pipeline.core.row_cache import RowCache, digest
from pipeline.features import transforms
from pipeline.features.extractor import Extractor
from pipeline.features.registry import load_kind

CLIPS_A_TASK = 4
CLIPS_A_DASK_TASK = 16  # a task costs Dask about 3 ms, as much as features of a clip
CLIPS_A_BATCH = 32  # stored together: what a kill may cost, besides the tasks in hand


@dataclass(frozen=True)
class Clip:
    """What features are computed from.

    Attributes:
        path: Audio file.
        transform: What makes an augmented copy of it, such as "noise=0.0050@42"; None for the clip itself.
        noise: File of the recorded noise that the transform names.
    """

    path: Path
    transform: str | None = None
    noise: Path | None = None


def clip_key(audio_hash: str, transform: str | None = None) -> str:
    """Name a clip by its content, and an augmented copy also by what makes it."""
    return audio_hash if transform is None else f"{audio_hash}#{transform}"


def content_of(key: str) -> str:
    """Return the `audio_hash` in a clip's key."""
    return key.partition("#")[0]


def row_key(key: str) -> str:
    """Name a clip in caches and shards: a copy also by the version of the code that makes it."""
    return f"{key}@{digest(transforms.version())}" if "#" in key else key


def compute_features(
    extractor: Extractor, clips: Mapping[str, Clip], *, description: str
) -> tuple[dict[str, np.ndarray], int]:
    """Return the features of clips, computing those that no earlier run has.

    Vectors that stand one behind the other in a row are looked for, and kept, apart: sets share them.

    Args:
        extractor: What computes them.
        clips: By `clip_key`.
        description: Text of the progress bar.

    Returns:
        Features by the same keys, and how many of the clips had to be computed now.
    """
    found = [_compute_part(part, clips, description) for part in extractor.parts()]
    n_computed = max(n_missing for _, n_missing in found)
    if len(found) == 1:
        return found[0]
    return {key: np.concatenate([rows[key] for rows, _ in found]) for key in clips}, n_computed


def _compute_part(
    extractor: Extractor, clips: Mapping[str, Clip], description: str
) -> tuple[dict[str, np.ndarray], int]:
    cache = RowCache(f"features/{extractor.kind}", extractor.digest())
    names = {key: row_key(key) for key in clips}
    rows = cache.get_many(names.values())
    missing = [(key, clip) for key, clip in clips.items() if names[key] not in rows]
    batches = batched(missing, CLIPS_A_DASK_TASK if scheduler() else CLIPS_A_TASK)
    computed = parallel_batches(
        partial(extract_batch, extractor=extractor),
        batches,
        description=description,
        backend=load_kind(extractor.kind).BACKEND,
    )
    named = (
        {names[key]: {"values": values} for (key, _), values in zip(batch, arrays, strict=True)}
        for batch, arrays in zip(batches, computed, strict=True)
    )
    for fresh in cache.store(named, CLIPS_A_BATCH):
        rows.update(fresh)
    return {key: rows[name]["values"] for key, name in names.items()}, len(missing)


def extract_batch(batch: Sequence[tuple[str, Clip]], *, extractor: Extractor) -> list[np.ndarray]:
    """Compute the features of clips with their keys, in a worker."""
    if "torch" in load_kind(extractor.kind).LIBRARIES:
        _use_one_torch_thread()
    return [
        extract_file(clip.path, extractor, transform=clip.transform, key=key, noise=clip.noise)
        for key, clip in batch
    ]


def extract_file(
    path: Path,
    extractor: Extractor,
    *,
    transform: str | None = None,
    key: str | None = None,
    noise: Path | None = None,
) -> np.ndarray:
    """Read a file and compute its features; what is wrong with it is told with its path.

    Args:
        path: Audio file.
        extractor: What computes them.
        transform: Applied at the features' sample rate.
        key: The clip's `clip_key`: its sound has to be what the key says, and what is random about a transform
            comes of it. None asks for no particular sound.
        noise: File of the recorded noise that the transform names.

    Raises:
        PipelineError: The file cannot be read, is not what was indexed, or has no such features.
    """
    rate = extractor.settings.sample_rate
    wave = load_mono(path, rate, key and content_of(key))
    try:
        if transform is not None:
            mixed = None if noise is None else _noise(noise, rate, transforms.parse(transform).noise)
            wave = transforms.apply(wave, rate, transform, key=key or "", noise=mixed)
        return extractor.extract(wave)
    except PipelineError as error:
        raise PipelineError(f"{path}: {error}") from error


@lru_cache(maxsize=8)  # recordings of noise are long, and many copies are mixed with each
def _noise(path: Path, rate: int, expected_hash: str | None) -> np.ndarray:
    return load_mono(path, rate, expected_hash)


def _use_one_torch_thread() -> None:
    """Leave the cores to the workers: torch's own threads would fight them and change the last bits."""
    import torch

    torch.set_num_threads(1)
