"""Which families of features a trained system needs: its models, its stored features, and its test clips.

| below data/analysis | what |
| --- | --- |
| families/<system>.csv, .png | a row a family: `pipeline.evaluation.permutation` |
"""

from pathlib import Path

import matplotlib.style
import numpy as np
import pandas as pd

from pipeline.config.plans import PermutedSystem, SystemPlan
from pipeline.core.errors import PipelineError
from pipeline.core.paths import split_path, trained_dir
from pipeline.core.tables import read_table, write_csv
from pipeline.evaluation.feature_families import columns_by_family
from pipeline.evaluation.figures import panels, save, text_inches, tidy
from pipeline.evaluation.permutation import Fold, permute_families
from pipeline.inference.clips import Prepared
from pipeline.inference.models import load_models
from pipeline.inference.trained import Trained, describe_trained
from pipeline.training.data import StudyData
from pipeline.training.study import load_study

_BAR = "#0072B2"


def write_families(folder: Path, system: str, permuted: PermutedSystem) -> pd.DataFrame:
    """Write what the families of a system's features are worth, and draw it; return the table.

    Args:
        folder: Of all systems' files.
        system: Its name.
        permuted: All that is planned of it, and how it is permuted.

    Raises:
        PipelineError: It does not read one feature set of vectors whose values have names, or says no classes.
    """
    plans = permuted.plans
    if not isinstance(plans.plan, SystemPlan):
        raise PipelineError(f"importances: {system} is an ensemble; name its members")
    trained = describe_trained(system, plans, member=True)
    settings = plans.plan.system
    data = load_study(plans.plan, read_table(split_path(settings.study, settings.variant)))
    names, values = data.feature_names.get("features"), _vectors(data)
    if trained.kind != "classes" or values is None or not names:
        raise PipelineError(
            f"importances: {system} cannot be asked: expected a system of classes that reads one feature set of "
            "vectors whose values have names, such as functionals"
        )
    folds = _folds(trained, data, values)
    table = permute_families(
        folds, columns_by_family(names), trained.classes, n_repeats=permuted.repeats, seed=permuted.seed
    )
    write_csv(folder / f"{system}.csv", table)
    n_clips = sum(len(fold.labels) for fold in folds)
    save_families(
        folder / f"{system}.png", table, f"{system}: {n_clips} test clips, seed {trained.models[0][0]}"
    )
    return table


def _vectors(data: StudyData) -> np.ndarray | None:
    """Return the features of a system that reads one feature set of vectors and nothing else, (clips, features)."""
    values = data.features.get("features")
    alone = len(data.features) == 1 and data.texts is None
    return values if alone and isinstance(values, np.ndarray) and values.ndim == 2 else None


def _folds(trained: Trained, data: StudyData, values: np.ndarray) -> list[Fold]:
    """Return the models of the first run, each with its test clips: one seed, the folds of one split."""
    models = load_models(trained, trained_dir)
    labels = data.clips["label"].to_numpy(dtype=object)
    feature_set = trained.feature_sets["features"].name
    first_seed, first_split = trained.models[0][0], min(data.split_seeds.values())
    folds = []
    for model in trained.models:
        if model[0] == first_seed and data.split_seeds[model[1]] == first_split:
            rows = data.rows(model[1], ["test"])

            def predict(each: np.ndarray, model: tuple[int, int] = model) -> np.ndarray:
                return models.predict(Prepared(len(each), {feature_set: list(each)}, None, []), model)

            if len(rows):
                folds.append(Fold(values[rows], labels[rows], predict))
    return folds


def save_families(path: Path, table: pd.DataFrame, title: str) -> None:
    """Draw the drop of UAR for each family, a bar each; a line on it is the standard deviation over the repeats."""
    left, height = 0.25 + text_inches(table["family"], 9), 0.3 * len(table)
    with matplotlib.style.context("default"):
        figure, (axes,) = panels(left + 4.7, height + 1.1, [(left, 0.6, 4.5, height)], title)
        rows, drop, spread = range(len(table)), 100 * table["drop"], 100 * table["sd"].fillna(0)
        axes.hlines(rows, 0, drop, color=_BAR, linewidth=12)
        axes.hlines(rows, drop - spread, drop + spread, color="#333333")
        axes.axvline(0, color="#555555", linewidth=1)
        axes.set_yticks(rows, table["family"], fontsize=9)
        axes.set_ylim(len(table) - 0.4, -0.6)
        tidy(axes, "loss of UAR where the family is permuted, points", "")
        save(figure, path)
