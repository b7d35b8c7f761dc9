"""Scores by group and frequent confusions, counted by hand."""

from pipeline.evaluation.groups import frequent_confusions, scores_by_group
from tests.evaluation.made_up import predictions, random_predictions

LABELS = ["angry", "angry", "angry", "happy"]
PREDICTED = ["angry", "sad", "sad", "happy"]


def test_every_corpus_sex_and_speaker_has_its_scores():
    table = scores_by_group(predictions(LABELS, PREDICTED))
    # Clips 0 and 2 are spoken by speaker 0, a man; 1 and 3 by speaker 1, a woman
    assert table.values.tolist() == [
        ["corpus", "made_up", 4, 0.5, (1 / 3 + 1) / 2],
        ["sex", "female", 2, 0.5, 0.5],
        ["sex", "male", 2, 0.5, 0.5],
        ["speaker", "made_up/0", 2, 0.5, 0.5],
        ["speaker", "made_up/1", 2, 0.5, 0.5],
    ]


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
    assert list(scores_by_group(empty).columns) == ["kind", "group", "n_test", "accuracy", "uar"]
    assert frequent_confusions(empty).empty
