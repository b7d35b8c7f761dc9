"""How many systems' metrics a run has changed, and by how much."""

import json

from pipeline.orchestration.moved import read_metrics, what_moved

BEFORE = {"a": {"uar": 0.5}, "b": {"ccc": 0.1, "uar": 0.4}, "skipped": {"status": "skipped"}}


def test_nothing():
    assert what_moved(BEFORE, BEFORE) == "The metrics of all 3 systems are what they were."


def test_the_largest_step_is_named_whatever_its_direction():
    after = {**BEFORE, "a": {"uar": 0.51}, "b": {"ccc": -0.05, "uar": 0.4}}
    assert what_moved(BEFORE, after) == (
        "The metrics of 2 of 3 systems have changed, 0 of them are new. "
        "Largest change of a UAR or mean CCC: -0.1500, of b."
    )


def test_new_systems_have_no_step():
    assert what_moved({}, BEFORE) == "The metrics of 3 of 3 systems have changed, 3 of them are new."


def test_a_system_that_is_trained_at_last_has_no_step_either():
    after = {**BEFORE, "skipped": {"status": "trained", "uar": 0.3}}
    assert what_moved(BEFORE, after) == "The metrics of 1 of 3 systems have changed, 0 of them are new."


def test_metrics_are_read_by_system(tmp_path):
    (tmp_path / "study.json").write_text(json.dumps({name: BEFORE[name] for name in ("a", "b")}))
    (tmp_path / "other.json").write_text(json.dumps({"skipped": BEFORE["skipped"]}))
    (tmp_path / ".gitignore").write_text("")
    assert read_metrics(tmp_path) == BEFORE
    assert read_metrics(tmp_path / "absent") == {}
