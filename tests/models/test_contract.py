"""What every model must keep to, whatever its family."""

import inspect
import subprocess
import sys

import pytest
import torch
from sklearn.base import clone
from torch import nn

from pipeline.core.errors import PipelineError
from pipeline.models.build import build_estimator
from pipeline.models.registry import Estimators, Networks, families, load_family, parse_settings
from pipeline.training.network import count_parameters
from tests.models.cases import ESTIMATORS, PARAMS, TORCH_CASES, Case, gradient_arrived

every_network = pytest.mark.parametrize("case", TORCH_CASES.values(), ids=TORCH_CASES)
rounded = {name: case for name, case in TORCH_CASES.items() if case.rounded}


every_family = pytest.mark.parametrize("name", families())


def test_every_family_is_among_the_cases() -> None:
    estimators = {PARAMS.system(name).model for name in ESTIMATORS}
    assert {*families()} == {case.model for case in TORCH_CASES.values()} | estimators


def test_what_families_share_is_no_family() -> None:
    assert not {"registry", "build", "check", "padding", "reduction_head", "row_span", "blocks"} & {
        *families()
    }


@every_family
def test_a_family_declares_what_it_is(name: str) -> None:
    assert isinstance(load_family(name), Networks | Estimators)


@every_family
def test_an_unknown_setting_is_named_with_the_nearest(name: str) -> None:
    family = load_family(name)
    known = next(iter(family.settings.model_fields))
    with pytest.raises(
        PipelineError, match=rf"x\.{known}s: unknown key, did you mean '{known}'\?; allowed: {known}"
    ):
        parse_settings(family, {f"{known}s": 1}, "x")


@every_family
def test_a_setting_is_not_converted(name: str) -> None:
    family = load_family(name)
    known = next(iter(family.settings.model_fields))
    with pytest.raises(PipelineError, match=rf"x\.{known}"):
        parse_settings(family, {known: object()}, "x")


@every_network
def test_a_family_reads_what_its_systems_give_it(case: Case) -> None:
    family = load_family(case.model)
    n_dims = {"vector": 1, "samples": 1, "frames": 2}
    features, second = case.shapes.get("features"), case.shapes.get("second")
    if features is not None:
        assert len(features) in {n_dims[form] for form in family.reads if form != "text"}
    if "tokens" in case.shapes:
        assert "text" in (family.reads if features is None else family.reads_second)
    elif second is None:
        assert "none" in family.reads_second
    else:
        assert len(second) in {n_dims[form] for form in family.reads_second if form != "none"}


@every_network
def test_a_network_takes_the_inputs_that_its_family_says(case: Case) -> None:
    model, family = case.build(case.small_shapes), load_family(case.model)
    assert isinstance(family, Networks)
    assert ("lengths" in inspect.signature(model.forward).parameters) == family.reads_lengths


@every_network
def test_what_a_family_offers_works_on_its_networks(case: Case) -> None:
    model, family = case.build(case.small_shapes), load_family(case.model)
    assert isinstance(family, Networks)
    if family.penalty is not None:
        assert family.penalty(model).shape == ()
    if family.blocks is not None:
        assert all(isinstance(block[0], nn.Conv2d) for block in family.blocks(model))
    if family.enable_checkpointing is not None:
        family.enable_checkpointing(model)
    if family.split_frozen is not None:
        trunk, _ = family.split_frozen(model)
        assert not any(p.requires_grad for p in trunk.parameters())


@every_network
def test_a_family_declares_all_that_its_networks_can(case: Case) -> None:
    model, family = case.build(case.small_shapes), load_family(case.model)
    assert isinstance(family, Networks)
    assert hasattr(model, "penalty") == (family.penalty is not None)
    assert hasattr(model, "enable_checkpointing") == (family.enable_checkpointing is not None)


def test_families_are_found_without_importing_them() -> None:
    script = (
        "import sys; from pipeline.models.registry import families; families(); "
        "sys.exit(bool({'torch', 'sklearn'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@every_network
def test_parameters_are_the_published_count(case: Case) -> None:
    with torch.device("meta"):  # counted, not drawn: one has 134 million
        model = case.build(case.shapes)
    assert count_parameters(model) == case.parameters


@pytest.mark.parametrize("case", rounded.values(), ids=rounded)
def test_parameters_are_near_the_published_figure_where_that_is_rounded(case: Case) -> None:
    assert case.parameters == pytest.approx(case.rounded, rel=0.05)


@every_network
def test_gradient_reaches_every_trainable_tensor(case: Case) -> None:
    model = case.build(case.small_shapes)
    logits = model(**case.inputs(4))
    torch.nn.functional.cross_entropy(logits, torch.arange(4)).backward()
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    assert [name for name, parameter in trained if not gradient_arrived(name, parameter)] == []


@every_network
def test_one_clip_gives_finite_logits(case: Case) -> None:
    logits = case.build(case.small_shapes).eval()(**case.inputs(1))
    assert logits.shape == (1, case.n_classes)
    assert torch.isfinite(logits).all()


@every_network
def test_a_clip_does_not_depend_on_its_neighbours(case: Case) -> None:
    model = case.build(case.small_shapes).eval()
    inputs = case.inputs(5)
    alone = model(**{name: values[2:3] for name, values in inputs.items()})
    torch.testing.assert_close(model(**inputs)[2:3], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_can_be_cloned_and_ends_with_its_classifier(name: str) -> None:
    system = PARAMS.system(name)
    estimator = clone(build_estimator(system.model, system.architecture, seed=1))
    assert estimator.steps[-1][0] == "classifier"
    settings = estimator.get_params()
    assert {value for key, value in settings.items() if key.endswith("random_state")} == {1}
