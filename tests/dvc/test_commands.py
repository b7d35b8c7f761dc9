"""What DVC's own commands make of the project's files: the folder of metrics, and params.yaml as it is shipped."""

import json
import shutil

import pytest
from ruamel.yaml import YAML

from pipeline.core.paths import METRICS
from pipeline.evaluation.short_metrics import short_metrics
from tests.dvc.conftest import Sandbox
from tests.settings import shipped_values

WIDTH = 120  # columns

pytestmark = pytest.mark.xdist_group("dvc")

DVC_YAML = """
stages:
  evaluate:
    cmd: mkdir -p metrics && cp -r made_up metrics/systems
    deps: [params.yaml, made_up]
    metrics:
      - metrics/systems: {cache: false}
"""


@pytest.fixture
def repository(tmp_path) -> Sandbox:
    """A repository of one stage, with the shipped params.yaml and made-up metrics of all shipped systems."""
    box = Sandbox(tmp_path / "project", tmp_path / "cache")
    folder = box.root / "made_up"
    folder.mkdir(parents=True)
    shutil.copytree(".dvc", box.root / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp", "config.local"))
    shutil.copy("params.yaml", box.root)
    (box.root / "dvc.yaml").write_text(DVC_YAML)
    values = shipped_values()
    studies: dict[str, dict] = {}
    systems = values["systems"] | values["ensembles"]
    for number, (name, settings) in enumerate(systems.items()):
        scores = {
            "status": "trained",
            "random_weights": number % 2,
            "accuracy": 0.7123,
            "uar": 0.6123,
            "n_test": 9,
        }
        short = short_metrics(scores | {"ccc": -0.0123} if number % 3 else scores)
        studies.setdefault(settings["study"], {})[name] = short
    for study, rows in studies.items():
        (folder / f"{study}.json").write_text(json.dumps(rows))
    shutil.copytree(folder, box.root / METRICS / "systems")
    box.run("git", "init", "-q", "-b", "main")
    box.run("git", "add", "-A")
    box.run("git", "commit", "-q", "-m", "made up")
    return box


def test_metrics_diff_of_all_has_a_row_a_metric_and_fits_a_terminal(repository):
    """`dvc metrics show` has a row a study, and a column a system's metric."""
    lines = repository.run("dvc", "metrics", "diff", "--all").splitlines()
    values = shipped_values()
    shown = {line.split()[1] for line in lines if line.startswith("metrics/systems/")}
    assert {
        name for name in [*values["systems"], *values["ensembles"]] if f"{name}.uar" not in shown
    } == set()
    assert max(map(len, lines)) < WIDTH, max(lines, key=len)


def test_metrics_diff_names_the_system_that_changed(repository):
    file = METRICS / "systems" / "ravdess_methods.json"

    def better(text: str) -> str:
        rows = json.loads(text)
        rows["ravdess_cnn4"]["accuracy"] = 0.75
        return json.dumps(rows)

    repository.edit(str(file), better)
    changed = [line for line in repository.run("dvc", "metrics", "diff").splitlines() if "metrics/" in line]
    assert len(changed) == 1
    assert changed[0].split() == [str(file), "ravdess_cnn4.accuracy", "0.7123", "0.75", "0.0377"]


def test_an_experiment_changes_a_line_of_params_for_each_value(repository):
    """DVC writes the whole file anew: it is kept in the form that DVC writes."""
    values = ("++systems.ravdess_cnn4.lr=0.0005", "++recipes.ravdess_mlp.lr=0.0003")
    repository.run("dvc", "exp", "run", *(argument for value in values for argument in ("-S", value)))
    assert repository.run("git", "diff", "--numstat", "params.yaml").split() == ["2", "2", "params.yaml"]
    changed = YAML(typ="safe").load((repository.root / "params.yaml").read_text("utf-8"))
    expected = shipped_values()
    expected["systems"]["ravdess_cnn4"]["lr"] = 0.0005
    expected["recipes"]["ravdess_mlp"]["lr"] = 0.0003
    assert changed == expected
