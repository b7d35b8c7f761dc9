"""Clips to listen to: where a system was sure and wrong, and where it was right and hardly sure.

As in the document behind `multimodal_er` (failures with file, transcript and confidence; correct predictions with
the lowest confidence and the runner-up), but for every system. All are test clips of the first run (the lowest
split seed and training seed).
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from pipeline.evaluation.regression import target_order, values_of
from pipeline.evaluation.scores import class_order, number_runs, probabilities_of

N_FAILURES, N_UNSURE = 50, 20
_CLIP = ["utterance_id", "corpus", "speaker"]
_HEARD = ["path", "transcript"]
CLASS_COLUMNS = [
    *_CLIP,
    "actual",
    "predicted",
    "confidence",  # probability of the predicted class
    "runner_up",  # the likeliest of the other classes
    "runner_up_probability",
    "actual_probability",
    *_HEARD,
]
ERROR_COLUMNS = [*_CLIP, "target", "actual", "predicted", "error", *_HEARD]
Paths = Callable[[str], "pd.Series[str]"]  # of a corpus: path by utterance_id


def first_run(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the first run's test predictions."""
    test = predictions[predictions["split"] == "test"]
    return test[number_runs(test) == 0]


def failures(first: pd.DataFrame) -> pd.DataFrame:
    """Return all wrong predictions, the most confident first; `CLASS_COLUMNS` less path and transcript.

    Without probabilities, confidence and what follows from it is missing, and they are in the order of their names.

    Args:
        first: Test predictions of one run, of classes.
    """
    table = _described(first)
    return _in_order(table[table["actual"] != table["predicted"]], ascending=False)


def unsure(first: pd.DataFrame) -> pd.DataFrame:
    """Return all right predictions that have a confidence, the least confident first; columns as `failures`."""
    table = _described(first).dropna(subset=["confidence"])
    return _in_order(table[table["actual"] == table["predicted"]], ascending=True)


def largest_errors(first: pd.DataFrame) -> pd.DataFrame:
    """Return the predictions of dimensions, the largest errors first; `ERROR_COLUMNS` less path and transcript.

    A row a clip and dimension that is rated; the error is the truth less the prediction, on the corpus's own scale.

    Args:
        first: Test predictions of one run, of dimensions.
    """
    parts = []
    for target in target_order(first):
        part = first.loc[first[f"t_{target}"].notna(), _CLIP]
        actual, predicted = values_of(first, target)
        parts.append(part.assign(target=target, actual=actual, predicted=predicted, error=actual - predicted))
    table = pd.concat(parts)
    table = table.assign(size=table["error"].abs())
    ordered = table.sort_values(["size", "utterance_id", "target"], ascending=[False, True, True])
    return ordered.drop(columns="size").reset_index(drop=True)


def with_sources(table: pd.DataFrame, paths: Paths, transcripts: "pd.Series[str]") -> pd.DataFrame:
    """Add where a clip's audio lies below its corpus's folder, and what was heard in it; missing where unknown.

    Args:
        table: With the columns utterance_id and corpus.
        paths: Gives a corpus's paths.
        transcripts: Text by utterance_id.
    """
    known = {corpus: paths(corpus) for corpus in sorted(set(table["corpus"]))}
    clips = zip(table["corpus"], table["utterance_id"], strict=True)
    return table.assign(
        path=[known[corpus].get(clip) for corpus, clip in clips],
        transcript=[transcripts.get(clip) for clip in table["utterance_id"]],
    )


def _described(first: pd.DataFrame) -> pd.DataFrame:
    """Say of each prediction how sure it was, and what came next."""
    classes = class_order(first)
    probabilities = probabilities_of(first, classes)
    others = np.where(_is(first["predicted"], classes), -np.inf, probabilities)
    known = np.isfinite(probabilities).all(axis=1)
    second = np.where(known, others.argmax(axis=1), 0)
    return first[_CLIP].assign(
        actual=first["label"],
        predicted=first["predicted"],
        confidence=_of(probabilities, first["predicted"], classes),
        runner_up=pd.Series(np.asarray(classes)[second], first.index).where(known),
        runner_up_probability=np.where(known, others[np.arange(len(first)), second], np.nan),
        actual_probability=_of(probabilities, first["label"], classes),
    )


def _is(names: pd.Series, classes: Sequence[str]) -> np.ndarray:
    return names.to_numpy()[:, None] == np.asarray(classes, dtype=object)


def _of(probabilities: np.ndarray, names: pd.Series, classes: Sequence[str]) -> np.ndarray:
    """Return the probability of a class by name in each row; NaN where it is no class."""
    chosen = _is(names, classes)
    return np.where(chosen.any(axis=1), np.where(chosen, probabilities, 0).sum(axis=1), np.nan)


def _in_order(table: pd.DataFrame, *, ascending: bool) -> pd.DataFrame:
    return table.sort_values(["confidence", "utterance_id"], ascending=[ascending, True], ignore_index=True)
