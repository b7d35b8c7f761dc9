"""The stage that changes the test clips of a system and asks it again."""

from pathlib import Path

import pytest

from pipeline.config.plans import EvaluatePlan, StressPlan, load_plan, write_plan
from pipeline.core.paths import stress_dir
from pipeline.core.schemas import predictions_schema
from pipeline.core.tables import read_json
from pipeline.inference.plans import read_plans
from pipeline.stages import stress
from pipeline.stress.conditions import CONDITIONS
from pipeline.training.outcome import write_skipped
from tests.inference.box import Box
from tests.training import toy


def plan(system: str) -> None:
    split = load_plan(EvaluatePlan, "evaluate").systems["tiny_cnn"].split
    plans = read_plans("tiny_cnn").model_copy(update={"evaluated": None})
    write_plan(StressPlan(code="1", seed=1, most_clips=3, plans=plans, split=split), "stress", system)


def test_a_system_is_stressed_by_its_plan(corpus: Box, caplog: pytest.LogCaptureFixture) -> None:
    plan("tiny_cnn")
    with caplog.at_level("INFO"):
        stress.main("tiny_cnn")
    assert "stress tiny_cnn: 3 clips, worst " in caplog.text
    folder = stress_dir("tiny_cnn")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(files) == {"stress.json", "stress.csv", "stress.png", "decisions.csv"}
    found = [one["condition"] for one in read_json(folder / "stress.json")["conditions"]]
    assert found == [*CONDITIONS]
    stress.main("tiny_cnn")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


def test_a_study_without_clips_says_so(corpus: Box, tmp_path: Path, monkeypatch, caplog) -> None:
    plan("skipped")
    write_skipped("skipped", predictions_schema(toy.CLASSES), "digest")
    with caplog.at_level("INFO"):
        stress.main("skipped")
    assert "stress skipped: nothing to ask" in caplog.text
    assert read_json(stress_dir("skipped") / "stress.json")["status"] == "skipped"
