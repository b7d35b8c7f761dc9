"""Scoring one system: from what training left of it to its scores, tables, figures and metrics.

A system whose predictions, settings and code are those of an earlier evaluation is not evaluated again: its files
come from the cache folder, as rows of features do; `SER_REFRESH=1` computes them anew.
"""

import gc
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from pipeline.core.paths import (
    cache_dir,
    evaluated_dir,
    history_path,
    metrics_path,
    plots_dir,
    predictions_path,
    trained_dir,
)
from pipeline.core.row_cache import digest
from pipeline.core.tables import read_json, read_table, write_json
from pipeline.core.tree import hash_file

NOT_READ = {".safetensors", ".skops"}  # of what training leaves: the weights


def is_trained(system: str, plan: str) -> bool:
    """Tell whether a system was trained by a plan, given by its digest, and not by an older one or not yet."""
    path = trained_dir(system) / "model.json"
    return path.exists() and read_json(path)["plan"] == plan


def scores_path(system: str) -> Path:
    return evaluated_dir(system) / "scores.json"


def read_scores(systems: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read the scores of those systems that are evaluated; the others are not trained yet."""
    return {system: read_json(scores_path(system)) for system in systems if scores_path(system).exists()}


def evaluate(system: str, about: Mapping[str, Any], code: str) -> dict[str, Any]:
    """Write a system's evaluation, computed or from the cache; return its scores.

    Args:
        system: Its name.
        about: What it is evaluated on; see `pipeline.splits.describe`.
        code: Digest of the evaluation's code.
    """
    places = {"evaluated": evaluated_dir(system), "plots": plots_dir(system)}
    entry = cache_dir() / "evaluations" / system / _key(system, about, code)
    for folder in places.values():
        shutil.rmtree(folder, ignore_errors=True)  # no figure stays that is not drawn any more
    if entry.is_dir() and not os.environ.get("SER_REFRESH"):
        for name, folder in places.items():
            shutil.copytree(entry / name, folder)
    else:
        with _no_collector():
            _compute(system, about, places["evaluated"], places["plots"])
        _keep(entry, places)
    scores = read_json(scores_path(system))
    # Imported here: scikit-learn takes most of the time of an evaluation that comes from the cache.
    from pipeline.evaluation.short_metrics import short_metrics

    write_json(metrics_path(system), short_metrics(scores))
    return scores


def _key(system: str, about: Mapping[str, Any], code: str) -> str:
    folder = trained_dir(system)
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in NOT_READ)
    hashes = {
        path.relative_to(folder).as_posix(): hash_file(path)[0] for path in files if path.name != "run.json"
    }
    return digest([code, dict(about), hashes])


def _compute(system: str, about: Mapping[str, Any], folder: Path, plots: Path) -> None:
    # Imported here: scikit-learn and matplotlib take most of a short process's time.
    from pipeline.evaluation.plots import write_model_plots, write_plots
    from pipeline.evaluation.regression import describe_targets
    from pipeline.evaluation.summary import summarise

    predictions, history = read_table(predictions_path(system)), pd.read_csv(history_path(system))
    write_plots(plots, folder, predictions, history, system)
    if predictions.empty:
        scores = {"status": "skipped", **about, "targets": describe_targets(predictions)}
    else:
        scores = summarise(predictions, about, read_json(trained_dir(system) / "model.json"))
        write_model_plots(folder, trained_dir(system), system)
    write_json(folder / "scores.json", scores)


def _keep(entry: Path, places: Mapping[str, Path]) -> None:
    """Put an evaluation into the cache, whole or not at all."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=entry.parent, prefix=".") as scratch:
        for name, folder in places.items():
            shutil.copytree(folder, Path(scratch) / "entry" / name)
        try:
            (Path(scratch) / "entry").rename(entry)
        except OSError:
            if not entry.is_dir():  # another experiment was faster
                raise


@contextmanager
def _no_collector() -> Iterator[None]:
    """Leave cycles of objects where they are for a while: looking for them takes a sixth of a short process."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
