"""Exports as artifacts of DVC: what makes them anew, and that another project takes one from a remote."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.core.paths import export_dir
from pipeline.inference.predictor import load
from tests.dvc.conftest import Sandbox
from tests.settings import shipped_values

EXPORT = "export@ravdess_cnn4"


def test_what_params_yaml_exports_is_an_artifact_of_a_name_that_dvc_allows():
    from gto.constants import assert_name_is_valid

    artifacts = YAML(typ="safe").load(Path("dvc.yaml").read_text("utf-8"))["artifacts"]
    exported = shipped_values()["exports"]
    paths = {name.replace("_", "-"): export_dir(name).as_posix() for name in exported}
    assert {name: artifact["path"] for name, artifact in artifacts.items()} == paths
    for name in artifacts:
        assert_name_is_valid(name)  # raises


@pytest.mark.slow
@pytest.mark.xdist_group("dvc")
def test_an_export_is_taken_from_a_remote_and_made_anew_only_when_it_changes(copy: Sandbox, tmp_path: Path):
    assert copy.repro(EXPORT) == {EXPORT}
    change = "++systems.ravdess_random_forest.small.folds=3"
    ran = copy.repro("dvc", "exp", "run", "-S", change, EXPORT, "report")
    assert "train@ravdess_random_forest" in ran
    assert EXPORT not in ran

    copy.run("dvc", "remote", "add", "-d", "shelf", str(tmp_path / "shelf"))
    copy.run("dvc", "push", "-q", "data/exports/ravdess_cnn4")
    copy.run("git", "add", "-A")
    copy.run("git", "commit", "-q", "-m", "export")
    copy.run("git", "tag", "-a", "ravdess-cnn4@v1.0.0", "-m", "first")
    elsewhere = Sandbox(tmp_path / "elsewhere", tmp_path / "no_cache")
    elsewhere.root.mkdir()
    elsewhere.run("git", "clone", "-q", "--bare", str(copy.root), str(tmp_path / "served.git"))
    address = f"file://{tmp_path / 'served.git'}"
    elsewhere.run("dvc", "artifacts", "get", address, "ravdess-cnn4", "--rev", "v1.0.0", "-o", "taken")
    assert (elsewhere.root / "taken/onnx/ravdess_cnn4/seed42_fold0.onnx").exists()
    predictor = load(elsewhere.root / "taken")
    assert (predictor.name, predictor.facts["synthetic"]) == ("ravdess_cnn4", True)


@pytest.mark.slow
@pytest.mark.xdist_group("dvc")
def test_without_exports_the_rest_runs(copy: Sandbox):
    copy.edit(
        "params.yaml", lambda text: text.replace("exports:\n  ravdess_cnn4:\n    onnx: true", "exports: {}")
    )
    assert copy.repro() == {"plan"}
