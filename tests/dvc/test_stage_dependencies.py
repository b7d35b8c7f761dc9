"""Each stage of dvc.yaml depends on the code that it runs: its script's imports, and the plug-ins it loads."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.core.code import closure

YAML_SAFE = YAML(typ="safe")
STAGES = YAML_SAFE.load(Path("dvc.yaml").read_text())["stages"]
PARAMS = YAML_SAFE.load(Path("params.yaml").read_text())
MODELS = set(Path("pipeline/models").glob("[!_]*.py"))

# What a stage loads by name, or reads besides its data.
BY_NAME = {
    "code": {"pipeline"},
    "index": {"data/code/corpora/${key}.json"},
    "train": {"data/code/models/${item.model}.json"},
    "combine": {"data/code/models"},
    "report": {"pipeline/report/templates"},
}


def body(stage: str) -> dict:
    return STAGES[stage].get("do", STAGES[stage])


def expected(stage: str) -> set[str]:
    script = body(stage)["cmd"].split()[2].rpartition(".")[2]
    code = set() if stage == "code" else {f"data/code/stages/{script}.json"}
    kind = stage.partition("_")[2]
    if kind in PARAMS["feature_sets"]:
        code.add(f"data/code/features/{kind}.json")
    return code | BY_NAME.get(stage, set())


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_code_it_runs(stage):
    listed = {dep for dep in body(stage)["deps"] if dep.startswith(("pipeline", "data/code/"))}
    assert listed == expected(stage)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_a_script_of_its_own_kind(stage):
    module = body(stage)["cmd"].split()[2]
    assert Path(*module.split(".")).with_suffix(".py").exists()


@pytest.mark.parametrize("stage", STAGES)
def test_dependencies_are_unique(stage):
    assert len(body(stage)["deps"]) == len(set(body(stage)["deps"]))


@pytest.mark.parametrize("kind", PARAMS["feature_sets"])
def test_every_kind_of_feature_has_its_stages(kind):
    assert {f"features_{kind}", f"store_{kind}"} <= STAGES.keys()


@pytest.mark.parametrize("model", sorted(MODELS), ids=str)
def test_a_family_of_models_imports_no_other(model):
    assert set(closure(model)) & MODELS == {model}
