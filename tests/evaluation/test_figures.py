"""Figures: pictures that are not empty, whatever a user's matplotlib settings are."""

import matplotlib
import matplotlib.image
import numpy as np

from pipeline.evaluation.figures import save_confusion, save_curves
from pipeline.evaluation.history import mean_curves
from pipeline.evaluation.residual_figure import save_residuals
from tests.evaluation.made_up import CLASSES, dimension_history, history, random_dimensions


def test_confusion_shows_more_of_what_is_more_frequent(tmp_path):
    save_confusion(tmp_path / "right.png", np.diag([5, 5, 5]), CLASSES, "net")
    save_confusion(tmp_path / "none.png", np.zeros((3, 3), dtype=int), CLASSES, "net")
    right, none = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("right", "none"))
    assert right[..., :3].mean() < none[..., :3].mean() - 0.05  # darker


def test_a_run_of_one_epoch_is_visible(tmp_path):
    save_curves(tmp_path / "one.png", mean_curves(history(1)), "net")
    save_curves(tmp_path / "none.png", mean_curves(history(1)).assign(train_loss=np.nan), "net")
    assert (tmp_path / "one.png").read_bytes() != (tmp_path / "none.png").read_bytes()


def test_scores_of_dimensions_may_be_below_zero(tmp_path):
    curves = mean_curves(dimension_history(3))
    save_curves(tmp_path / "below.png", curves, "net")
    save_curves(tmp_path / "above.png", curves.assign(val_ccc=curves["val_ccc"] + 0.3), "net")
    assert (tmp_path / "below.png").read_bytes() != (tmp_path / "above.png").read_bytes()


def test_residuals_are_drawn_for_each_target(tmp_path):
    both = random_dimensions(40)
    save_residuals(tmp_path / "two.png", both, ["arousal", "valence"], "net")
    save_residuals(tmp_path / "one.png", both, ["arousal"], "net")
    two, one = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("two", "one"))
    assert two.shape[0] == one.shape[0]
    assert two.shape[1] > 1.6 * one.shape[1]


def test_residuals_of_a_constant_truth_have_no_line_and_can_be_drawn(tmp_path):
    flat = random_dimensions(10, targets=("arousal",)).assign(t_arousal=np.float32(3))
    save_residuals(tmp_path / "flat.png", flat, ["arousal"], "net")
    assert matplotlib.image.imread(tmp_path / "flat.png").std() > 0


def test_a_users_settings_do_not_change_the_bytes(tmp_path):
    save_confusion(tmp_path / "ours.png", np.eye(3, dtype=int), CLASSES, "net")
    with matplotlib.rc_context({"font.size": 20, "savefig.facecolor": "red", "axes.titlesize": 30}):
        save_confusion(tmp_path / "theirs.png", np.eye(3, dtype=int), CLASSES, "net")
    assert (tmp_path / "ours.png").read_bytes() == (tmp_path / "theirs.png").read_bytes()
