"""The plots folder: which files, what is in them, and the same bytes each time."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.evaluation.plots import write_plots
from tests.evaluation.made_up import CLASSES, history, random_predictions

TABLES = [
    "details/confusions.csv",
    "details/groups.csv",
    "details/per_class.csv",
    "plots/confusion.csv",
    "plots/learning.csv",
]
PICTURES = ["plots/figures/confusion.png", "plots/figures/learning.png"]


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


@pytest.mark.parametrize("name", [*TABLES, *PICTURES])
def test_the_same_predictions_give_the_same_bytes(written, written_again, name):
    assert (written_again / name).read_bytes() == (written / name).read_bytes()


def test_a_system_without_epochs_has_no_curves(tmp_path):
    write_plots(
        tmp_path, tmp_path / "details", random_predictions(40, accuracy=0.6), history(1)[:0], "forest"
    )
    assert not (tmp_path / "figures" / "learning.png").exists()
    assert (
        tmp_path / "learning.csv"
    ).read_text() == "epoch,n_runs,train_loss,val_loss,val_accuracy,val_uar\n"


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
