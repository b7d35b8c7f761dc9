"""Scores by group and frequent confusions, counted by hand."""

import numpy as np
import pytest
from scipy.stats import pearsonr

from pipeline.evaluation.groups import (
    frequent_confusions,
    scores_by_group,
    target_scores_by_group,
)
from tests.evaluation.made_up import dimension_predictions, predictions, random_predictions

LABELS = ["angry", "angry", "angry", "happy"]
PREDICTED = ["angry", "sad", "sad", "happy"]


def test_every_corpus_sex_and_speaker_has_its_scores():
    table = scores_by_group(predictions(LABELS, PREDICTED))
    # Clips 0 and 2 are spoken by speaker 0, a man; 1 and 3 by speaker 1, a woman. All are 0.8 sure.
    one = [0.5, 0.5]
    assert table.drop(columns="ece").values.tolist() == [
        ["corpus", "made_up", 4, 0.5, pytest.approx((1 / 3 + 1) / 2), (0.5 + 1) / 2],
        ["sex", "female", 2, *one, 0.5],
        ["sex", "male", 2, *one, pytest.approx(2 / 3)],
        ["speaker", "made_up/0", 2, *one, pytest.approx(2 / 3)],
        ["speaker", "made_up/1", 2, *one, 0.5],
    ]
    assert table["ece"].tolist() == pytest.approx([0.3] * 5)


def test_one_speaker_is_the_whole():
    table = scores_by_group(random_predictions(40, accuracy=0.6, n_speakers=1)).set_index("kind")
    assert table.loc["speaker"].drop("group").tolist() == table.loc["corpus"].drop("group").tolist()


def test_groups_of_a_system_without_probabilities_have_no_calibration_error():
    table = predictions(LABELS, PREDICTED).assign(p_angry=np.nan)
    assert scores_by_group(table)["ece"].isna().all()


def test_dimensions_of_a_group_have_all_three_scores():
    table = dimension_predictions({"arousal": [1, 2, 3, 4]}, {"arousal": [2, 3, 4, 6]}, n_speakers=1)
    speaker = target_scores_by_group(table, ["arousal"]).set_index("kind").loc["speaker"]
    assert speaker["pcc_arousal"] == pytest.approx(pearsonr([1, 2, 3, 4], [2, 3, 4, 6]).statistic)
    assert speaker["mse_arousal"] == pytest.approx((1 + 1 + 1 + 4) / 4)


def test_dimensions_have_scores_of_every_corpus_sex_and_speaker():
    # Speaker 0, a man, is predicted exactly, and speaker 1, a woman, the wrong way round
    truth, predicted = {"arousal": [1, 1, 3, 3]}, {"arousal": [1, 3, 3, 1]}
    table = target_scores_by_group(dimension_predictions(truth, predicted), ["arousal"])
    assert table[["kind", "group", "n_test"]].values.tolist() == [
        ["corpus", "made_up", 4],
        ["sex", "female", 2],
        ["sex", "male", 2],
        ["speaker", "made_up/0", 2],
        ["speaker", "made_up/1", 2],
    ]
    assert table["ccc"].tolist() == [0, -1, 1, 1, -1]
    assert table["ccc_arousal"].tolist() == table["ccc"].tolist()


def test_a_group_that_is_rated_alike_has_no_concordance():
    table = target_scores_by_group(
        dimension_predictions({"arousal": [2, 1, 2, 3]}, {"arousal": [1, 1, 3, 3]}), ["arousal"]
    )
    by_speaker = table[table["kind"] == "speaker"]
    assert np.isnan(by_speaker["ccc"].iloc[0])
    assert by_speaker["ccc"].iloc[1] == 1
    assert by_speaker["mse_arousal"].tolist() == [1, 0]


def test_unknown_sex_is_left_out():
    table = scores_by_group(predictions(LABELS, PREDICTED).assign(sex=None))
    assert table["kind"].tolist() == ["corpus", "speaker", "speaker"]


def test_confusions_are_counted_within_the_corpus():
    table = frequent_confusions(predictions(LABELS, PREDICTED))
    assert table.values.tolist() == [["made_up", "angry", "sad", 2, 2 / 3]]


def test_each_corpus_has_its_most_frequent_confusions_first():
    classes = ["a", "b", "c", "d", "e"]
    table = frequent_confusions(random_predictions(400, accuracy=0.2, classes=classes), n_first=7)
    assert len(table) == 7
    assert table["n"].is_monotonic_decreasing


def test_no_rows_give_headers_alone():
    empty = predictions(LABELS, PREDICTED)[:0]
    assert list(scores_by_group(empty).columns) == [
        *("kind", "group", "n_test", "accuracy", "uar", "macro_f1", "ece")
    ]
    assert frequent_confusions(empty).empty
