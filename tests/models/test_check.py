"""What systems ask of their families, checked ahead of training and remembered."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError
from pipeline.models import check
from pipeline.models.check import check_model
from pipeline.models.registry import load_networks
from pipeline.stages.plan import check_plug_ins
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
    check_plug_ins(load_params().model_copy(update={"profile": profile}))


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
        (
            {"features": "vectors"},
            r"systems\.x\.features is 'vectors', one vector a clip, but model 'bilstm_attention' takes frames or a "
            r"picture or what is said there",
        ),
        ({"features": "sound"}, r"features is 'sound', the sound itself, but model 'bilstm_attention'"),
        (
            {"second": "vectors"},
            r"second is 'vectors', one vector a clip, but .* takes nothing or what is said",
        ),
        (
            {"model": "mlp", "architecture": toy.MLP, "features": "frames"},
            r"features is 'frames', frames or a picture, but model 'mlp' takes one vector a clip there",
        ),
        (
            {"model": "mlp", "architecture": toy.MLP, "features": "vectors", "second": "transcripts"},
            r"second is 'transcripts', what is said, but model 'mlp' takes nothing there",
        ),
        (
            {"model": "mel_cnn", **toy.CNN, "features": "transcripts"},
            r"'transcripts', what is said, but model 'mel_",
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
            check_model(system, "systems.x", toy.FORMS)


def test_networks_cannot_be_tuned_by_a_grid() -> None:
    with pytest.raises(PipelineError, match=r"systems\.x\.model is 'mlp', a family of networks"):
        check_model(toy.sklearn_system(**{**toy.FOREST, "model": "mlp"}), "systems.x", toy.FORMS)


@pytest.mark.parametrize("feature_set", ["frames", "sound", "transcripts"])
def test_estimators_take_vectors_alone(feature_set: str) -> None:
    system = toy.sklearn_system(**{**toy.FOREST, "features": feature_set})
    with pytest.raises(PipelineError, match=r"but model 'random_forest' takes one vector a clip there"):
        check_model(system, "systems.x", toy.FORMS)


def test_another_input_is_checked(loaded: list[str]) -> None:
    check_model(toy.torch_system(), "systems.x", toy.FORMS)
    check_model(toy.torch_system(second="transcripts"), "systems.x", toy.FORMS)
    assert len(loaded) == 2


def test_a_check_that_was_passed_imports_nothing_again(loaded: list[str]) -> None:
    check_model(toy.torch_system(), "systems.x", toy.FORMS)
    check_model(toy.torch_system(lr=0.5), "systems.y", toy.FORMS)
    assert loaded == ["bilstm_attention"]


@pytest.mark.parametrize(
    "changes", [{"architecture": {**toy.BILSTM, "hidden": 3}}, {"model": "mel_cnn", **toy.CNN}]
)
def test_another_model_or_architecture_is_checked(loaded: list[str], changes: dict[str, Any]) -> None:
    check_model(toy.torch_system(), "systems.x", toy.FORMS)
    check_model(toy.torch_system(**changes), "systems.x", toy.FORMS)
    assert len(loaded) == 2


def test_other_code_checks_anew(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    check_model(toy.torch_system(), "systems.x", toy.FORMS)
    monkeypatch.setattr(check, "_code_digest", lambda: "other")
    check_model(toy.torch_system(), "systems.x", toy.FORMS)
    assert len(loaded) == 2


def test_a_rotated_machine_has_the_linear_kernel() -> None:
    head = {"clip": None, "pca_variance": None, "select_k": "all", "rotate": True}
    system = toy.sklearn_system(
        **{**toy.FOREST, "model": "svm", "architecture": head, "grid": {"kernel": ["rbf"]}}
    )
    message = r"params\.yaml: systems\.x\.grid: kernel is rbf, but architecture\.rotate is true"
    with pytest.raises(PipelineError, match=message):
        check_model(system, "systems.x", toy.FORMS)
