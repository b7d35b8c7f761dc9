"""What a person should know of a system before believing it."""

import pytest

from pipeline.config.plans import SplitPlan, write_plan
from pipeline.config.splits import SplitSettings
from pipeline.core import paths
from pipeline.core.tables import write_json
from pipeline.inference.facts import facts_of
from tests.settings import shipped_values


def split(protocol: str) -> SplitSettings:
    settings = shipped_values()["defaults"]["split"] | {"protocol": protocol}
    return SplitSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("protocol", "new"), [("stratified", False), ("leave_one_speaker_out", True), ("official", None)]
)
def test_new_speakers_go_by_the_protocol(tmp_path, monkeypatch, protocol: str, new: bool | None) -> None:
    monkeypatch.chdir(tmp_path)
    write_plan(SplitPlan(code="1", studies={"study": {"main": split(protocol)}}), "split")
    assert facts_of("cnn", "study", "main")["new_speakers"] is new


def test_the_short_metrics_stand_in_for_the_scores(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_json(paths.metrics_path("cnn"), {"ccc": 0.25, "status": "trained"})
    assert facts_of("cnn", "study", "main")["score"] == {
        "name": "ccc",
        "value": 0.25,
        "low": None,
        "high": None,
    }
    write_json(paths.evaluated_dir("cnn") / "scores.json", {"ccc": 0.251, "ccc_low": 0.1, "ccc_high": 0.4})
    assert facts_of("cnn", "study", "main")["score"]["high"] == 0.4


def test_what_is_not_known_is_none(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    facts = facts_of("cnn", "study", "main")
    assert facts.pop("study") == "study"
    assert facts.pop("corpora") == []
    assert set(facts.values()) == {None}
