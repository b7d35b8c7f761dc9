"""Permutation importance by family of features: how much UAR a system loses when a family says nothing any more.

All columns of a family are taken from another test clip, drawn at random: what they say of each other stays, what
they say of the clip goes. The test clips are those that the model was not trained on. Families that say the same
can stand in for each other: then none of them costs much. Source: Breiman, Random Forests, 2001, section 10,
doi:10.1023/A:1010933404324.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.evaluation.metrics import unweighted_recall
from pipeline.evaluation.scores import confusion_counts

FAMILY_COLUMNS = ["family", "n_features", "drop", "sd", "uar"]

Predict = Callable[[np.ndarray], np.ndarray]  # (clips, features) -> probabilities, (clips, classes)


@dataclass(frozen=True)
class Fold:
    """A model and its test clips.

    Attributes:
        values: Features, shape (clips, features).
        labels: True classes, shape (clips,).
        predict: The model.
    """

    values: np.ndarray
    labels: np.ndarray
    predict: Predict


def permute_families(
    folds: Sequence[Fold],
    families: Mapping[str, np.ndarray],
    classes: Sequence[str],
    *,
    n_repeats: int,
    seed: int,
) -> pd.DataFrame:
    """Return what each family is worth.

    Args:
        folds: Of one run: their clips are scored together.
        families: Columns by family.
        classes: Of the study, in the order of the probabilities.
        n_repeats: How often each family is permuted.
        seed: Of the permutations.

    Returns:
        The columns `FAMILY_COLUMNS`, the largest drop first: of UAR, its mean and standard deviation over the
        repeats; `uar` is what the system has as it is.
    """
    plain = _uar(folds, classes, [fold.values for fold in folds])
    rows = []
    for number, (family, columns) in enumerate(families.items()):
        drops = []
        for repeat in range(n_repeats):
            generator = np.random.default_rng([seed, number, repeat])
            drops.append(
                plain - _uar(folds, classes, [_permuted(fold, columns, generator) for fold in folds])
            )
        spread = float(np.std(drops, ddof=1)) if n_repeats > 1 else np.nan
        rows.append((family, len(columns), float(np.mean(drops)), spread, plain))
    table = pd.DataFrame(rows, columns=FAMILY_COLUMNS)
    return table.sort_values(["drop", "family"], ascending=[False, True], ignore_index=True)


def _permuted(fold: Fold, columns: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    values = fold.values.copy()
    values[:, columns] = fold.values[generator.permutation(len(values))][:, columns]
    return values


def _uar(folds: Sequence[Fold], classes: Sequence[str], values: Sequence[np.ndarray]) -> float:
    names = np.asarray(classes, dtype=object)
    said = [names[fold.predict(each).argmax(axis=1)] for fold, each in zip(folds, values, strict=True)]
    labels = np.concatenate([fold.labels for fold in folds])
    return float(unweighted_recall(confusion_counts(labels, np.concatenate(said), classes)))
