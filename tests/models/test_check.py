"""What systems ask of their families, checked ahead of training and remembered."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError
from pipeline.models import check
from pipeline.models.check import check_model
from pipeline.models.registry import load_networks
from tests.training import toy


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SER_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the families that were imported."""
    names: list[str] = []

    def load(name: str, *where: str) -> Any:
        names.append(name)
        return load_networks(name, *where)

    monkeypatch.setattr(check, "load_networks", load)
    return names


@pytest.mark.parametrize("profile", ["demo", "published"])
def test_every_system_of_params_yaml_passes(profile: str) -> None:
    params = load_params().model_copy(update={"profile": profile})
    for name in params.systems:
        check_model(params.system(name), f"systems.{name}")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "mel_cn"}, r"systems\.x\.model: unknown model 'mel_cn', did you mean 'mel_cnn'"),
        ({"model": "svm"}, r"systems\.x\.model is 'svm', a family of estimators"),
        (
            {"architecture": {**toy.BILSTM, "hiden": 3}},
            r"systems\.x\.architecture\.hiden: unknown key, did you mean",
        ),
        (
            {"weights": "net.pth"},
            r"systems\.x: weights is 'net\.pth', but model 'bilstm_attention' reads no published",
        ),
        (
            {"checkpointing": True},
            r"systems\.x: checkpointing is true, but model 'bilstm_attention' keeps all",
        ),
        ({"pretrain": {"epochs": 1}}, r"systems\.x: pretrain acts on blocks .*'bilstm_attention' has not"),
    ],
)
def test_what_a_family_does_not_take_or_offer_is_told_each_time(
    changes: dict[str, Any], message: str
) -> None:
    system = toy.torch_system(**changes)
    for _ in range(2):
        with pytest.raises(PipelineError, match=message):
            check_model(system, "systems.x")


def test_networks_cannot_be_tuned_by_a_grid() -> None:
    with pytest.raises(PipelineError, match=r"systems\.x\.model is 'mlp', a family of networks"):
        check_model(toy.sklearn_system(**{**toy.FOREST, "model": "mlp"}), "systems.x")


def test_a_check_that_was_passed_imports_nothing_again(loaded: list[str]) -> None:
    check_model(toy.torch_system(), "systems.x")
    check_model(toy.torch_system(lr=0.5), "systems.y")
    assert loaded == ["bilstm_attention"]


@pytest.mark.parametrize(
    "changes", [{"architecture": {**toy.BILSTM, "hidden": 3}}, {"model": "mel_cnn", **toy.CNN}]
)
def test_another_model_or_architecture_is_checked(loaded: list[str], changes: dict[str, Any]) -> None:
    check_model(toy.torch_system(), "systems.x")
    check_model(toy.torch_system(**changes), "systems.x")
    assert len(loaded) == 2


def test_other_code_checks_anew(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    check_model(toy.torch_system(), "systems.x")
    monkeypatch.setattr(check, "_code_digest", lambda: "other")
    check_model(toy.torch_system(), "systems.x")
    assert len(loaded) == 2
