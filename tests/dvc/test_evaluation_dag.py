"""What is done with predictions trains nothing: scores, figures, published values, predictions from elsewhere."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.core.code import closure
from tests.dvc.conftest import STUDY, Sandbox

pytestmark = pytest.mark.xdist_group("dvc")

# The stages that read predictions, or say what is done with them. All others come before.
AFTER_TRAINING = {"plan", "evaluate", "import_predictions", "represent", "analyse", "report"}
BEFORE = [
    file for file in sorted(Path("pipeline/stages").glob("[!_]*.py")) if file.stem not in AFTER_TRAINING
]
PLUGINS = [
    file for kind in ("models", "features") for file in sorted(Path("pipeline", kind).glob("[!_]*.py"))
]
SYSTEM = "ravdess_random_forest"  # whose predictions come back as somebody else's
THEIRS = Path("elsewhere/theirs.csv")


@pytest.mark.parametrize("file", [*BEFORE, *PLUGINS], ids=str)
def test_nothing_up_to_training_imports_the_evaluation(file):
    assert [path for path in closure(file) if path.parent.name == "evaluation"] == []


@pytest.fixture
def copy(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """A copy of the sandbox, which what is left behind by a test harms nobody."""
    shutil.copytree(sandbox.root, tmp_path / "project", ignore=shutil.ignore_patterns("tmp"))
    yield Sandbox(tmp_path / "project", sandbox.cache)
    shutil.rmtree(tmp_path / "project")


def comment(text: str) -> str:
    return text + "\n# a comment\n"


def kinds(stages: set[str]) -> set[str]:
    """Return stages without what they are of."""
    return {stage.partition("@")[0] for stage in stages}


def set_params(box: Sandbox, change: Callable[[dict], None]) -> None:
    params = YAML(typ="safe").load((box.root / "params.yaml").read_text())
    change(params)
    with (box.root / "params.yaml").open("w") as file:
        YAML().dump(params, file)


def scores(box: Sandbox, system: str) -> dict:
    found = json.loads((box.root / f"data/details/{system}/scores.json").read_text())
    return {name: found[name] for name in ("n_test", "accuracy", "uar", "macro_f1", "auc", "ece")}


def add_theirs(box: Sandbox) -> None:
    """Put a system's test predictions into a file, as if they were made elsewhere, and name it in params.yaml."""
    table = pd.read_parquet(box.root / f"data/predictions/{SYSTEM}.parquet")
    columns = ["utterance_id", *(name for name in table if name.startswith("p_"))]
    (box.root / THEIRS).parent.mkdir(exist_ok=True)
    table[table["split"] == "test"][columns].to_csv(box.root / THEIRS, index=False)

    def name_it(params: dict) -> None:
        variant = params["systems"][SYSTEM]["variant"]
        entry = {"file": THEIRS.as_posix(), "study": STUDY, "variant": variant, "note": "From elsewhere."}
        params["external"] = {"theirs": entry}

    set_params(box, name_it)


@pytest.mark.slow
@pytest.mark.parametrize("file", ["scores", "figures", "significance"])
def test_a_change_of_the_evaluation_trains_nothing(copy, file):
    copy.edit(f"pipeline/evaluation/{file}.py", comment)
    copy.run("dvc", "repro", "code")
    planned = kinds(copy.repro("dvc", "repro", "--dry", "report"))
    assert planned & {"evaluate", "represent", "analyse", "report"}
    assert planned <= kinds(copy.repro()) <= AFTER_TRAINING
    assert copy.repro() == set()


@pytest.mark.slow
def test_a_published_value_runs_the_report_alone(copy):
    set_params(copy, lambda params: params["published"][SYSTEM].update(accuracy=0.123))
    assert copy.repro() == {"plan", "report"}
    assert "12.3" in (copy.root / "data/report/results.md").read_text()


@pytest.mark.slow
def test_a_baseline_runs_the_analysis_and_the_report(copy):
    set_params(copy, lambda params: params.update(baselines={"ravdess_cnn4": [SYSTEM]}))
    assert {"plan", "analyse"} <= copy.repro() <= {"plan", "analyse", "report"}


@pytest.mark.slow
def test_predictions_from_elsewhere_are_scored_beside_the_systems(copy):
    add_theirs(copy)
    assert copy.repro() == {"plan", "import@theirs", "evaluate_external@theirs", "analyse", "report"}
    assert scores(copy, "theirs") == scores(copy, SYSTEM)
    assert "theirs" in (copy.root / "data/report/results.md").read_text()
    pd.read_csv(copy.root / THEIRS)[::-1].to_csv(copy.root / THEIRS, index=False)  # says the same
    assert copy.repro() == {
        "import@theirs",
        "evaluate_external@theirs",
        "report",
    }  # the file has another digest
