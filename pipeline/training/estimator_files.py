"""Trained scikit-learn pipelines on disk: skops, which runs no code on loading, and a JSON file."""

from pathlib import Path
from typing import Any

import skops.io
from sklearn.pipeline import Pipeline

from pipeline.core.errors import PipelineError
from pipeline.training.model_files import file_stem, read_description, write_description

# What skops does not trust by itself and the models here are made of.
TRUSTED_TYPES = [
    "numpy.clip",
    "pipeline.models.row_span.RowSpan",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.tree._tree.Tree",
]


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
    skops.io.dump(estimator, weights)
    unknown = set(skops.io.get_untrusted_types(file=weights)) - set(TRUSTED_TYPES)
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
    return skops.io.load(weights, trusted=TRUSTED_TYPES), about
