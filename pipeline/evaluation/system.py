"""Scoring one system: from what training left of it to its scores, tables and figures.

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

from pipeline.core.errors import PipelineError
from pipeline.core.own_files import PARTIAL, clear_partial, distrust
from pipeline.core.paths import (
    cache_dir,
    evaluated_dir,
    history_path,
    plots_dir,
    predictions_path,
    trained_dir,
)
from pipeline.core.row_cache import digest
from pipeline.core.tables import read_json, read_table, write_json
from pipeline.core.tree import hash_file, list_files

LISTING = "files.json"  # of an entry of the cache
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
    if not is_restored(system, about, code):
        places = _places(system)
        with _no_collector():
            _compute(system, about, places["evaluated"], places["plots"])
        _keep(_entry(system, about, code), places)
    return read_json(scores_path(system))


def is_restored(system: str, about: Mapping[str, Any], code: str) -> bool:
    """Put a system's evaluation in its place from the cache, if it has it; arguments as of `evaluate`."""
    entry, places = _entry(system, about, code), _places(system)
    for folder in places.values():
        shutil.rmtree(folder, ignore_errors=True)  # no figure stays that is not drawn any more
    known = not os.environ.get("SER_REFRESH") and _is_whole(entry)
    for name, folder in places.items() if known else ():
        shutil.copytree(entry / name, folder)
    return known


def _places(system: str) -> dict[str, Path]:
    return {"evaluated": evaluated_dir(system), "plots": plots_dir(system)}


def _entry(system: str, about: Mapping[str, Any], code: str) -> Path:
    return cache_dir() / "evaluations" / system / _key(system, about, code)


def _key(system: str, about: Mapping[str, Any], code: str) -> str:
    folder = trained_dir(system)
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in NOT_READ)
    hashes = {
        path.relative_to(folder).as_posix(): hash_file(path)[0] for path in files if path.name != "run.json"
    }
    return digest([code, dict(about), hashes])


def _compute(system: str, about: Mapping[str, Any], folder: Path, plots: Path) -> None:
    # Imported here: scikit-learn and matplotlib take most of a short process's time.
    from pipeline.evaluation.calibration import calibration_scores, fit_temperatures
    from pipeline.evaluation.confidence_plots import write_confidence_plots
    from pipeline.evaluation.plots import write_model_plots, write_plots
    from pipeline.evaluation.regression import describe_targets
    from pipeline.evaluation.summary import summarise
    from pipeline.inference.calibration import CALIBRATION

    predictions, history = read_table(predictions_path(system)), pd.read_csv(history_path(system))
    model = read_json(trained_dir(system) / "model.json")
    calibration = fit_temperatures(predictions, model["plan"])
    write_json(folder / CALIBRATION, calibration.model_dump())
    write_plots(plots, folder, predictions, history, system)
    if predictions.empty:
        reason = read_json(trained_dir(system) / "model.json").get("reason")
        scores = {"status": "skipped", "reason": reason, **about, "targets": describe_targets(predictions)}
    else:
        scores = summarise(predictions, about, model) | calibration_scores(predictions, calibration)
        write_confidence_plots(folder, predictions, calibration, system)
        write_model_plots(folder, trained_dir(system), system)
    write_json(folder / "scores.json", scores)


def _keep(entry: Path, places: Mapping[str, Path]) -> None:
    """Put an evaluation into the cache, whole or not at all, with a list of its files' hashes."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    clear_partial(entry.parent)
    with TemporaryDirectory(dir=entry.parent, prefix=".", suffix=PARTIAL) as scratch:
        copy = Path(scratch) / "entry"
        for name, folder in places.items():
            shutil.copytree(folder, copy / name)
        write_json(copy / LISTING, _hashes(copy))
        try:
            copy.rename(entry)
        except OSError:
            if not entry.is_dir():  # another experiment was faster
                raise


def _is_whole(entry: Path) -> bool:
    """Return whether the cache has an evaluation; a damaged one is set aside."""
    if not entry.is_dir():
        return False
    try:
        if read_json(entry / LISTING) == _hashes(entry):
            return True
        distrust(entry, f"its files are not those that {LISTING} lists")
    except (PipelineError, ValueError) as error:
        distrust(entry, error)
    return False


def _hashes(entry: Path) -> dict[str, str]:
    return {path: hash_file(entry / path)[0] for path in list_files(entry) if path != LISTING}


@contextmanager
def _no_collector() -> Iterator[None]:
    """Leave cycles of objects where they are for a while: looking for them takes a sixth of a short process."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
