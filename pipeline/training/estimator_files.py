"""Trained scikit-learn pipelines on disk: skops, which runs no code on loading, and a JSON file."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from sklearn.pipeline import Pipeline

from pipeline.core.errors import PipelineError
from pipeline.training.model_files import file_stem, read_description, write_description

# What skops does not trust by itself and the models here are made of.
TRUSTED_TYPES = [
    "numpy.clip",
    "pipeline.models.blocks.Blocks",
    "pipeline.models.row_span.RowSpan",
    "pipeline.models.views.Views",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.tree._tree.Tree",
]

# skops imports all of scikit-learn to list its estimators, and with these modules, which hold none, torch and Dask.
_NEEDLESS = ("sklearn.externals.array_api_compat.torch", "sklearn.externals.array_api_compat.dask")


def _skops_io() -> ModuleType:
    """Import `skops.io`, without two seconds of importing torch."""
    barred = [name for name in _NEEDLESS if name not in sys.modules]
    for name in barred:
        # None makes it an ImportError, which the search for estimators passes over
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("skops.io")
    finally:
        for name in barred:
            del sys.modules[name]


def save_estimator(folder: Path, seed: int, fold: int, estimator: Pipeline, facts: dict[str, Any]) -> None:
    """Write a fitted pipeline.

    Args:
        folder: The system's; made if absent.
        seed: The model's.
        fold: The model's.
        estimator: Fitted.
        facts: Further entries of the JSON file.

    Raises:
        PipelineError: It holds a type that would not be trusted on loading.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{file_stem(seed, fold)}.skops"
    skops_io = _skops_io()
    skops_io.dump(estimator, weights)
    unknown = set(skops_io.get_untrusted_types(file=weights)) - set(TRUSTED_TYPES)
    if unknown:
        raise PipelineError(
            f"{weights} holds {sorted(unknown)}: add them to TRUSTED_TYPES if they are harmless"
        )
    write_description(weights, seed, fold, facts)


def load_estimator(folder: Path, seed: int, fold: int) -> tuple[Pipeline, dict[str, Any]]:
    """Read a fitted pipeline and its description back.

    Raises:
        PipelineError: A file is missing, or the model is not the one that was saved.
    """
    weights, about = read_description(folder, seed, fold)
    return _skops_io().load(weights, trusted=TRUSTED_TYPES), about
