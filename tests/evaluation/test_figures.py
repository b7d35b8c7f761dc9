"""Figures: pictures that are not empty, whatever a user's matplotlib settings are."""

import matplotlib
import matplotlib.image
import numpy as np
import pandas as pd
from PIL import Image

from pipeline.evaluation.figures import save_confusion, save_curves
from pipeline.evaluation.history import mean_curves, spread_curves
from pipeline.evaluation.residual_figure import residual_table, save_residuals
from tests.evaluation.made_up import (
    CLASSES,
    dimension_history,
    dimension_predictions,
    history,
    random_dimensions,
)


def test_confusion_shows_more_of_what_is_more_frequent(tmp_path):
    save_confusion(tmp_path / "right.png", np.diag([5, 5, 5]), CLASSES, "net")
    save_confusion(tmp_path / "none.png", np.zeros((3, 3), dtype=int), CLASSES, "net")
    right, none = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("right", "none"))
    assert right[..., :3].mean() < none[..., :3].mean() - 0.05  # darker


def test_a_run_of_one_epoch_is_visible(tmp_path):
    save_curves(tmp_path / "one.png", mean_curves(history(1)), "net")
    save_curves(tmp_path / "none.png", mean_curves(history(1)).assign(train_loss=np.nan), "net")
    assert (tmp_path / "one.png").read_bytes() != (tmp_path / "none.png").read_bytes()


def test_the_spread_of_several_runs_is_drawn(tmp_path):
    runs = pd.concat([history(4), history(4).assign(seed=1, val_loss=5.0)])
    save_curves(tmp_path / "mean.png", mean_curves(runs), "net")
    save_curves(tmp_path / "band.png", spread_curves(runs), "net")
    assert (tmp_path / "mean.png").read_bytes() != (tmp_path / "band.png").read_bytes()


def test_paper_is_white_and_a_title_has_room(tmp_path):
    save_confusion(tmp_path / "short.png", np.eye(3, dtype=int), CLASSES, "net")
    save_confusion(tmp_path / "long.png", np.eye(3, dtype=int), CLASSES, "n" * 120)
    short, long = (Image.open(tmp_path / f"{name}.png").convert("RGB") for name in ("short", "long"))
    assert short.getpixel((0, 0)) == (255, 255, 255)
    assert long.width > 1.5 * short.width
    assert {long.getpixel((long.width - 1, y)) for y in range(long.height)} == {(255, 255, 255)}


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


def test_the_numbers_of_the_residuals():
    table = residual_table(dimension_predictions({"arousal": [1, 3]}, {"arousal": [2, 2.5]}), ["arousal"])
    assert table.columns.tolist() == [
        "utterance_id",
        "rated_arousal",
        "predicted_arousal",
        "residual_arousal",
    ]
    assert table["residual_arousal"].tolist() == [-1, 0.5]


def test_residuals_of_a_constant_truth_have_no_line_and_can_be_drawn(tmp_path):
    flat = random_dimensions(10, targets=("arousal",)).assign(t_arousal=np.float32(3))
    save_residuals(tmp_path / "flat.png", flat, ["arousal"], "net")
    assert matplotlib.image.imread(tmp_path / "flat.png").std() > 0


def test_a_users_settings_do_not_change_the_bytes(tmp_path):
    save_confusion(tmp_path / "ours.png", np.eye(3, dtype=int), CLASSES, "net")
    with matplotlib.rc_context({"font.size": 20, "savefig.facecolor": "red", "axes.titlesize": 30}):
        save_confusion(tmp_path / "theirs.png", np.eye(3, dtype=int), CLASSES, "net")
    assert (tmp_path / "ours.png").read_bytes() == (tmp_path / "theirs.png").read_bytes()
