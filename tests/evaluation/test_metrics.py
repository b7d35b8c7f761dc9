"""A metric is one entry: scores, intervals, tables and the report follow."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    precision_score,
)

from pipeline.evaluation.bootstrap import bootstrap_intervals
from pipeline.evaluation.folds import run_table
from pipeline.evaluation.groups import scores_by_group
from pipeline.evaluation.metrics import METRICS, Metric, metric_of
from pipeline.evaluation.scores import confusion_counts
from pipeline.evaluation.short_metrics import short_metrics
from pipeline.evaluation.summary import summarise
from pipeline.report.leaderboard import Row
from pipeline.report.results_table import results_markdown
from tests.evaluation.made_up import CLASSES, random_dimensions, random_predictions

ABOUT = {"profile": "demo", "synthetic": True, "study": "one", "corpora": "made_up", "protocol": "stratified"}
MODEL = {"pretrained": False, "random_weights": False, "parameters": 3, "n_train": 5}


def kappa(counts):
    """Cohen's kappa."""
    n = counts.sum(axis=(-2, -1))
    agreed = np.trace(counts, axis1=-2, axis2=-1) / n
    chance = (counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1) / n**2
    return (agreed - chance) / (1 - chance)


@pytest.fixture
def with_kappa(monkeypatch):
    flags = dict.fromkeys(("interval", "by_group", "by_fold", "shown", "column"), True)
    monkeypatch.setitem(METRICS, "kappa", Metric("kappa", "Cohen's kappa", "counts", kappa, **flags))


@pytest.fixture
def table():
    return random_predictions(90, accuracy=0.6)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("accuracy", accuracy_score),
        ("uar", balanced_accuracy_score),
        ("macro_f1", lambda *both: f1_score(*both, average="macro")),
        ("weighted_f1", lambda *both: f1_score(*both, average="weighted")),
        ("macro_precision", lambda *both: precision_score(*both, average="macro")),
        ("weighted_precision", lambda *both: precision_score(*both, average="weighted")),
    ],
)
def test_counts_give_what_scikit_learn_gives(name, reference, table):
    counts = confusion_counts(table["label"], table["predicted"], CLASSES)
    assert METRICS[name].function(counts) == pytest.approx(reference(table["label"], table["predicted"]))


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if metric.of == "counts"])
def test_many_matrices_at_once_are_as_one_by_one(name):
    counts = np.random.default_rng(0).integers(0, 4, size=(5, 2, 4, 4))
    counts[0, 0, 1] = 0  # a class that is not there
    counts[1, 1] = 0  # nothing drawn
    function = METRICS[name].function
    each = [[float(function(one)) for one in row] for row in counts]
    assert function(counts) == pytest.approx(np.array(each), nan_ok=True)
    assert np.isnan(each[1][1])


def test_a_new_entry_is_scored(with_kappa, table):
    scores = summarise(table, ABOUT, MODEL)
    assert scores["kappa"] == pytest.approx(cohen_kappa_score(table["label"], table["predicted"]))
    assert (scores["kappa_low"], scores["kappa_high"]) == bootstrap_intervals(table, CLASSES)[0]["kappa"]
    assert scores["kappa_low"] < scores["kappa"] < scores["kappa_high"]


def test_a_new_entry_is_in_all_tables(with_kappa, table):
    scores = summarise(table, ABOUT, MODEL)
    assert run_table(table, CLASSES, [])["kappa"].tolist() == [scores["kappa"]]
    assert scores_by_group(table).query("kind == 'corpus'")["kappa"].tolist() == [scores["kappa"]]
    assert short_metrics(scores)["kappa"] == round(scores["kappa"], 4)
    markdown = results_markdown([Row("net", scores)], "demo")
    assert "UAR, % | Cohen's kappa, % |" in markdown
    assert f"| {100 * scores['kappa']:.1f} |" in markdown


def test_a_new_entry_is_of_every_dimension(monkeypatch):
    def mean_error(truth, predicted):
        return float(np.abs(truth - predicted).mean())

    monkeypatch.setitem(METRICS, "mae", Metric("mae", "MAE", "values", mean_error, higher_is_better=False))
    table = random_dimensions(40)
    scores = summarise(table, ABOUT, MODEL)
    expected = (table["t_valence"].astype(float) - table["y_valence"].astype(float)).abs().mean()
    assert scores["mae_valence"] == pytest.approx(expected)
    assert metric_of("mae_valence").title == "MAE"
