"""What a person should know of a system before believing it."""

import pandas as pd
import pytest

from pipeline.config.plans import EvaluatedSplit
from pipeline.core import paths
from pipeline.core.tables import write_csv, write_json
from pipeline.inference.facts import facts_of, new_speakers


def split(promise: bool | None) -> EvaluatedSplit:
    return EvaluatedSplit(
        study="study", variant="main", train_on=["train"], protocol="any", new_speakers=promise
    )


@pytest.mark.parametrize("promise", [True, False, None])
def test_new_speakers_go_by_the_protocol(tmp_path, monkeypatch, promise: bool | None) -> None:
    monkeypatch.chdir(tmp_path)
    assert new_speakers(split(promise)) is promise


@pytest.mark.parametrize(("tested", "new"), [("tess/OAF", False), ("tess/YAF", True)])
def test_the_clips_say_it_where_they_are_counted(tmp_path, monkeypatch, tested: str, new: bool) -> None:
    monkeypatch.chdir(tmp_path)
    counts = pd.DataFrame({"fold": 0, "split": ["train", "test"], "speaker": ["tess/OAF", tested], "n": 5})
    write_csv(paths.split_counts_path("study", "main"), counts)
    assert new_speakers(split(None)) is new
    assert new_speakers(split(True)) is new


def test_the_short_metrics_stand_in_for_the_scores(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_json(paths.metrics_path("cnn", "study"), {"cnn": {"ccc": 0.25, "status": "trained"}})
    assert facts_of("cnn", "study", None)["score"] == {
        "name": "ccc",
        "value": 0.25,
        "low": None,
        "high": None,
    }
    write_json(paths.evaluated_dir("cnn") / "scores.json", {"ccc": 0.251, "ccc_low": 0.1, "ccc_high": 0.4})
    assert facts_of("cnn", "study", None)["score"]["high"] == 0.4


def test_what_is_not_known_is_none(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    facts = facts_of("cnn", "study", None)
    assert facts.pop("study") == "study"
    assert facts.pop("corpora") == []
    assert set(facts.values()) == {None}
