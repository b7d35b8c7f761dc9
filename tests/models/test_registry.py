"""Families by name: the errors of those that are not there, or are of the other kind."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.models.build import build_model
from pipeline.models.registry import Inputs, load_estimators, load_family, load_networks

IMAGES = Inputs({"features": (32, 32)})


def test_an_unknown_family_is_named_with_the_nearest() -> None:
    with pytest.raises(
        PipelineError, match=r"systems\.x\.model: unknown model 'mel_cn', did you mean 'mel_cnn'\?"
    ):
        load_family("mel_cn", "systems.x.model")


def test_what_families_share_is_no_family() -> None:
    with pytest.raises(PipelineError, match="unknown model 'padding'"):
        load_family("padding")


def test_estimators_are_no_networks() -> None:
    with pytest.raises(PipelineError, match="model is 'svm', a family of estimators: set trainer to sklearn"):
        load_networks("svm")


def test_networks_are_no_estimators() -> None:
    with pytest.raises(PipelineError, match="model is 'mlp', a family of networks: set trainer to torch"):
        load_estimators("mlp")


def test_an_unknown_setting_is_named_with_its_model() -> None:
    expected = r"model mel_cnn: architecture\.hiden: unknown key, did you mean 'hidden'\?; allowed: channels"
    with pytest.raises(PipelineError, match=expected):
        build_model("mel_cnn", {"channels": [4], "hidden": [4], "hiden": [8], "dropout": 0.0}, IMAGES, 8)


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(PipelineError, match=r"architecture\.dropout: missing"):
        build_model("mel_cnn", {"channels": [4], "hidden": [8]}, IMAGES, 8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"dropout": 1.5},
            r"architecture\.dropout: Input should be less than or equal to 1; came float '1\.5'",
        ),
        ({"channels": [4, 0]}, r"architecture\.channels\.1: Input should be greater than 0"),
        ({"hidden": "8"}, r"architecture\.hidden: Input should be a valid list; came str '8'"),
    ],
)
def test_a_setting_out_of_bounds_is_named(changes: dict, message: str) -> None:
    architecture = {"channels": [4], "hidden": [8], "dropout": 0.0}
    with pytest.raises(PipelineError, match=message):
        build_model("mel_cnn", {**architecture, **changes}, IMAGES, 8)
