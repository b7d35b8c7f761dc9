"""What DVC compares of a system: few numbers, of four digits, and a status, in a file a study."""

import pytest

from pipeline.core.tables import read_json
from pipeline.evaluation.short_metrics import short_metrics, write_short_metrics
from pipeline.evaluation.summary import summarise
from tests.evaluation.made_up import predictions, random_dimensions, random_predictions

MODEL = {"pretrained": False, "random_weights": False, "parameters": 1204, "n_train": 70}


def test_classes_have_accuracy_and_uar():
    scores = summarise(random_predictions(50, accuracy=0.7), {}, MODEL)
    assert list(short_metrics(scores).items()) == [
        ("accuracy", round(scores["accuracy"], 4)),
        ("uar", round(scores["uar"], 4)),
        ("status", "trained"),
    ]


def test_dimensions_have_ccc():
    scores = summarise(random_dimensions(40), {}, MODEL)
    assert short_metrics(scores) == {"ccc": round(scores["ccc"], 4), "status": "trained"}


def test_numbers_have_four_decimals():
    scores = summarise(predictions(["angry"] * 3, ["angry", "sad", "sad"]), {}, MODEL)
    assert short_metrics(scores)["accuracy"] == 0.3333


@pytest.mark.parametrize(("random_weights", "status"), [(True, "random"), (False, "trained")])
def test_random_weights_in_the_place_of_published_ones_are_told(random_weights, status):
    model = {**MODEL, "random_weights": random_weights}
    assert (
        short_metrics(summarise(predictions(["angry", "sad"], ["angry", "sad"]), {}, model))["status"]
        == status
    )


def test_a_skipped_system_has_no_numbers():
    assert short_metrics({"status": "skipped", "profile": "demo"}) == {"status": "skipped"}


def test_a_study_and_a_group_has_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    studies = {
        "net": "one",
        "forest": "two",
        "ablations_net": "one",
        "new_speakers_tess_svm": "tess",
        "a": "one",
    }
    write_short_metrics({name: {"status": "skipped", "study": study} for name, study in studies.items()})
    found = {path.stem: list(read_json(path)) for path in (tmp_path / "metrics/systems").iterdir()}
    assert found == {
        "one": ["a", "net"],
        "two": ["forest"],
        "ablations": ["ablations_net"],
        "new_speakers": ["new_speakers_tess_svm"],
    }
