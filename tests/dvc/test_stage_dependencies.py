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
MODELS = set(Path("pipeline/models").glob("[!_]*.py"))


def body(stage: str) -> dict:
    return STAGES[stage].get("do", STAGES[stage])


def entry(stage: str) -> Path:
    """Return the script that a stage's command runs."""
    return Path(body(stage)["cmd"].split()[2].replace(".", "/") + ".py")


def expected(stage: str) -> set[str]:
    files = closure(entry(stage))
    kind = Path(f"pipeline/features/{stage.partition('_')[2]}.py")
    if stage.startswith(("features_", "store_")) and kind.exists():
        files |= closure(kind)
    if stage == "train":  # what any family of models shares
        files |= set().union(*map(closure, MODELS)) - MODELS
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


@pytest.mark.parametrize("model", sorted(MODELS), ids=str)
def test_a_family_of_models_imports_no_other(model):
    assert closure(model) & MODELS == {model}


@pytest.mark.parametrize("corpus", PARAMS["corpora"])
def test_a_corpus_file_imports_what_index_lists_anyway(corpus):
    allowed = closure(Path("pipeline/stages/index.py")) | {Path(f"pipeline/corpora/{corpus}.py")}
    assert closure(Path(f"pipeline/corpora/{corpus}.py")) <= allowed
