"""Figures: pictures that are not empty, whatever a user's matplotlib settings are."""

import matplotlib
import matplotlib.image
import numpy as np

from pipeline.evaluation.figures import save_confusion, save_curves
from pipeline.evaluation.history import mean_curves
from tests.evaluation.made_up import CLASSES, history


def test_confusion_shows_more_of_what_is_more_frequent(tmp_path):
    save_confusion(tmp_path / "right.png", np.diag([5, 5, 5]), CLASSES, "net")
    save_confusion(tmp_path / "none.png", np.zeros((3, 3), dtype=int), CLASSES, "net")
    right, none = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("right", "none"))
    assert right[..., :3].mean() < none[..., :3].mean() - 0.05  # darker


def test_a_run_of_one_epoch_is_visible(tmp_path):
    save_curves(tmp_path / "one.png", mean_curves(history(1)), "net")
    save_curves(tmp_path / "none.png", mean_curves(history(1)).assign(train_loss=np.nan), "net")
    assert (tmp_path / "one.png").read_bytes() != (tmp_path / "none.png").read_bytes()


def test_a_users_settings_do_not_change_the_bytes(tmp_path):
    save_confusion(tmp_path / "ours.png", np.eye(3, dtype=int), CLASSES, "net")
    with matplotlib.rc_context({"font.size": 20, "savefig.facecolor": "red", "axes.titlesize": 30}):
        save_confusion(tmp_path / "theirs.png", np.eye(3, dtype=int), CLASSES, "net")
    assert (tmp_path / "ours.png").read_bytes() == (tmp_path / "theirs.png").read_bytes()
