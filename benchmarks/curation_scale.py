"""Time and memory of deduplicating, filtering and splitting very many utterances, and how many copies are found.

The utterances are made up: the indexes of several corpora and a params.yaml in a folder of their own, where each
stage runs as a process of its own, as under DVC.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from pipeline.core.paths import duplicates_path, index_facts_path, index_path
from pipeline.core.schemas import INDEX
from pipeline.core.tables import read_table, write_json, write_table
from pipeline.corpora.contract import load_adapter
from pipeline.curation.duplicates import NONE
from pipeline.curation.fingerprint import BITS, HOP, PAUSE, RATE, to_bytes
from pipeline.curation.health import corpus_health
from pipeline.curation.library import PARTS, keys_of
from pipeline.curation.near import near_pairs

ROOT = Path(__file__).parents[1]
STUDY = "multimodal_er"
CORPORA = [f"made_up_{i}" for i in range(5)]
STEPS = {"deduplicate": [], "filter": [STUDY], "split": [STUDY]}
ROWS_PER_COPY = 100
ROWS_PER_SPEAKER = 500

# The kernel's own count, VmHWM: getrusage would include what the process that starts another one holds.
RUN_STAGE = """
import re, runpy, sys
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


def flipped(values: np.ndarray, mask: np.ndarray | np.uint32) -> np.ndarray:
    """Flip bits of the frames with speech."""
    return np.where(values == PAUSE, PAUSE, np.maximum(values ^ mask, 1)).astype(np.uint32)


def copy_of(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut 64 ms off both ends of a fingerprint and flip 10 % of its bits."""
    values = values[4:-4]
    wrong = np.packbits(rng.random((len(values), BITS)) < 0.1, axis=1).view("<u4")[:, 0]
    return flipped(values, wrong)


def bench_scale(base: list[np.ndarray], sizes: list[int]) -> None:
    """Print a line for each number of rows and each stage.

    Args:
        base: Fingerprints of clips, of which all others are made.
        sizes: Numbers of rows.
    """
    twice = np.unique(near_pairs(base)[0][:, 1])
    base = [values for i, values in enumerate(base) if i not in twice]
    print(f"{'rows':>9}  {'stage':11}  {'seconds':>7}  {'peak RSS, MiB':>13}  copies found")
    for n in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            apart(make, folder, base, n)
            for step, arguments in STEPS.items():
                seconds, peak = measure(step, arguments, folder)
                found = apart(recall, folder) if step == "deduplicate" else ""
                print(f"{n:9,}  {step:11}  {seconds:7.1f}  {peak:13,.0f}  {found}".rstrip(), flush=True)


def apart(function: Callable, *arguments: Any) -> Any:
    """Call a function in a process of its own, whose memory is given back."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def measure(step: str, arguments: list[str], folder: Path) -> tuple[float, float]:
    """Run a stage in a folder; return its seconds, start included, and its peak resident memory in MiB."""
    start = time.perf_counter()
    stage = subprocess.run(
        [sys.executable, "-c", RUN_STAGE, f"pipeline.stages.{step}", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    if stage.returncode:
        raise SystemExit(f"{step} ended with status {stage.returncode}: {stage.stderr}")
    return time.perf_counter() - start, int(stage.stdout) / 1024


def make(folder: Path, base: list[np.ndarray], n: int) -> None:
    """Write a params.yaml, the indexes of its corpora, and planted.csv: which row is a copy of which."""
    os.chdir(folder)
    rng = np.random.default_rng(0)
    n_copies = n // ROWS_PER_COPY
    copied = np.full(n, -1)  # row of which each row is a copy
    copied[rng.choice(n, n_copies, replace=False)] = -2
    copied[copied == -2] = rng.choice(np.flatnonzero(copied == -1), n_copies, replace=False)
    masks = distinct_masks(n // len(base) + 1, rng)
    write_params()
    written = [
        write_index(corpus, rows, copied[rows], ~np.isin(rows, copied), base, masks)
        for corpus, rows in zip(CORPORA, np.array_split(np.arange(n), len(CORPORA)), strict=True)
    ]
    ids = np.concatenate(written)
    planted = pd.DataFrame({"original": ids[copied[copied >= 0]], "copy": ids[copied >= 0]})
    planted.to_csv("planted.csv", index=False)


def distinct_masks(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return so many masks that make different keys of one sub-fingerprint, shape (n,), uint32.

    A few of very many differ in so few bits that what they make of one clip is rightly taken for copies.
    """
    masks = rng.integers(1, 1 << 32, size=2 * n, dtype=np.uint32)
    for drop in PARTS:
        masks = masks[np.unique(keys_of(masks, drop), return_index=True)[1]]
    return rng.permutation(masks)[:n]


def write_params() -> None:
    """Take the project's settings, with one profile, in which a study is made of the corpora made up here."""
    yaml = YAML(typ="safe")
    params = yaml.load(ROOT / "params.yaml")
    studies, corpora, labels = params["studies"], params["corpora"], params["studies"][STUDY]["classes"]
    params["profile"] = "scale"
    params["profiles"] = {
        "scale": {"size": "full", "asr_source": "gold", "corpora": {study: [] for study in studies}}
    }
    params["profiles"]["scale"]["corpora"][STUDY] = CORPORA
    for corpus in corpora:
        write_table(index_path(corpus), INDEX.empty_table(), INDEX)
    for corpus in CORPORA:
        corpora[corpus] = corpora["demo_tess"]
        studies[STUDY]["labels"][corpus] = {label.upper(): label for label in labels}
    yaml.dump(params, Path("params.yaml"))


def write_index(
    corpus: str,
    rows: np.ndarray,
    copied: np.ndarray,
    single: np.ndarray,
    base: list[np.ndarray],
    masks: np.ndarray,
) -> np.ndarray:
    """Write the index of a corpus.

    Args:
        corpus: Its name.
        rows: Numbers of its rows among those of all corpora.
        copied: Number of the row of which each is a copy, or less than 0.
        single: Whether no row is a copy of it.
        base: Fingerprints of different clips.
        masks: Which bits are flipped throughout a clip, for each time that the base is used.

    Returns:
        The utterances' ids.
    """
    rng = np.random.default_rng(rows[0])
    labels = YAML(typ="safe").load(Path("params.yaml"))["studies"][STUDY]["labels"][corpus]
    prints = [flipped(base[i % len(base)], masks[i // len(base)]) for i in np.where(copied < 0, rows, copied)]
    prints = [copy_of(values, rng) if i >= 0 else values for values, i in zip(prints, copied, strict=True)]
    speaker = [f"speaker_{i:05}" for i in rows // ROWS_PER_SPEAKER]
    name = [f"{who}/sentence_{i:07}" for who, i in zip(speaker, rows, strict=True)]
    fine = pd.Series((rng.random(len(rows)) > 0.002) | (copied >= 0) | ~single)
    index = pd.DataFrame(
        {
            "utterance_id": [f"{corpus}/{each}" for each in name],
            "path": [f"{each}.wav" for each in name],
            "speaker": [f"{corpus}/{who}" for who in speaker],
            "sex": np.where(rows // ROWS_PER_SPEAKER % 2, "male", "female"),
            "label": rng.choice(list(labels), len(rows)),
            "text": [f"This is the sentence of number {i}." for i in rows],
            "seconds": [0.2 + len(values) * HOP / RATE for values in prints],
            "rate": 16000,
            "channels": 1,
            "audio_hash": [f"{i:032x}" for i in rows],
            "fingerprint": [to_bytes(values) for values in prints],
            "status": np.where(fine, "ok", "quarantined"),
            "reason": pd.Series("silent", fine.index).mask(fine),
        }
    )
    index = index.reindex(columns=INDEX.names)
    write_table(index_path(corpus), index, INDEX)
    described = replace(load_adapter("demo_tess").CORPUS, name=corpus)
    write_json(index_facts_path(corpus), corpus_health(described, index, index["path"]))
    return index["utterance_id"].to_numpy()


def recall(folder: Path) -> str:
    """Say how many of the planted copies are in one group with what they are copies of."""
    os.chdir(folder)
    found = pd.concat([read_table(duplicates_path(corpus)) for corpus in CORPORA])
    planted = pd.read_csv("planted.csv")
    group = found.set_index("utterance_id")["group"]
    n_together = int((planted["original"].map(group) == planted["copy"].map(group)).sum())
    n_others = int((found["kind"] != NONE).sum()) - 2 * n_together
    return f"{n_together:,} of {len(planted):,}, and {n_others} other clips in groups"
