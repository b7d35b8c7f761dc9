"""Compare whole epochs of training with the usual way of writing them; see `benchmarks.epoch_ways` for the ways.

Each way trains in a process of its own, so that its memory is its own. They take turns, an epoch each, so that
whatever else the machine does strikes all; the ratio is the median over turns, and above 1 ours is faster. The
losses of all ways are compared, since a ratio between different trainings would mean nothing.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.epoch_ways import SYSTEMS, System, clip_ids, file_path, store_path
from pipeline.features.shards import shard_schema, write_shard

IMAGE_WAYS = ["images0", "images2", "images2 plain"]
TENSOR_WAYS = ["tensors0", "tensors2", "tensors2 plain"]
SAME = 0.01  # relative difference of a loss: rounding grows over the steps of an epoch


def compare(names: list[str], repeats: int) -> None:
    """Print a table for each system."""
    for name in names:
        system = SYSTEMS[name]
        with tempfile.TemporaryDirectory() as folder:
            write_files(system, Path(folder))
            ways = ["ours", *TENSOR_WAYS, *(IMAGE_WAYS if system.dtype == "uint8" else [])]
            rows = take_turns(ways, name, Path(folder), repeats)
        print(f"\n{name}: an epoch of {system.n_train} + {system.n_val} clips, {_threads()} threads")
        print(f"{'':16} {'s':>8} {'CPU s':>8} {'times':>7} {'CPU':>6} {'MiB':>6} {'+ worker':>8}")
        for way in ways:
            print(_line(way, rows[way], rows["ours"]))
            _check(name, way, rows[way][0]["losses"], rows["ours"][0]["losses"])


def write_files(system: System, folder: Path) -> None:
    """Draw clips and write them as a store, as a .pt file a clip and, pictures, as a PNG file a clip."""
    n_clips = system.n_train + system.n_val
    generator = np.random.default_rng(0)
    clips = generator.normal(size=(n_clips, *system.shape)).astype(np.float32)
    clips += system.labels.numpy().reshape(-1, 1, 1) / 8
    pictures = system.dtype == "uint8"
    if pictures:
        clips = (96 + 24 * clips).clip(0, 255).astype(np.uint8)
    rows = [(name, "", clip) for name, clip in zip(clip_ids(system), clips, strict=True)]
    write_shard(store_path(folder), rows, shard_schema(clips.dtype, None))
    (folder / "files").mkdir()
    for i, clip in enumerate(clips):
        torch.save(torch.from_numpy(clip).float(), file_path(folder, i, ".pt"))
        if pictures:
            Image.fromarray(clip).save(file_path(folder, i, ".png"))
    axes = None if pictures else (0, 1)
    training = clips[: system.n_train].astype(np.float64)
    scale = [
        torch.as_tensor(value, dtype=torch.float32) for value in (training.mean(axes), training.std(axes))
    ]
    torch.save(tuple(scale), folder / "scale.pt")


def take_turns(ways: list[str], name: str, folder: Path, repeats: int) -> dict[str, list[dict[str, Any]]]:
    """Let each way train an epoch, again and again; return what each epoch took, by way."""
    environment = {"OMP_WAIT_POLICY": "passive", **os.environ}  # as the train stage: who waits, waits quietly
    children = {
        way: subprocess.Popen(
            [sys.executable, "-m", "benchmarks.epoch_ways", way, name, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for way in ways
    }
    rows: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    try:
        for child in children.values():
            _answer(child)
        for _ in range(repeats + 1):  # the first epoch warms up
            for way, child in children.items():
                rows[way].append(_ask(child))
    finally:
        for child in children.values():
            child.kill()
            child.communicate()
    return rows


def _ask(child: subprocess.Popen) -> dict[str, Any]:
    child.stdin.write("\n")
    child.stdin.flush()
    return _answer(child)


def _answer(child: subprocess.Popen) -> dict[str, Any]:
    line = child.stdout.readline()
    if not line:
        raise RuntimeError("a way of training ended; its error stands above")
    return json.loads(line)


def _line(way: str, rows: list[dict[str, Any]], ours: list[dict[str, Any]]) -> str:
    rows, ours = rows[1:], ours[1:]
    ratios = {
        key: median(a[key] / b[key] for a, b in zip(rows, ours, strict=True)) for key in ("seconds", "cpu")
    }
    took = [median(row[key] for row in rows) for key in ("seconds", "cpu")]
    last = rows[-1]
    worker = f"{last['worker_mb']:8d}" if last["worker_mb"] else ""
    return (
        f"{way:16} {took[0]:8.2f} {took[1]:8.2f} {ratios['seconds']:7.2f} {ratios['cpu']:6.2f} "
        f"{last['peak_mb']:6d} {worker}"
    )


def _check(name: str, way: str, losses: list[float], expected: list[float]) -> None:
    """Compare training losses, and those of validation where the sums have the same order: it grows there."""
    compared = 1 if way.endswith("plain") else 2
    if not np.allclose(losses[:compared], expected[:compared], rtol=SAME):
        raise RuntimeError(f"{name}: the losses of {way} are {losses}, ours {expected}")


def _threads() -> str:
    return os.environ.get("SER_THREADS") or os.environ.get("OMP_NUM_THREADS") or str(torch.get_num_threads())
