"""Changes against a baseline: by hand, where nothing is there to divide by, and as a figure."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.evaluation.change import confusion_change, recall_change, score_change
from pipeline.evaluation.change_figure import save_change
from pipeline.evaluation.comparable import Groups
from pipeline.evaluation.metrics import metric_of
from tests.evaluation.made_up import predictions

BASELINE = np.array([[6, 4, 0], [5, 15, 0], [0, 0, 0]])
SYSTEM = np.array([[9, 0, 1], [10, 10, 0], [0, 0, 0]])
CLASSES = ["angry", "happy", "sad"]


def test_confusion_by_hand():
    table = confusion_change(SYSTEM, BASELINE, CLASSES).set_index(["actual", "predicted"])
    assert table.loc[("angry", "angry")].tolist() == pytest.approx([9, 6, 0.9, 0.6, 30, 50])
    assert table.loc[("happy", "angry")].tolist() == pytest.approx([10, 5, 0.5, 0.25, 25, 100])
    assert table.loc[("angry", "happy")].tolist() == pytest.approx([0, 4, 0, 0.4, -40, -100])


def test_what_the_baseline_never_does_has_no_percentage():
    table = confusion_change(SYSTEM, BASELINE, CLASSES).set_index(["actual", "predicted"])
    assert table.loc[("angry", "sad"), "points"] == pytest.approx(10)
    assert np.isnan(table.loc[("angry", "sad"), "percent"])


def test_a_class_without_clips_has_no_change():
    confusion = confusion_change(SYSTEM, BASELINE, CLASSES)
    assert confusion.loc[confusion["actual"] == "sad", ["share", "points", "percent"]].isna().all(axis=None)
    recall = recall_change(SYSTEM, BASELINE, CLASSES)
    assert recall.loc[2, ["recall", "points", "percent"]].isna().all()


def test_recall_by_hand():
    recall = recall_change(SYSTEM, BASELINE, CLASSES)
    assert recall["n_test"].tolist() == [10, 20, 0]
    assert recall["points"][:2].tolist() == pytest.approx([30, -25])
    assert recall["percent"][:2].tolist() == pytest.approx([50, -100 / 3])


def test_points_of_a_class_cancel_out():
    change = confusion_change(SYSTEM, BASELINE, CLASSES)
    assert change.groupby("actual")["points"].sum().tolist() == pytest.approx([0, 0, 0])


def test_scores_by_hand():
    ours = {"status": "trained", "n_test": 9, "uar": 0.6, "uar_low": 0.5, "ccc": 0.1, "auc": None, "ece": 0.2}
    theirs = {"n_test": 9, "uar": 0.4, "ccc": -0.1, "auc": 0.5, "uar_low": 0.1}
    table = score_change(ours, theirs)
    assert table["score"].tolist() == ["uar", "ccc"]  # what both have
    assert table["difference"].tolist() == pytest.approx([0.2, 0.2])
    assert table["percent"].tolist() == pytest.approx(
        [50, np.nan], nan_ok=True
    )  # of a negative one there is none


@pytest.mark.parametrize(
    "name", ["uar", "average_precision", "ccc_arousal", "mse_valence", "uar_fold_mean", "cross_uar"]
)
def test_scores_are_known(name):
    assert metric_of(name)


@pytest.mark.parametrize(
    "name",
    [
        "uar_low",
        "ccc_arousal_sd",
        "n_test",
        "status",
        "uar_chance",
        "cross_n_test",
        "cross_corpora",
        "uar_fold_sd",
    ],
)
def test_what_is_no_score_is_known(name):
    assert metric_of(name) is None


def test_confusion_of_a_group_is_that_of_its_run():
    groups = Groups()
    groups.add("net", "study", predictions(["angry", "angry", "sad"], ["angry", "sad", "sad"]))
    ((group,),) = [list(groups)]
    assert group.confusion(group.members[0], 0).tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1]]


def test_the_figure_is_the_same_bytes_each_time(tmp_path):
    change = confusion_change(SYSTEM, BASELINE, CLASSES)
    for name in ("a.png", "b.png"):
        save_change(tmp_path / name, change, CLASSES, "net against another")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.width > 400


def centre(path: Path, more: int, than: int) -> float:
    """Return where, from left to right, the matrix has more of a colour channel than of another."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    matrix = pixels[:, : int(0.6 * pixels.shape[1])]  # without the colour bar
    return float(np.nonzero(matrix[..., more] > matrix[..., than] + 15)[1].mean())


@pytest.mark.parametrize(("to_happy", "sign"), [(True, 1), (False, -1)])
def test_what_grows_is_orange_and_what_shrinks_purple(tmp_path, to_happy, sign):
    angry, happy = np.array([[9, 0], [0, 9]]), np.array([[0, 9], [0, 9]])
    matrices = (happy, angry) if to_happy else (angry, happy)
    save_change(tmp_path / "a.png", confusion_change(*matrices, CLASSES[:2]), CLASSES[:2], "")
    orange, purple = centre(tmp_path / "a.png", 0, 2), centre(tmp_path / "a.png", 2, 0)
    assert np.sign(orange - purple) == sign  # happy stands right of angry


def test_no_change_is_drawn(tmp_path):
    save_change(tmp_path / "same.png", confusion_change(SYSTEM, SYSTEM, CLASSES), CLASSES, "")
    assert (tmp_path / "same.png").stat().st_size > 1000
