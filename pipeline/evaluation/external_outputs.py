"""What a file of predictions made elsewhere says of a clip: a class and probabilities, or values of dimensions."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from pipeline.config.mistakes import nearest
from pipeline.core.errors import PipelineError
from pipeline.evaluation.regression import PREDICTED_PREFIX
from pipeline.evaluation.scores import PROBABILITY_PREFIX

ID = "utterance_id"
PREDICTED = "predicted"
SUM_TOLERANCE = 0.01  # probabilities of nine classes, printed with three decimals, may be off by 0.0045
TIE_TOLERANCE = 1e-6
DIGITS = 6  # of probabilities and values, as `train` writes them
SHOWN = 5  # of what an error is about


def class_outputs(given: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return the predicted class and the probabilities of all classes, NaN where there are none.

    Args:
        given: The file's rows.
        classes: The study's, in its order; of equally probable ones the first is predicted.

    Raises:
        PipelineError: A class is none of the study's, or probabilities are none, or the two contradict each other.
    """
    columns = [PROBABILITY_PREFIX + name for name in classes]
    came = [name for name in given if name.startswith(PROBABILITY_PREFIX)]
    if not came and PREDICTED not in given:
        raise PipelineError(
            f"neither {PREDICTED} nor {', '.join(columns)} is a column; came {', '.join(given)} (for dimensions, "
            "say so in its `targets` in params.yaml)"
        )
    for name in came:
        _check_classes([name.removeprefix(PROBABILITY_PREFIX)], classes, f"column {name}")
    if PREDICTED in given:
        _check_classes(given[PREDICTED], classes, f"column {PREDICTED}")
    if not came:
        return given[[PREDICTED]].astype(str).assign(**dict.fromkeys(columns, np.nan))
    if missing := [name for name in columns if name not in came]:
        raise PipelineError(
            f"no column {', '.join(missing)}; expected probabilities of all classes, 0 for one that is never "
            f"predicted, or none at all and the column {PREDICTED}"
        )
    values = numbers(given, columns)
    _check_probabilities(values, given[ID])
    best = pd.Series(np.asarray(classes, dtype=object)[values.argmax(axis=1)], given.index)
    predicted = given[PREDICTED].astype(str) if PREDICTED in given else best
    _check_most_probable(predicted, values, classes, given[ID])
    rounded = dict(zip(columns, values.round(DIGITS).T, strict=True))
    return pd.DataFrame({PREDICTED: predicted, **rounded}, index=given.index)


def dimension_outputs(given: pd.DataFrame, targets: Sequence[str]) -> pd.DataFrame:
    """Return the predicted value of each target.

    Raises:
        PipelineError: Other targets came, or a value is no finite number.
    """
    columns = [PREDICTED_PREFIX + name for name in targets]
    came = [name for name in given if name.startswith(PREDICTED_PREFIX)]
    if sorted(came) != sorted(columns):
        raise PipelineError(
            f"columns of dimensions are {', '.join(came) or 'none'}; expected {', '.join(columns)}, as its "
            "`targets` in params.yaml say"
        )
    return pd.DataFrame(numbers(given, columns).round(DIGITS), given.index, columns)


def numbers(given: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Return columns as finite numbers, shape (rows, columns), float64.

    Raises:
        PipelineError: Some are none, such as an empty cell.
    """
    values = given[list(columns)].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    bad = ~np.isfinite(values)
    if bad.any():
        rows = bad.any(axis=1)
        names = [name for name, wrong in zip(columns, bad.any(axis=0), strict=True) if wrong]
        raise PipelineError(
            f"{rows.sum()} rows have no finite number in {', '.join(names)}: {some(given[ID][rows])}; expected "
            "one in every row"
        )
    return values


def some(names: Iterable[object]) -> str:
    """Name the first few of some clips or numbers."""
    different = sorted(set(names))  # type: ignore[type-var]
    rest = f" and {len(different) - SHOWN} more" if len(different) > SHOWN else ""
    return ", ".join(map(str, different[:SHOWN])) + rest


def _check_classes(came: Iterable[str], classes: Sequence[str], where: str) -> None:
    unknown = [name for name in dict.fromkeys(came) if name not in classes]
    if unknown:
        raise PipelineError(
            f"{where}: {', '.join(map(repr, unknown[:SHOWN]))} is none of the study's classes"
            f"{nearest(unknown[0], classes)}; expected {', '.join(classes)}"
        )


def _check_probabilities(values: np.ndarray, ids: pd.Series) -> None:
    """Raise where finite numbers, shape (rows, classes), are no probabilities."""
    hint = "; expected probabilities (of logits, take the softmax)"
    bad = (values < 0).any(axis=1)
    if bad.any():
        raise PipelineError(f"{bad.sum()} rows have a probability below 0: {some(ids[bad])}{hint}")
    sums = values.sum(axis=1)
    bad = np.abs(sums - 1) > SUM_TOLERANCE
    if bad.any():
        worst = sums[np.abs(sums - 1).argmax()]
        raise PipelineError(
            f"the probabilities of {bad.sum()} rows do not sum to 1 (but, at worst, to {worst:.4g}): "
            f"{some(ids[bad])}{hint}"
        )


def _check_most_probable(
    predicted: pd.Series, values: np.ndarray, classes: Sequence[str], ids: pd.Series
) -> None:
    chosen = values[np.arange(len(values)), pd.Index(classes).get_indexer(predicted)]
    wrong = chosen < values.max(axis=1) - TIE_TOLERANCE
    if wrong.any():
        raise PipelineError(
            f"{PREDICTED} is not the most probable class in {wrong.sum()} of {len(values)} rows, such as "
            f"{some(ids[wrong])}. Are columns mixed up? Otherwise leave out either, for scores are made of both"
        )
