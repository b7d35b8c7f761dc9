"""Each stage of dvc.yaml depends on exactly the project files it imports."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.dvc.closure import closure

YAML_SAFE = YAML(typ="safe")
STAGES = YAML_SAFE.load(Path("dvc.yaml").read_text())["stages"]
PARAMS = YAML_SAFE.load(Path("params.yaml").read_text())

# Modules that a stage loads by name, and how dvc.yaml names them.
BY_NAME = {
    "download": {"${item.code}"},
    "index": {"pipeline/corpora/${key}.py"},
    "train": {"pipeline/models/${item.model}.py"},
    "report": {"pipeline/evaluation/templates"},
}


def body(stage: str) -> dict:
    return STAGES[stage].get("do", STAGES[stage])


def entry(stage: str) -> Path:
    """Return the script that a stage's command runs."""
    return Path(body(stage)["cmd"].split()[2].replace(".", "/") + ".py")


def expected(stage: str) -> set[str]:
    kind = stage.removeprefix("features_")
    files = closure(entry(stage))
    if stage.startswith("features_"):
        files |= closure(Path(f"pipeline/features/{kind}.py"))
    return {file.as_posix() for file in files} | BY_NAME.get(stage, set())


@pytest.mark.parametrize("stage", STAGES)
def test_dependencies_are_the_imports(stage):
    listed = {dep for dep in body(stage)["deps"] if dep.startswith("pipeline/") or dep == "${item.code}"}
    assert listed == expected(stage)


@pytest.mark.parametrize("stage", STAGES)
def test_dependencies_are_sorted_and_unique(stage):
    listed = [dep for dep in body(stage)["deps"] if dep.startswith("pipeline/") and "$" not in dep]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("kind", PARAMS["feature_sets"])
def test_every_kind_of_feature_has_its_stages(kind):
    assert {f"features_{kind}", f"store_{kind}"} <= STAGES.keys()


@pytest.mark.parametrize("model", sorted({system["model"] for system in PARAMS["systems"].values()}))
def test_a_model_file_imports_what_train_lists_anyway(model):
    allowed = closure(Path("pipeline/stages/train.py")) | {Path(f"pipeline/models/{model}.py")}
    assert closure(Path(f"pipeline/models/{model}.py")) <= allowed


@pytest.mark.parametrize("corpus", PARAMS["corpora"])
def test_a_corpus_file_imports_what_index_lists_anyway(corpus):
    allowed = closure(Path("pipeline/stages/index.py")) | {Path(f"pipeline/corpora/{corpus}.py")}
    assert closure(Path(f"pipeline/corpora/{corpus}.py")) <= allowed
