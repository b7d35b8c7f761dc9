"""Scoring one system: from the cache where nothing has changed, anew where something has, never half."""

import os
import shutil
from types import SimpleNamespace

import pytest

from pipeline.core.paths import cache_dir, evaluated_dir, figures_dir, plots_dir, trained_dir
from pipeline.core.tables import read_json, write_json
from pipeline.evaluation import plots, system
from pipeline.evaluation.system import evaluate, is_trained, read_scores, scores_path
from tests.evaluation.made_up import history, random_predictions
from tests.evaluation.trained import PLAN, write_training

ABOUT = {
    "profile": "open",
    "synthetic": False,
    "study": "study",
    "corpora": "made_up",
    "protocol": "stratified",
}
OUTPUTS = (evaluated_dir("net"), plots_dir("net"))
MARK = "from the cache"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """An empty cache, and what training leaves of a system, of which no figures are drawn."""
    monkeypatch.setattr(plots, "write_plots", write_tables)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SER_REFRESH", raising=False)
    train()


def write_tables(folder, details, predictions, history, title):
    """Stand in for `write_plots`, which takes a second."""
    for path in (folder / "learning.csv", details / "runs.csv", details / "figures" / "confusion.csv"):
        path.parent.mkdir(parents=True, exist_ok=True)
        predictions.to_csv(path)


def train(accuracy=0.7):
    write_training("net", random_predictions(30, accuracy=accuracy), history(2))


def entries():
    """Return the evaluations in the cache; a name that begins with a dot is no entry."""
    return list((cache_dir() / "evaluations" / "net").glob("[!.]*"))


def mark():
    """Put a file into what is in the cache, so that it is seen where an evaluation comes from."""
    for entry in entries():
        (entry / "evaluated" / MARK).touch()
        write_json(entry / system.LISTING, system._hashes(entry))


def is_from_cache(about=ABOUT, code="1"):
    """Evaluate, and tell whether the files came from the cache."""
    evaluate("net", about, code)
    return (evaluated_dir("net") / MARK).exists()


def files():
    return {path: path.read_bytes() for folder in OUTPUTS for path in folder.rglob("*.*")}


def test_scores_tables_and_figures_are_written():
    scores = evaluate("net", ABOUT, "1")
    assert scores == read_json(scores_path("net"))
    assert (scores["status"], scores["n_test"], scores["parameters"]) == ("trained", 30, 1204)
    assert (figures_dir("net") / "confusion.csv").exists()
    assert (plots_dir("net") / "learning.csv").exists()


def test_the_cache_gives_the_bytes_that_were_computed():
    evaluate("net", ABOUT, "1")
    before = files()
    mark()
    for folder in OUTPUTS:
        shutil.rmtree(folder)
    assert is_from_cache()
    (evaluated_dir("net") / MARK).unlink()
    assert files() == before
    assert len(before) == 7


def test_another_cache_computes_the_same_bytes(tmp_path, monkeypatch):
    evaluate("net", ABOUT, "1")
    before = files()
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "another"))
    evaluate("net", ABOUT, "1")
    assert files() == before


def test_other_predictions_are_evaluated_anew_and_the_old_ones_are_still_known():
    first = evaluate("net", ABOUT, "1")
    mark()
    train(accuracy=0.4)
    assert not is_from_cache()
    assert read_json(scores_path("net"))["accuracy"] < first["accuracy"]
    train()
    assert is_from_cache()
    assert read_json(scores_path("net")) == first
    assert len(entries()) == 2


@pytest.mark.parametrize(
    ("about", "code"), [({**ABOUT, "protocol": "by speaker"}, "1"), (ABOUT, "2")], ids=["protocol", "code"]
)
def test_other_settings_and_other_code_evaluate_anew(about, code):
    evaluate("net", ABOUT, "1")
    mark()
    assert not is_from_cache(about, code)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("seed0_fold0.safetensors", True),
        ("run.json", True),
        ("seed0_fold0.json", False),
        ("inner/model.json", False),
    ],
)
def test_weights_and_the_run_record_do_not_count_what_is_read_does(name, same):
    evaluate("net", ABOUT, "1")
    mark()
    write_json(trained_dir("net") / name, {"seconds": 12.5})
    assert is_from_cache() == same


def test_what_is_cached_is_computed_anew_if_asked(monkeypatch):
    evaluate("net", ABOUT, "1")
    mark()
    monkeypatch.setenv("SER_REFRESH", "1")
    assert not is_from_cache()


@pytest.mark.parametrize("cached", [True, False])
def test_nothing_stays_of_an_older_evaluation(cached):
    evaluate("net", ABOUT, "1")
    old = figures_dir("net") / "importances.png"
    old.touch()
    if not cached:
        train(accuracy=0.4)
    evaluate("net", ABOUT, "1")
    assert not old.exists()


@pytest.mark.parametrize("n_copied", [0, 1])
def test_a_write_that_is_stopped_leaves_no_half_entry(monkeypatch, n_copied):
    copied = []

    def copy_some(source, target):
        if len(copied) == n_copied:
            target.mkdir(parents=True)  # it has begun
            raise KeyboardInterrupt
        copied.append(shutil.copytree(source, target))

    with monkeypatch.context() as patch:
        patch.setattr(system, "shutil", SimpleNamespace(copytree=copy_some, rmtree=shutil.rmtree))
        with pytest.raises(KeyboardInterrupt):
            evaluate("net", ABOUT, "1")
    assert entries() == []
    before = files()
    assert not is_from_cache()
    assert files() == before
    assert len(entries()) == 1


def test_what_a_killed_process_leaves_is_not_read(monkeypatch):
    if not (child := os.fork()):
        monkeypatch.setattr(system.Path, "rename", lambda *_: os._exit(9))
        try:
            evaluate("net", ABOUT, "1")
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert len(list((cache_dir() / "evaluations" / "net").iterdir())) == 1
    assert entries() == []
    assert not is_from_cache()
    mark()
    assert is_from_cache()


def test_an_entry_that_another_experiment_has_written_meanwhile_stays(monkeypatch):
    def compute_as_well(*arguments):
        compute(*arguments)
        monkeypatch.setattr(system, "_compute", compute)
        evaluate("net", ABOUT, "1")
        mark()

    compute = system._compute
    monkeypatch.setattr(system, "_compute", compute_as_well)
    evaluate("net", ABOUT, "1")
    assert len(entries()) == 1
    assert is_from_cache()


@pytest.mark.parametrize(("plan", "trained"), [(PLAN, True), ("that of before", False)])
def test_a_system_is_trained_by_its_plan_or_not_yet(plan, trained):
    assert is_trained("net", plan) is trained
    assert not is_trained("nobody", plan)


def test_scores_are_those_of_what_is_evaluated():
    scores = evaluate("net", ABOUT, "1")
    assert read_scores(["net", "nobody"]) == {"net": scores}


def test_a_system_without_predictions_is_skipped_from_the_cache_too():
    write_training("net", random_predictions(30, accuracy=0.7)[:0], history(1)[:0])
    assert evaluate("net", ABOUT, "1")["status"] == "skipped"
    mark()
    assert is_from_cache()
