"""What every model must keep to, whatever its family."""

import pkgutil

import pytest
import torch
from sklearn.base import clone

import pipeline.models
from pipeline.training.build import build_model
from pipeline.training.network import count_parameters
from tests.models.cases import SKLEARN_CASES, TORCH_CASES, Case, gradient_arrived

every_network = pytest.mark.parametrize("case", TORCH_CASES.values(), ids=TORCH_CASES)
rounded = {name: case for name, case in TORCH_CASES.items() if case.rounded}


def test_every_family_is_among_the_cases() -> None:
    families = {module.name for module in pkgutil.iter_modules(pipeline.models.__path__)}
    estimators = {name for name, _ in SKLEARN_CASES.values()}
    assert families == {case.model for case in TORCH_CASES.values()} | estimators


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


@pytest.mark.parametrize(("name", "architecture"), SKLEARN_CASES.values(), ids=SKLEARN_CASES)
def test_an_estimator_can_be_cloned_and_ends_with_its_classifier(name: str, architecture: dict) -> None:
    estimator = clone(build_model(name, architecture, seed=1))
    assert estimator.steps[-1][0] == "classifier"
    settings = estimator.get_params()
    assert {value for key, value in settings.items() if key.endswith("random_state")} == {1}
