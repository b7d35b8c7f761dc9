"""What is done with predictions trains nothing: scores, figures, published values, predictions from elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.core.code import closure
from tests.dvc.conftest import STUDY, Sandbox

pytestmark = pytest.mark.xdist_group("dvc")

# The stages that read predictions, or say what is done with them. All others come before.
AFTER_TRAINING = {"plan", "external", "evaluate", "stress", "represent", "analyse", "report"}
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


def set_values(box: Sandbox, change: Callable[[dict], None], path: str = "params.yaml") -> None:
    values = YAML(typ="safe").load((box.root / path).read_text())
    change(values)
    with (box.root / path).open("w") as file:
        YAML().dump(values, file)


def scores(box: Sandbox, system: str) -> dict:
    found = json.loads((box.root / f"data/evaluated/{system}/scores.json").read_text())
    return {name: found[name] for name in ("n_test", "accuracy", "uar", "macro_f1", "auc", "ece")}


def add_theirs(box: Sandbox) -> None:
    """Put a system's test predictions into a file, as if they were made elsewhere, and name it in params.yaml."""
    table = pd.read_parquet(box.root / f"data/trained/{SYSTEM}/predictions.parquet")
    columns = ["utterance_id", *(name for name in table if name.startswith("p_"))]
    (box.root / THEIRS).parent.mkdir(exist_ok=True)
    table[table["split"] == "test"][columns].to_csv(box.root / THEIRS, index=False)

    def name_it(params: dict) -> None:
        variant = params["systems"][SYSTEM]["variant"]
        entry = {"file": THEIRS.as_posix(), "study": STUDY, "variant": variant, "note": "From elsewhere."}
        params["external"] = {"theirs": entry}

    set_values(box, name_it)


def test_a_change_of_the_evaluation_trains_nothing(copy):
    for file in sorted((copy.root / "pipeline/evaluation").glob("[!_]*.py")):
        file.write_text(file.read_text() + "\nCHANGED = True\n")
    ran = {stage.partition("@")[0] for stage in copy.repro()}
    assert {"code", "plan", "evaluate", "analyse"} <= ran <= {"code", *AFTER_TRAINING}


def test_a_published_value_runs_the_report_alone(copy):
    def correct(values: dict) -> None:
        values["documents"][STUDY]["systems"][SYSTEM]["results"][0]["scores"]["accuracy"] = 0.123

    set_values(copy, correct, "results/published.yaml")
    assert copy.repro() == {"report"}
    assert "12.3" in (copy.root / "data/report/results.md").read_text()


@pytest.mark.slow
def test_a_baseline_runs_the_analysis_and_the_report(copy):
    set_values(copy, lambda params: params.update(baselines={"ravdess_cnn4": [SYSTEM]}))
    assert {"plan", "analyse"} <= copy.repro() <= {"plan", "analyse", "report"}


@pytest.mark.slow
def test_predictions_from_elsewhere_are_scored_beside_the_systems(copy):
    add_theirs(copy)
    after = {"external@theirs", "evaluate", "analyse", "report"}
    assert copy.repro() == {"plan", *after}
    assert scores(copy, "theirs") == scores(copy, SYSTEM)
    assert "theirs" in (copy.root / "data/report/results.md").read_text()
    pd.read_csv(copy.root / THEIRS)[::-1].to_csv(copy.root / THEIRS, index=False)  # says the same
    assert copy.repro() == after  # the file has another digest
