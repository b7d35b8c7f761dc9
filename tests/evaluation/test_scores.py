"""Scores against counts made by hand, and against scikit-learn's own averages."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    recall_score,
    roc_auc_score,
)

from pipeline.core.errors import PipelineError
from pipeline.evaluation import scores
from pipeline.evaluation.curves import one_vs_rest_auc
from pipeline.evaluation.metrics import metrics_of
from pipeline.evaluation.reliability import calibration_error
from tests.evaluation.made_up import CLASSES, predictions, random_predictions

# 4 angry: 3 found, 1 as happy; 2 happy: 1 found, 1 as sad; 2 sad: none found
LABELS = ["angry"] * 4 + ["happy"] * 2 + ["sad"] * 2
PREDICTED = ["angry", "angry", "angry", "happy", "happy", "sad", "angry", "happy"]

BY_FOLD = [metric for metric in metrics_of("counts") if metric.by_fold]


def score(labels, predicted, probabilities=None, classes=CLASSES):
    labels, predicted = np.asarray(labels, dtype=object), np.asarray(predicted, dtype=object)
    if probabilities is None:
        probabilities = np.asarray([[float(name == found) for name in classes] for found in predicted])
    return scores.score(labels, predicted, np.asarray(probabilities, dtype=float), classes)


def test_scores_by_hand():
    result = score(LABELS, PREDICTED)
    precision = (3 / 4 + 1 / 3 + 0) / 3
    f1 = [2 * 3 / (4 + 4), 2 * 1 / (2 + 3), 0]
    assert result["accuracy"] == pytest.approx(4 / 8)
    assert result["uar"] == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)
    assert result["macro_precision"] == pytest.approx(precision)
    assert result["macro_f1"] == pytest.approx(sum(f1) / 3)
    assert result["weighted_f1"] == pytest.approx((4 * f1[0] + 2 * f1[1]) / 8)


def test_scores_agree_with_scikit_learn():
    table = random_predictions(300, accuracy=0.6)
    result = score(table["label"], table["predicted"])
    assert result["uar"] == pytest.approx(balanced_accuracy_score(table["label"], table["predicted"]))
    assert result["macro_f1"] == pytest.approx(f1_score(table["label"], table["predicted"], average="macro"))


def test_a_class_missing_from_the_truth_does_not_lower_the_averages():
    result = score(["angry", "angry", "happy"], ["angry", "sad", "happy"])
    assert result["uar"] == pytest.approx((1 / 2 + 1) / 2)
    assert result["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)


def test_one_class_in_the_truth_has_no_auc():
    result = score(["angry", "angry"], ["angry", "sad"])
    assert (result["accuracy"], result["uar"], result["auc"]) == (0.5, 0.5, None)


@pytest.mark.parametrize(("constant", "uar"), [("angry", 1 / 3), ("sad", 1 / 3)])
def test_saying_one_class_always_has_the_uar_of_chance(constant, uar):
    result = score(LABELS, [constant] * len(LABELS))
    assert result["uar"] == pytest.approx(uar)
    assert result["auc"] == pytest.approx(0.5)  # all tied


def test_an_unknown_label_is_named():
    with pytest.raises(PipelineError, match=r"\['bored'\] are no classes"):
        score(["bored"], ["angry"])


def test_no_clips_is_an_error():
    with pytest.raises(PipelineError, match="test part is empty"):
        score([], [], np.empty((0, 3)))


def test_auc_counts_ties_one_half():
    labels = np.asarray(["no", "no", "yes", "yes"], dtype=object)
    yes = np.asarray([0.1, 0.5, 0.5, 0.9])
    auc = one_vs_rest_auc(labels, np.column_stack([1 - yes, yes]), ["no", "yes"])
    assert auc == pytest.approx((1 + 1 + 0.5 + 1) / 4)


def test_auc_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    labels = np.asarray(CLASSES, dtype=object)[rng.integers(3, size=200)]
    probabilities = rng.dirichlet(np.ones(3), size=200)
    expected = roc_auc_score(labels, probabilities, multi_class="ovr", average="macro", labels=CLASSES)
    assert one_vs_rest_auc(labels, probabilities, CLASSES) == pytest.approx(expected)


def test_without_probabilities_there_is_no_auc_and_no_calibration_error():
    result = score(LABELS, PREDICTED, np.full((8, 3), np.nan))
    assert (result["auc"], result["average_precision"], result["ece"]) == (None, None, None)


def test_calibration_error_by_hand():
    # 0.8 sure and right in half of the cases: 0.3 off; 0.6 sure and always right: 0.4 off
    labels = np.asarray(["a", "b", "a", "a"], dtype=object)
    probabilities = np.asarray([[0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.6, 0.4]])
    assert calibration_error(labels, probabilities, ["a", "b"]) == pytest.approx((0.3 + 0.4) / 2)


def test_confusion_keeps_the_order_of_the_classes():
    counts = scores.confusion_counts(np.asarray(LABELS), np.asarray(PREDICTED), CLASSES)
    assert counts.tolist() == [[3, 1, 0], [0, 1, 1], [1, 1, 0]]


def test_per_class_table_leaves_recall_open_without_clips():
    labels, predicted = np.asarray(["angry", "happy"]), np.asarray(["angry", "angry"])
    table = scores.per_class_table(labels, predicted, np.full((2, 3), 1 / 3), CLASSES)
    assert table["class"].tolist() == CLASSES
    assert table["n_test"].tolist() == [1, 1, 0]
    assert table["recall"].tolist()[:2] == [1.0, 0.0]
    assert table.loc[2, ["recall", "f1", "auc", "average_precision"]].isna().all()


def test_per_class_table_agrees_with_scikit_learn():
    table = random_predictions(300, accuracy=0.6)
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), size=300)
    found = scores.per_class_table(
        table["label"].to_numpy(), table["predicted"].to_numpy(), probabilities, CLASSES
    )
    happy, truth = found.set_index("class").loc["happy"], table["label"] == "happy"
    assert happy["f1"] == pytest.approx(f1_score(truth, table["predicted"] == "happy"))
    assert happy["auc"] == pytest.approx(roc_auc_score(truth, probabilities[:, 1]))
    assert happy["average_precision"] == pytest.approx(average_precision_score(truth, probabilities[:, 1]))


@pytest.mark.parametrize("group", range(4))
def test_scores_of_groups_are_those_of_each_by_itself(group):
    table = random_predictions(60, accuracy=0.5)
    groups = np.random.default_rng(1).integers(4, size=60)
    part = table[groups == group]
    present = sorted(set(part["label"]))
    found = {
        name: values[group] for name, values in scores.label_scores(table, groups, CLASSES, BY_FOLD).items()
    }
    f1 = f1_score(part["label"], part["predicted"], average="macro", labels=present)
    recall = recall_score(part["label"], part["predicted"], average="macro", labels=present)
    assert found == pytest.approx(
        {"accuracy": (part["label"] == part["predicted"]).mean(), "uar": recall, "macro_f1": f1}
    )


def test_a_group_without_a_class_is_scored_on_the_others():
    table = predictions(["angry", "angry", "sad"], ["angry", "happy", "angry"])
    found = scores.label_scores(table, np.array([0, 0, 1]), CLASSES, BY_FOLD)
    # The first group's angry clips: one of two is found, and nothing else is taken for angry
    assert found["uar"].tolist() == [0.5, 0]
    assert found["macro_f1"].tolist() == [pytest.approx(2 / 3), 0]


def test_confusion_table_has_counts_and_shares():
    counts = scores.confusion_counts(np.asarray(LABELS), np.asarray(PREDICTED), CLASSES)
    table = scores.confusion_table(counts, CLASSES)
    assert len(table) == 9
    assert table.iloc[0].tolist() == ["angry", "angry", 3, 0.75]
    assert table.groupby("actual")["share"].sum().tolist() == [1, 1, 1]


def test_predictions_that_are_all_the_same_are_noted():
    constant, varied = (
        predictions(LABELS, found, seed=seed) for seed, found in enumerate((["sad"] * 8, PREDICTED))
    )
    assert scores.constant_notes(constant) == ["all predictions are sad"]
    assert scores.constant_notes(pd.concat([constant, varied])) == ["all predictions are sad in 1 of 2 runs"]
    assert scores.constant_notes(varied) == []


def test_folds_are_pooled_before_scoring():
    # By fold the UARs are 1 and 0; pooled, angry is found in 1 of 3
    table = predictions(["angry", "angry", "angry"], ["angry", "sad", "sad"]).assign(fold=[0, 1, 1])
    assert scores.scores_by_run(table, CLASSES)["uar"].tolist() == [pytest.approx(1 / 3)]


def test_mean_and_sd_over_runs():
    by_run = pd.DataFrame({"accuracy": [0.5, 0.7], "auc": [0.9, np.nan]}, index=[0, 1])
    means, sds = scores.mean_and_sd(by_run)
    assert means == {"accuracy": pytest.approx(0.6), "auc": None}
    assert sds == {"accuracy": pytest.approx(0.02**0.5), "auc": None}


def test_splits_of_other_seeds_are_runs_of_their_own():
    right = predictions(["angry", "sad"], ["angry", "sad"])
    wrong = predictions(["angry", "sad"], ["sad", "angry"]).assign(split_seed=43, fold=1)
    assert scores.scores_by_run(pd.concat([wrong, right]), CLASSES)["accuracy"].tolist() == [1.0, 0.0]


def test_one_run_has_no_sd():
    assert scores.mean_and_sd(pd.DataFrame({"uar": [0.5]})) == ({"uar": 0.5}, {"uar": None})


def test_chance_levels():
    assert scores.chance_levels(np.asarray(LABELS), CLASSES) == (pytest.approx(1 / 3), 0.5)


@pytest.mark.parametrize(
    ("labels", "probability", "expected"),
    [
        (CLASSES, 0.3, []),
        (["angry", "sad"], 0.3, ["no test clip of happy: averages run over the other classes"]),
        (CLASSES, np.nan, ["no probabilities: AUC and calibration error are undefined"]),
    ],
)
def test_notes(labels, probability, expected):
    assert scores.notes_on(np.asarray(labels), np.full((len(labels), 3), probability), CLASSES) == expected


def test_a_single_class_is_noted():
    notes = scores.notes_on(np.asarray(["sad"]), np.full((1, 3), 0.3), CLASSES)
    assert notes[1] == "only one class in the test part: AUC is undefined"


def test_class_order_is_that_of_the_columns():
    assert scores.class_order(predictions(["b"], ["a"], ["b", "a", "c"])) == ["b", "a", "c"]
