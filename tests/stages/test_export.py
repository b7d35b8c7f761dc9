"""The stage that writes trained systems down to be taken elsewhere."""

from pathlib import Path

import pytest

from pipeline.config.plans import (
    EvaluatedSplit,
    EvaluatedSystem,
    ExportPlan,
    FeaturesPlan,
    SystemPlans,
    write_plan,
)
from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.schemas import predictions_schema
from pipeline.core.tables import write_json
from pipeline.inference.exported import read_export
from pipeline.inference.predictor import load
from pipeline.stages import export, train
from pipeline.training.outcome import write_skipped
from tests.inference.box import FEATURE_SETS
from tests.stages.test_train import CORPUS, INPUTS, STUDY, plan_of, write_features, write_split, write_system
from tests.training import toy

SCORES = {"uar": 0.5, "uar_low": 0.4, "uar_high": 0.6, "random_weights": False}


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the shards and splits of a toy study."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_CACHE", str(tmp_path / "cache"))
    write_split(toy.study("vectors"))
    for name in INPUTS:
        write_features(name)
    for name in (*INPUTS, "none"):
        write_json(paths.store_path(name, STUDY, "main"), {"digest": name})


def plan(system: str, *, onnx: bool, code: str = "1") -> None:
    """Write what `plan` says of the export of a toy system, and nothing that it says of its training."""
    planned = plan_of(system, code)
    name = planned.system.features
    kind, settings = FEATURE_SETS[name]
    audio = {name: FeaturesPlan(code="1", kind=kind, corpora=[CORPUS], settings=settings, weights="random")}
    about = {"synthetic": True, "corpora": CORPUS, "protocol": "by hand"}
    split = EvaluatedSplit(
        study=STUDY, variant="main", train_on=["train"], protocol="any", new_speakers=False
    )
    evaluated = EvaluatedSystem(about=about, plan=planned.digest, split=split)
    plans = SystemPlans(plan=planned, members={}, audio=audio, text={}, asr=None, evaluated=evaluated)
    write_plan(ExportPlan(code="1", onnx=onnx, plans=plans), "export", system)


def trained(system: str) -> Path:
    """Train a toy system; return the folder of its export."""
    write_system(system)
    train.main(system)
    paths.plan_path("train", system).unlink()  # the stage has to do with its own plan
    write_json(paths.evaluated_dir(system) / "scores.json", SCORES)
    return paths.export_dir(system)


def test_a_system_is_exported_by_its_plan_alone(caplog: pytest.LogCaptureFixture) -> None:
    folder = trained("toy_forest")
    plan("toy_forest", onnx=False)
    with caplog.at_level("INFO"):
        export.main("toy_forest")
    assert "export toy_forest: 2 model(s), " in caplog.text
    assert not (folder / "onnx").exists()
    assert load(folder).facts["score"] == {"name": "uar", "value": 0.5, "low": 0.4, "high": 0.6}
    assert "It learnt from synthetic speech." in (folder / "README.md").read_text("utf-8")


def test_models_are_written_as_onnx_where_the_plan_says_so(caplog: pytest.LogCaptureFixture) -> None:
    folder = trained("toy_cnn")
    plan("toy_cnn", onnx=True)
    with caplog.at_level("INFO"):
        export.main("toy_cnn")
    assert "export toy_cnn: 2 model(s) and as ONNX, " in caplog.text
    assert {path.name for path in folder.glob("onnx/toy_cnn/*.onnx")} == {
        "seed1_fold0.onnx",
        "seed2_fold0.onnx",
    }


def test_a_second_run_takes_the_place_of_the_first() -> None:
    folder = trained("toy_forest")
    plan("toy_forest", onnx=False)
    export.main("toy_forest")
    (folder / "left.txt").write_text("over")
    export.main("toy_forest")
    assert not (folder / "left.txt").exists()
    assert read_export(folder).name == "toy_forest"


def test_a_study_without_clips_leaves_a_folder_that_says_so(caplog: pytest.LogCaptureFixture) -> None:
    write_skipped("toy_cnn", predictions_schema(toy.CLASSES), "no clips", plan=plan_of("toy_cnn").digest)
    plan("toy_cnn", onnx=True)
    with caplog.at_level("INFO"):
        export.main("toy_cnn")
    assert "export toy_cnn: nothing to export" in caplog.text
    folder = paths.export_dir("toy_cnn")
    assert [path.name for path in folder.iterdir()] == ["README.md"]
    assert "toy_cnn is not trained: its study has no clips" in (folder / "README.md").read_text("utf-8")


def test_what_was_trained_by_another_plan_is_not_exported() -> None:
    trained("toy_forest")
    plan("toy_forest", onnx=False, code="2")
    with pytest.raises(
        PipelineError, match="toy_forest was trained by other settings or code than are planned"
    ):
        export.main("toy_forest")
