"""What a system's section draws and lists."""

import numpy as np
import pandas as pd
import pytest

from pipeline.report import panels
from pipeline.report.leaderboard import Row
from pipeline.report.system_detail import Change, ClassDetail, Detail, DimensionDetail, Representation

ROC = pd.DataFrame(
    [("angry", 0, 0), ("angry", 0, 0.5), ("angry", 1, 1), ("sad", 0, 0), ("sad", 1, 1)],
    columns=["class", "fpr", "tpr"],
)
PR = pd.DataFrame(
    [("angry", 0, 1), ("angry", 0.5, 1), ("angry", 1, 0.5)], columns=["class", "recall", "precision"]
)
PER_CLASS = pd.DataFrame(
    [("angry", 2, 0.75, 0.9), ("happy", 0, np.nan, np.nan), ("sad", 2, 0.5, 0.4)],
    columns=["class", "n_test", "auc", "average_precision"],
)


def class_detail(**changes):
    tables = {"confusion": np.eye(3, dtype=int), "per_class": PER_CLASS, "confusions": pd.DataFrame()}
    sure = dict.fromkeys(("reliability", "calibrated", "coverage"))
    return ClassDetail(**{**tables, **sure, "roc": ROC, "pr": PR, **changes})


def detail(*, targets="emotion", **given):
    row = Row("net", {"status": "trained", "targets": targets, "study": "study"})
    empty = pd.DataFrame()
    tables = {
        "predicted": class_detail(),
        "groups": empty,
        "curves": empty,
        "epochs": [],
        "importances": None,
        "trials": None,
        "families": None,
        "stress": None,
    }
    lists = {"clips": [], "representations": [], "comparisons": [], "changes": []}
    return Detail(row=row, **{**tables, **lists, **given})


def test_a_small_curve_for_each_class_that_has_one():
    roc, pr = panels.curve_sets(class_detail())
    assert [(mini.name, mini.area) for mini in roc.curves] == [("angry", 0.75), ("sad", 0.5)]
    assert roc.curves[0].path == "M0 100v-50l100-50"
    assert [(mini.name, mini.area) for mini in pr.curves] == [("angry", 0.9)]
    assert pr.curves[0].path == "M0 0h50v50h50"


def test_without_probabilities_there_are_no_curves():
    assert panels.curve_sets(class_detail(roc=None, pr=None)) == []


def groups():
    rows = [("corpus", "a", 0.5), ("sex", "female", 0.6), ("sex", "male", 0.4)]
    rows += [("speaker", f"a/{number:02d}", number / 100) for number in range(30, 0, -1)]
    return pd.DataFrame(
        [(kind, name, 3, score, score) for kind, name, score in rows],
        columns=["kind", "group", "n_test", "accuracy", "uar"],
    )


def test_speakers_begin_with_the_worst_and_a_single_corpus_is_left_out():
    sexes, speakers = panels.group_tables(detail(groups=groups()))
    assert (sexes.kind, [line["group"] for line in sexes.rows]) == ("sex", ["female", "male"])
    assert (speakers.kind, len(speakers.rows), speakers.n_more) == ("speaker", 24, 6)
    assert speakers.rows[0]["group"] == "a/01"


def test_the_range_of_the_speakers():
    speakers = panels.speaker_range(detail(groups=groups()))
    assert speakers == {"n": 30, "low": 0.01, "median": pytest.approx(0.155), "high": 0.3}
    assert panels.speaker_range(detail(groups=groups().head(4))) is None


def test_residuals_are_drawn_for_each_dimension_that_is_rated():
    residuals = pd.DataFrame(
        {
            "rated_arousal": [1.0, 2, 3],
            "residual_arousal": [0.5, 0, -0.5],
            "rated_valence": np.nan,
            "residual_valence": np.nan,
        }
    )
    lines = pd.DataFrame(
        [("arousal", -0.5, 1.0), ("valence", np.nan, np.nan)], columns=["target", "slope", "intercept"]
    )
    predicted = DimensionDetail(lines, residuals)
    ((name, chart),) = panels.residual_charts(detail(targets="arousal,valence", predicted=predicted))
    assert name == "arousal"
    (start, middle, end) = chart.clouds[0].path.strip("M").replace("h0", "").split("M")
    assert chart.lines[0].points[0] == pytest.approx([float(part) for part in start.split()], abs=0.5)
    assert chart.lines[0].points[1] == pytest.approx([float(part) for part in end.split()], abs=0.5)
    assert chart.ideals[0].points[0][1] == pytest.approx(float(middle.split()[1]), abs=0.5)


def test_a_constant_rating_has_no_fitted_line():
    residuals = pd.DataFrame({"rated_arousal": [2.0, 2], "residual_arousal": [0.5, -0.5]})
    lines = pd.DataFrame([("arousal", np.nan, np.nan)], columns=["target", "slope", "intercept"])
    ((_, chart),) = panels.residual_charts(
        detail(targets="arousal", predicted=DimensionDetail(lines, residuals))
    )
    assert chart.lines == []
    assert np.isfinite(chart.ideals[0].points).all()


def test_importances_are_shown_against_the_largest():
    table = pd.DataFrame({"feature": [f"f{n}" for n in range(20)], "importance": [0.4, *[0.1] * 19]})
    top = panels.important_features(table)
    assert [line["share"] for line in top[:2]] == [1.0, 0.25]
    assert len(top) == 15


def test_trials_that_were_stopped_are_no_dots():
    table = pd.DataFrame({"value": [np.nan, 0.4, 0.6, np.nan], "best": [np.nan, 0.4, 0.6, 0.6]})
    chart = panels.trial_chart(table)
    assert chart.clouds[0].path.count("M") == 2
    assert len(chart.lines[0].points) == 3


def test_a_plane_has_a_cloud_a_class_with_its_name_amid():
    points = pd.DataFrame({"label": ["sad", "sad", "angry"], "x": [0.0, 1, 2], "y": [0.0, 1, 5]})
    chart = panels.plane_chart(Representation("fused", points, {}, "folder"), detail())
    assert [(cloud.name, cloud.style, cloud.path.count("M")) for cloud in chart.clouds] == [
        ("angry", "k1", 1),
        ("sad", "k3", 2),
    ]
    assert all(cloud.name_at for cloud in chart.clouds)
    assert chart.x_ticks == chart.y_ticks == []


def test_the_plane_of_a_dimension_has_five_steps_of_its_rating():
    points = pd.DataFrame(
        {"label": "other", "arousal": np.linspace(1, 5, 10), "x": np.arange(10.0), "y": np.arange(10.0)}
    )
    predicted = DimensionDetail(pd.DataFrame(), pd.DataFrame())
    chart = panels.plane_chart(
        Representation("embedding", points, {}, "folder"),
        detail(targets="valence,arousal", predicted=predicted),
    )
    assert [(cloud.style, cloud.name_at) for cloud in chart.clouds] == [
        (f"q{step}", None) for step in range(1, 6)
    ]
    assert {cloud.path.count("M") for cloud in chart.clouds} == {2}


def test_changes_are_better_or_worse():
    confusion = pd.DataFrame(
        [("a", "a", 20.0, 25.0), ("a", "b", -20.0, -50.0), ("b", "a", 10.0, np.nan), ("b", "b", 0.2, 1.0)],
        columns=["actual", "predicted", "points", "percent"],
    )
    ((_, first), (_, second)) = panels.change_rows(Change("other", [], confusion, "stem"))
    assert [(cell.kind, cell.strength, cell.percent) for cell in first] == [
        ("rise", 0.75, 25.0),
        ("rise", 0.75, -50.0),
    ]
    assert [(cell.kind, cell.percent) for cell in second] == [("fall", None), ("", None)]
