"""Late fusion: the mean of two systems' predictions.

Source: the MFCNN14 study: its late fusion averages what BERT and CNN14 predict, the probabilities of classes or
the values of dimensions.
"""

import numpy as np
import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.training.outcome import PROBABILITY_DIGITS

KEYS = ["seed", "fold", "split", "utterance_id"]
TRUTH = ("split_seed", "label", "t_")  # columns, or how they begin, in which members cannot differ
PREDICTED = ("p_", "y_")  # probabilities of classes, values of dimensions


def align(
    first: pd.DataFrame, second: pd.DataFrame, names: tuple[str, str], seeds: list[int]
) -> pd.DataFrame:
    """Return the second member's predictions, with rows in the order of the first's.

    Args:
        first: A member's predictions, of every split.
        second: The other's.
        names: Of the members.
        seeds: Of the ensemble; both members have them.

    Raises:
        PipelineError: A member lacks a prediction that the other has, has other seeds or classes, or another truth.
    """
    for name, table in zip(names, (first, second), strict=True):
        if (given := sorted(set(table["seed"]))) != sorted(seeds):
            raise PipelineError(
                f"{name} has predictions of the seeds {given}, expected {sorted(seeds)}: members are joined seed "
                "by seed, so give the ensemble and both members the same seeds"
            )
    if list(first.columns) != list(second.columns):
        different = sorted(set(first.columns) ^ set(second.columns)) or list(second.columns)
        raise PipelineError(
            f"{names[0]} and {names[1]} predict different columns ({', '.join(different)}): join systems of the "
            "same classes or targets"
        )
    rows = [pd.MultiIndex.from_frame(table[KEYS]) for table in (first, second)]
    for lacks, has, missing in (
        (names[1], names[0], rows[0].difference(rows[1])),
        (names[0], names[1], rows[1].difference(rows[0])),
    ):
        if len(missing):
            such = ", ".join(f"{key} {value}" for key, value in zip(KEYS, missing[0], strict=True))
            raise PipelineError(
                f"{lacks} lacks {len(missing)} predictions that {has} has, such as {such}: both must be trained "
                "on, and predict, the same splits"
            )
    aligned = second.iloc[rows[1].get_indexer(rows[0])].reset_index(drop=True)
    truth = [column for column in first if column.startswith(TRUTH)]
    if not aligned[truth].equals(first[truth].reset_index(drop=True)):
        raise PipelineError(
            f"{names[0]} and {names[1]} were told different truths ({', '.join(truth)}) of the same clips: "
            "`dvc repro` both"
        )
    return aligned


def average(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Average two members' predictions, row by row.

    Args:
        first: A member's predictions.
        second: The other's, aligned with them.

    Returns:
        The same columns and rows, with numbers of six decimals; of classes as probable the first wins.
    """
    columns = [column for column in first if column.startswith(PREDICTED)]
    both = [table[columns].to_numpy(np.float64) for table in (first, second)]
    mean = (both[0] + both[1]) / 2  # (rows, classes or targets)
    rounded = mean.round(PROBABILITY_DIGITS).astype(np.float32)
    averaged = first.assign(**dict(zip(columns, rounded.T, strict=True)))
    if "predicted" not in first:
        return averaged
    classes = np.asarray([column.removeprefix("p_") for column in columns], dtype=object)
    return averaged.assign(predicted=classes[mean.argmax(axis=1)])
