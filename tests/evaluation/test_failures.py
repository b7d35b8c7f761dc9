"""Lists of clips: order, ties, runner-up, what is missing, and largest errors."""

import numpy as np
import pandas as pd
import pytest

from pipeline.evaluation.failures import failures, first_run, largest_errors, unsure, with_sources
from tests.evaluation.made_up import dimension_predictions, predictions


def example() -> pd.DataFrame:
    """Return four wrong and two right predictions; probabilities of angry, happy and sad in eighths."""
    table = predictions(
        ["angry", "angry", "sad", "happy", "sad", "sad"],
        ["happy", "happy", "happy", "sad", "sad", "sad"],
    )
    eighths = [(2, 5, 1), (1, 7, 0), (1, 5, 2), (3, 2, 3), (1, 1, 6), (0, 2, 6)]
    table[["p_angry", "p_happy", "p_sad"]] = np.array(eighths, dtype=np.float32) / 8
    return table


def test_the_most_confident_failure_comes_first():
    table = failures(example())
    assert table["utterance_id"].str[-1].tolist() == ["1", "0", "2", "3"]  # 0 and 2 are as sure: by name
    assert table["confidence"].tolist() == [7 / 8, 5 / 8, 5 / 8, 3 / 8]


def test_a_failure_by_hand():
    first, *_, last = failures(example()).itertuples()
    assert (first.actual, first.predicted, first.speaker) == ("angry", "happy", "made_up/1")
    assert (first.runner_up, first.runner_up_probability, first.actual_probability) == ("angry", 1 / 8, 1 / 8)
    assert (last.predicted, last.runner_up, last.runner_up_probability) == ("sad", "angry", 3 / 8)


def test_the_least_confident_hit_comes_first_and_equal_ones_by_name():
    table = unsure(example())
    assert table["utterance_id"].str[-1].tolist() == ["4", "5"]
    assert table["runner_up"].tolist() == ["angry", "happy"]  # of equal ones the first class
    assert table["actual_probability"].tolist() == table["confidence"].tolist() == [6 / 8, 6 / 8]


def test_failures_and_hits_are_all_clips():
    assert len(failures(example())) + len(unsure(example())) == 6


def test_without_probabilities_failures_have_no_confidence_and_no_hit_is_unsure():
    table = example().assign(p_angry=np.nan, p_happy=np.nan, p_sad=np.nan)
    found = failures(table)
    assert found["utterance_id"].str[-1].tolist() == ["0", "1", "2", "3"]
    assert (
        found[["confidence", "runner_up", "runner_up_probability", "actual_probability"]]
        .isna()
        .all(axis=None)
    )
    assert unsure(table).empty


def test_no_failures_give_the_columns_alone():
    table = failures(predictions(["sad"], ["sad"]))
    assert table.empty
    assert {"confidence", "runner_up", "actual_probability"} <= set(table.columns)


def test_the_first_run_is_that_of_the_lowest_seeds_and_tested_clips():
    table = predictions(["sad"] * 3, ["sad"] * 3)
    every = pd.concat([table.assign(seed=1), table, table.assign(split="val"), table.assign(split_seed=43)])
    first = first_run(every)
    assert len(first) == 3
    assert set(zip(first["split_seed"], first["seed"], strict=True)) == {(42, 0)}


def test_the_largest_error_comes_first_whatever_its_sign():
    table = dimension_predictions(
        {"arousal": [1.0, 2.0, 3.0], "valence": [2.0, np.nan, 4.0]},
        {"arousal": [1.5, 5.0, 3.0], "valence": [4.0, 1.0, 3.5]},
    )
    found = largest_errors(table)
    assert found["target"].tolist() == ["arousal", "valence", "arousal", "valence", "arousal"]
    assert found["utterance_id"].str[-1].tolist() == ["1", "0", "0", "2", "2"]
    assert found["error"].tolist() == [-3.0, -2.0, -0.5, 0.5, 0.0]
    assert (found["actual"] - found["predicted"]).tolist() == found["error"].tolist()


@pytest.mark.parametrize(("clip", "path", "text"), [(0, "a/0.wav", "Say the word."), (1, None, None)])
def test_what_is_not_known_of_a_clip_is_missing(clip, path, text):
    table = predictions(["sad"] * 2, ["angry"] * 2)
    paths = {"made_up": pd.Series({"made_up/0000": "a/0.wav"})}
    found = with_sources(failures(table), paths.__getitem__, pd.Series({"made_up/0000": "Say the word."}))
    values = found[["path", "transcript"]].astype(object).where(found[["path", "transcript"]].notna(), None)
    assert values.iloc[clip].tolist() == [path, text]
