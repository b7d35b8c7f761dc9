"""The plots folder: which files, what is in them, and the same bytes each time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.core.tables import write_json
from pipeline.evaluation.plots import write_model_plots, write_plots
from pipeline.evaluation.regression import score_targets
from tests.evaluation.made_up import (
    CLASSES,
    dimension_history,
    history,
    random_dimensions,
    random_predictions,
)

TABLES = [
    "details/confusions.csv",
    "details/folds.csv",
    "details/groups.csv",
    "details/per_class.csv",
    "details/runs.csv",
    "plots/confusion.csv",
    "plots/learning.csv",
]
STEMS = ["confusion", "learning", "pr", "reliability", "roc"]
PICTURES = [f"details/figures/{stem}.{suffix}" for stem in STEMS for suffix in ("csv", "png")]


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def write_two_seeds(folder: Path) -> Path:
    both = [random_predictions(40, accuracy=0.6, seed=seed) for seed in (3, 4)]
    write_plots(folder / "plots", folder / "details", pd.concat(both), history(4), "net")
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    return write_two_seeds(tmp_path_factory.mktemp("plots") / "net")


@pytest.fixture(scope="module")
def written_again(tmp_path_factory) -> Path:
    return write_two_seeds(tmp_path_factory.mktemp("plots"))


def test_files(written):
    assert files(written) == sorted([*TABLES, *PICTURES])


def test_confusion_has_the_rows_of_the_first_seed(written):
    first = random_predictions(40, accuracy=0.6, seed=3)
    rows = pd.read_csv(written / "plots/confusion.csv")
    assert rows["actual"].tolist() == first["label"].tolist()
    assert rows["predicted"].tolist() == first["predicted"].tolist()


def test_per_class_has_every_class_in_order(written):
    assert pd.read_csv(written / "details/per_class.csv")["class"].tolist() == CLASSES


def test_runs_and_folds_have_a_row_each(written):
    runs, folds = (pd.read_csv(written / f"details/{name}.csv") for name in ("runs", "folds"))
    first = random_predictions(40, accuracy=0.6, seed=3)
    assert runs["seed"].tolist() == folds["seed"].tolist() == [3, 4]
    assert runs["n_test"].tolist() == [40, 40]
    assert runs["accuracy"].iloc[0] == pytest.approx((first["label"] == first["predicted"]).mean())
    assert folds["uar"].tolist() == runs["uar"].tolist()


def test_numbers_of_the_confusion_figure_are_those_of_the_first_seed(written):
    table = pd.read_csv(written / "details/figures/confusion.csv")
    assert table["n"].sum() == 40


def without(column: str, value: object, folder: Path) -> list[str]:
    """Write the figures of predictions of which a column has one value; return which there are."""
    table = random_predictions(40, accuracy=0.6).assign(**{column: value})
    write_plots(folder / "plots", folder / "details", table, history(1)[:0], "net")
    return sorted({Path(name).stem for name in files(folder / "details" / "figures")})


def test_a_system_without_probabilities_has_no_curves(tmp_path):
    assert without("p_sad", np.nan, tmp_path) == ["confusion"]


def test_one_class_alone_has_no_curves_either(tmp_path):
    assert without("label", "sad", tmp_path) == ["confusion", "reliability"]


@pytest.mark.parametrize("name", [*TABLES, *PICTURES])
def test_the_same_predictions_give_the_same_bytes(written, written_again, name):
    assert (written_again / name).read_bytes() == (written / name).read_bytes()


def test_a_system_without_epochs_has_no_curves(tmp_path):
    plots, details = tmp_path / "plots", tmp_path / "details"
    write_plots(plots, details, random_predictions(40, accuracy=0.6), history(1)[:0], "forest")
    assert (details / "figures" / "confusion.png").exists()
    assert not list((details / "figures").glob("learning.*"))
    header = "epoch,n_runs,train_loss,val_loss,val_accuracy,val_uar\n"
    assert (plots / "learning.csv").read_text() == header


@pytest.fixture(scope="module")
def skipped(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("skipped")
    write_plots(
        folder / "plots",
        folder / "details",
        random_predictions(40, accuracy=0.6)[:0],
        history(1)[:0],
        "left_out",
    )
    return folder


def test_a_skipped_system_has_no_pictures(skipped):
    assert files(skipped) == TABLES


@pytest.mark.parametrize("name", TABLES)
def test_a_skipped_system_has_headers_alone(skipped, name):
    assert len((skipped / name).read_text().splitlines()) == 1


DIMENSION_TABLES = [
    "details/folds.csv",
    "details/groups.csv",
    "details/per_target.csv",
    "details/runs.csv",
    "plots/confusion.csv",
    "plots/learning.csv",
]
DIMENSION_PICTURES = [
    f"details/figures/{stem}.{suffix}" for stem in ("learning", "residuals") for suffix in ("csv", "png")
]


def write_dimensions(folder: Path) -> Path:
    both = pd.concat([random_dimensions(40, seed=seed) for seed in (3, 4)])
    write_plots(folder / "plots", folder / "details", both, dimension_history(4), "net")
    return folder


@pytest.fixture(scope="module")
def dimensions(tmp_path_factory) -> Path:
    return write_dimensions(tmp_path_factory.mktemp("dimensions") / "net")


@pytest.fixture(scope="module")
def dimensions_again(tmp_path_factory) -> Path:
    return write_dimensions(tmp_path_factory.mktemp("again"))


def test_files_of_dimensions(dimensions):
    assert files(dimensions) == sorted([*DIMENSION_TABLES, *DIMENSION_PICTURES])


@pytest.mark.parametrize("name", [*DIMENSION_TABLES, *DIMENSION_PICTURES])
def test_the_same_predictions_of_dimensions_give_the_same_bytes(dimensions, dimensions_again, name):
    assert (dimensions_again / name).read_bytes() == (dimensions / name).read_bytes()


def test_dimensions_have_no_confusions(dimensions):
    assert (dimensions / "plots/confusion.csv").read_text() == "actual,predicted\n"


def test_scores_per_target_are_those_of_the_first_seed(dimensions):
    table = pd.read_csv(dimensions / "details/per_target.csv")
    first = score_targets(random_dimensions(40, seed=3), ["arousal", "valence"])
    assert table["target"].tolist() == ["arousal", "valence"]
    assert table["n_test"].tolist() == [40, 40]
    assert table["ccc"].tolist() == pytest.approx([first["ccc_arousal"], first["ccc_valence"]], abs=1e-6)


def test_a_skipped_system_of_dimensions_has_headers_alone(tmp_path):
    nothing = random_dimensions(4)[:0]
    write_plots(tmp_path / "plots", tmp_path / "details", nothing, dimension_history(1)[:0], "left_out")
    assert files(tmp_path) == DIMENSION_TABLES
    n_lines = [len((tmp_path / name).read_text().splitlines()) for name in DIMENSION_TABLES]
    assert n_lines == [1] * 6


def test_what_training_left_is_drawn_where_there_is_something(tmp_path):
    models = tmp_path / "models"
    write_json(models / "seed1_fold0.json", {"feature_importances": {"rms": 0.7, "zcr": 0.3}})
    write_json(models / "run.json", {"settings": {"monitor": "val_uar"}})
    trials = pd.DataFrame({"number": [0, 1], "value": [0.2, 0.4], "state": "complete", "lr": 0.1})
    trials.to_csv(models / "trials.csv", index=False)
    write_model_plots(tmp_path, models, "forest")
    assert files(tmp_path / "figures") == ["importances.csv", "importances.png", "trials.csv", "trials.png"]


def test_a_network_without_a_search_leaves_nothing_to_draw(tmp_path):
    write_json(tmp_path / "models" / "seed1_fold0.json", {"parameters": 12})
    write_model_plots(tmp_path, tmp_path / "models", "net")
    assert not (tmp_path / "figures").exists()
