"""Lists of our clips and lines over residuals beside a document's, from what the stages leave."""

import numpy as np
import pandas as pd
import pytest

from pipeline.config.documents import Clips
from pipeline.core.paths import analysis_dir, evaluated_dir, figures_dir
from pipeline.core.tables import write_csv
from pipeline.report.leaderboard import Row
from pipeline.report.study_extras import read_listing, residual_panels


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def clips_of(name: str) -> Clips:
    return Clips(caption="ours", system="net", name=name)


def test_ten_confusions_of_each_corpus_are_listed():
    table = pd.DataFrame(
        {
            "corpus": ["b"] * 12 + ["a"],
            "actual": "happy",
            "predicted": [f"class_{number}" for number in range(13)],
            "n": range(20, 7, -1),
            "share": 0.25,
        }
    )
    write_csv(evaluated_dir("net") / "confusions.csv", table)
    listing = read_listing(clips_of("confusions"))
    assert len(listing.rows) == 11
    assert listing.rows[0] == ["b", "happy for class_0", "20", "25.0"]
    assert listing.rows[-1] == ["a", "happy for class_12", "8", "25.0"]


@pytest.mark.parametrize("name", ["failures", "unsure"])
def test_the_first_clips_of_a_list_are_shown(name):
    table = pd.DataFrame(
        {
            "utterance_id": [f"a/{number}" for number in range(7)],
            "actual": "sad",
            "predicted": "happy",
            "confidence": 0.855,
            "runner_up": "sad",
            "runner_up_probability": 0.1,
            "transcript": ["Say it.", None, *["x"] * 5],
        }
    )
    path = analysis_dir() / name / "net.csv"
    write_csv(path, table)
    listing = read_listing(clips_of(name))
    assert (len(listing.rows), listing.path) == (5, path)
    assert listing.rows[0] == ["a/0", "Say it.", "sad", "happy", "85.5", "sad", "10.0"]
    assert listing.rows[1][1] == ""


def test_without_mistakes_there_is_no_list():
    write_csv(analysis_dir() / "failures" / "net.csv", pd.DataFrame({"utterance_id": []}))
    assert read_listing(clips_of("failures")) is None


def trained(system: str, status: str = "trained") -> Row:
    return Row(system, {"status": status})


def test_residuals_of_several_systems_have_a_panel_for_each_dimension():
    for system, slope in (("one", 0.5), ("two", np.nan)):
        table = pd.DataFrame(
            {"target": ["arousal", "valence"], "slope": [slope, 1.0], "intercept": [-1.0, -2.0]}
        )
        write_csv(evaluated_dir(system) / "per_target.csv", table)
        rated = pd.DataFrame({"rated_arousal": [1.0, 5.0], "rated_valence": [2.0, 4.0]})
        write_csv(figures_dir(system) / "residuals.csv", rated)
    rows = {"one": trained("one"), "two": trained("two"), "three": trained("three", "skipped")}
    systems = {"First": "one", "Third": "three", "Second": "two", "Fourth": "four"}
    arousal, valence = residual_panels(systems, rows)
    assert (arousal.dimension, [line.name for line in arousal.chart.lines]) == ("arousal", ["First"])
    assert [(line.name, line.style) for line in valence.chart.lines] == [("First", "k1"), ("Second", "k3")]
    (left, low), (right, high) = arousal.chart.lines[0].points
    assert left < right
    assert low > high  # from -0.5 up to 1.5, and SVG counts downwards


def test_without_trained_systems_there_is_no_panel():
    assert residual_panels({"First": "one"}, {}) == []
