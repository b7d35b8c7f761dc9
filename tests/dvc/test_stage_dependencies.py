"""Each stage of dvc.yaml depends on the plan files that it reads, and those name the code that it runs."""

import ast
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.config.params import Params, check_params
from pipeline.core.code import closure
from pipeline.core.paths import plan_path
from pipeline.core.tables import read_json
from pipeline.planning import planners as planning
from tests.settings import shipped_values

STAGES = YAML(typ="safe").load(Path("dvc.yaml").read_text("utf-8"))["stages"]
PLANNED = [stage for stage in STAGES if stage not in ("code", "plan")]
FAMILIES = [
    file for file in sorted(Path("pipeline/models").glob("*.py")) if "\nFAMILY =" in file.read_text("utf-8")
]


def body(stage: str) -> dict:
    return STAGES[stage].get("do", STAGES[stage])


def command(stage: str) -> tuple[str, str | None]:
    """Return the script that a stage runs, and its item: ${key}, a name or None."""
    runner, module_flag, module, script, *item = body(stage)["cmd"].split()
    assert (runner, module_flag, module) == ("python", "-m", "pipeline.stage")
    return script, item[0] if item else None


def script(stage: str) -> Path:
    return Path("pipeline/stages", command(stage)[0]).with_suffix(".py")


def plans_read(stage: str) -> set[str]:
    """Return the plan files that a stage's script reads, as dvc.yaml writes them."""
    item = command(stage)[1]
    calls = [
        node
        for node in ast.walk(ast.parse(script(stage).read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "load_plan"
    ]
    names = [[ast.literal_eval(call.args[1]), item if call.args[2:] else None] for call in calls]
    return {plan_path(*name).as_posix() for name in names}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_plan_files_that_it_reads(stage):
    listed = {dep for dep in body(stage)["deps"] if dep.startswith("data/plan/")}
    assert listed == plans_read(stage)
    assert listed or stage in ("code", "plan")


def test_what_is_read_from_the_checkout_is_a_dependency():
    read = {
        dep for stage in STAGES for dep in body(stage)["deps"] if not dep.startswith(("data/", "metrics/"))
    }
    assert read - {"${item.file}"} == {
        "pipeline",
        "params.yaml",
        "results/published.yaml",
        "results/documents",
        "results/real.json",
        "pipeline/report/templates",
    }


@pytest.mark.parametrize("stage", STAGES)
def test_dependencies_are_unique(stage):
    assert len(body(stage)["deps"]) == len(set(body(stage)["deps"]))


def test_every_script_is_a_stage_and_every_stage_has_one():
    assert {script(stage) for stage in STAGES} == set(Path("pipeline/stages").glob("[!_]*.py"))


@pytest.fixture(scope="module")
def params() -> Params:
    """The shipped settings, with an ensemble of each method and predictions from elsewhere."""
    values = shipped_values()
    values["external"] = {"theirs": {"file": "theirs.csv", "study": "utbm", "variant": "main", "note": "."}}
    params = check_params(values)
    assert {ensemble.method for ensemble in params.ensembles.values()} == {"average", "stacked"}
    return params


@pytest.fixture(scope="module")
def planned(params, tmp_path_factory) -> Path:
    """A folder with all plan files, in which `code` is not a digest but the modules that it is taken of."""
    folder = tmp_path_factory.mktemp("planned")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(planning, "code_of", lambda *modules: " ".join(modules))
        for planner in planning.PLANNERS:
            planner(params)
    return folder


def items(stage: str, params: Params) -> list[str | None]:
    """Return what a stage runs for."""
    item = command(stage)[1]
    if item != "${key}":
        return [item]
    values = params.model_dump()
    named = {"${feature_sets.audio}": params.audio_feature_sets}
    named["${feature_sets.text}"] = [
        name for name in params.feature_sets if name not in params.audio_feature_sets
    ]
    foreach = STAGES[stage]["foreach"]
    return [*named.get(foreach, values.get(foreach[2:-1], ()))]


def loaded_by_name(script: str, item: str | None, params: Params) -> set[str]:
    """Return the plug-ins that a stage loads by name."""
    match script:
        case "index":
            return {f"corpora/{item}"}
        case "features" | "embed" | "store" | "store_text" if item != "transcripts":
            return {f"features/{params.feature_sets[item].kind}"}
        case "train" | "represent":
            return {f"models/{params.systems[item].model}"}
        case "export" | "stress":
            system = params.systems[item]
            return {f"models/{system.model}", f"features/{params.feature_sets[system.features].kind}"}
        case "combine" if params.ensembles[item].method == "stacked":
            return {f"models/{params.ensemble(item).meta_learner.model}"}
    return set()


@pytest.mark.parametrize("stage", PLANNED)
def test_a_plan_covers_the_script_of_its_stage_and_the_plug_ins_that_it_loads(stage, params, planned):
    name = command(stage)[0]
    found = items(stage, params)
    assert found
    for item in found:
        files = [path.replace("${key}", str(item)) for path in plans_read(stage)]
        plans = [read_json(planned / path) for path in files]
        codes = {module for plan in plans for module in modules(plan)}
        assert codes >= {f"stages/{name}", *loaded_by_name(name, item, params)}, (files, codes)


def modules(plan: dict) -> set[str]:
    """Return the modules in a plan, and in the plans that it holds."""
    held = [modules(value) for value in plan.values() if isinstance(value, dict)]
    return set(str(plan.get("code", "")).split()).union(*held)


def test_the_digest_of_code_changes_with_each_module(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, files in {"stages/train": {"a.py": "1", "b.py": "2"}, "models/svm": {"a.py": "1"}}.items():
        (tmp_path / "data/code" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data/code" / f"{name}.json").write_text(str(files).replace("'", '"'))
    before = planning.code_of("stages/train", "models/svm")
    assert before == planning.code_of("stages/train")  # the same files
    (tmp_path / "data/code/models/svm.json").write_text('{"c.py": "3"}')
    assert planning.code_of("stages/train", "models/svm") != before
    assert planning.code_of("stages/train") == before


@pytest.mark.parametrize("file", FAMILIES, ids=str)
def test_a_family_of_models_imports_no_other(file):
    assert set(closure(file)) & set(FAMILIES) == {file}
