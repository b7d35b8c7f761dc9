"""Losses, by hand and by their properties."""

import math

import pytest
import torch
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.training.losses import CccLoss, FocalLoss, build_loss, concordance, inverse_frequency
from tests.training import toy

LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 0.0]])
LABELS = torch.tensor([0, 2, 1, 1])
TRUE = torch.tensor([[1.0, 5.0], [2.0, 1.0], [3.0, 2.0], [6.0, 4.0]])


def loss_of(trained_on: Tensor = LABELS, n_classes: int = 3, **settings: object) -> nn.Module:
    return build_loss(toy.torch_system(**settings), trained_on, n_classes)


def gradient(loss: nn.Module, outputs: Tensor, targets: Tensor) -> Tensor:
    outputs = outputs.clone().requires_grad_()
    loss(outputs, targets).backward()
    return outputs.grad


def test_rare_classes_weigh_more() -> None:
    weights = inverse_frequency(torch.tensor([0, 0, 0, 1]), 2)
    torch.testing.assert_close(weights, torch.tensor([4 / (2 * 3), 4 / (2 * 1)]))


def test_a_class_absent_from_training_has_a_finite_weight() -> None:
    assert torch.isfinite(inverse_frequency(torch.tensor([0, 2]), 3)).all()


def test_without_weights_uniform_logits_cost_ln_of_the_classes() -> None:
    targets = torch.tensor([0, 1, 2, 6])
    loss = loss_of(targets, 7)
    torch.testing.assert_close(loss(torch.zeros(4, 7), targets), torch.tensor(7.0).log())


def test_weights_are_counted_on_the_targets_given() -> None:
    loss = loss_of(torch.tensor([0, 0, 0, 1, 2, 2]), class_weights="inverse_frequency")
    torch.testing.assert_close(loss.weight, torch.tensor([6 / 9, 6 / 3, 6 / 6]))


def test_label_smoothing_by_hand() -> None:
    loss = loss_of(label_smoothing=0.1)(torch.tensor([[math.log(8.0), 0.0, 0.0]]), torch.tensor([0]))
    right, wrong = -math.log(0.8), -math.log(0.1)
    assert loss.item() == pytest.approx((0.9 + 0.1 / 3) * right + 2 * 0.1 / 3 * wrong)


def test_focal_loss_by_hand() -> None:
    loss = loss_of(loss="focal", focal_gamma=2.0)(torch.tensor([[math.log(3.0), 0.0]]), torch.tensor([0]))
    assert loss.item() == pytest.approx(-((1 - 0.75) ** 2) * math.log(0.75))


@pytest.mark.parametrize("class_weights", ["none", "inverse_frequency"])
def test_focal_loss_of_gamma_0_is_cross_entropy(class_weights: str) -> None:
    focal = loss_of(loss="focal", focal_gamma=0.0, class_weights=class_weights)
    plain = loss_of(class_weights=class_weights)
    torch.testing.assert_close(focal(LOGITS, LABELS), plain(LOGITS, LABELS))
    torch.testing.assert_close(gradient(focal, LOGITS, LABELS), gradient(plain, LOGITS, LABELS))


def test_focal_loss_cares_most_for_hard_clips() -> None:
    easy, hard = torch.tensor([[4.0, 0.0]]), torch.tensor([[-4.0, 0.0]])
    label = torch.tensor([0])
    focal, plain = FocalLoss(2.0), nn.CrossEntropyLoss()
    assert focal(easy, label) / plain(easy, label) < 0.01 < 0.9 < focal(hard, label) / plain(hard, label)


def test_a_class_may_be_missing_in_a_batch_of_focal_loss() -> None:
    loss = loss_of(loss="focal", focal_gamma=2.0, class_weights="inverse_frequency")
    batch = loss(LOGITS[2:], LABELS[2:])  # class 1 alone: its weight cancels
    torch.testing.assert_close(batch, FocalLoss(2.0)(LOGITS[2:], LABELS[2:]))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_focal_loss_has_a_slope_where_the_network_is_certain(gamma: float) -> None:
    certain = torch.tensor([[200.0, 0.0, -200.0], [0.0, 200.0, 0.0]])
    assert torch.isfinite(gradient(FocalLoss(gamma), certain, torch.tensor([0, 2]))).all()


def test_squared_error_is_averaged_over_clips_and_targets() -> None:
    loss = loss_of(TRUE, **toy.REGRESSION)
    assert loss(TRUE + torch.tensor([1.0, 2.0]), TRUE).item() == pytest.approx((1 + 4) / 2)


def test_concordance_by_hand() -> None:
    # means 2 and 3, variances 2/3 and 8/3, covariance 4/3: 2 x 4/3 / (2/3 + 8/3 + 1)
    ccc = concordance(torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[1.0], [3.0], [5.0]]))
    assert ccc.tolist() == pytest.approx([8 / 13])


def test_the_loss_is_averaged_over_the_targets() -> None:
    predicted = torch.stack([TRUE[:, 0], -TRUE[:, 1]], dim=1)
    second = concordance(predicted[:, 1:], TRUE[:, 1:]).item()
    assert CccLoss()(predicted, TRUE).item() == pytest.approx((0 + 1 - second) / 2)
    assert second < 0


@pytest.mark.parametrize(
    "other", [TRUE * 2, TRUE * 0.5, TRUE + 1, TRUE - 3], ids=["x 2", "x 0.5", "+ 1", "- 3"]
)
def test_scale_and_position_count(other: Tensor) -> None:
    assert CccLoss()(other, TRUE) > 0.01
    assert CccLoss()(TRUE, TRUE).item() == pytest.approx(0.0, abs=1e-6)


def test_the_scale_of_both_together_does_not_count() -> None:
    predicted = TRUE.flip(0)
    torch.testing.assert_close(concordance(predicted * 7 + 3, TRUE * 7 + 3), concordance(predicted, TRUE))


@pytest.mark.parametrize(
    ("predicted", "true"),
    [
        (torch.full((4, 2), 3.0), TRUE),
        (TRUE, torch.full((4, 2), 3.0)),
        (torch.full((4, 2), 3.0), torch.full((4, 2), 3.0)),
        (torch.full((4, 2), 0.1), torch.full((4, 2), 0.3)),
        (TRUE[:1], TRUE[1:2]),
        (TRUE[:1], TRUE[:1]),
    ],
    ids=["predicted", "true", "both, equal", "both", "one clip", "one clip, right"],
)
def test_constant_values_have_no_concordance_and_a_finite_slope(predicted: Tensor, true: Tensor) -> None:
    assert concordance(predicted, true).tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert torch.isfinite(gradient(CccLoss(), predicted, true)).all()


def test_constant_predictions_are_led_towards_the_truth() -> None:
    slope = gradient(CccLoss(), torch.full((4, 2), 3.0), TRUE)
    above = TRUE - TRUE.mean(dim=0) > 0
    assert ((slope < 0) == above).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({**toy.REGRESSION, "class_weights": "inverse_frequency"}, "class_weights is inverse_frequency"),
        (
            {**toy.REGRESSION, "label_smoothing": 0.1},
            "label_smoothing is 0.1, but loss mse has no use for it",
        ),
        ({"loss": "focal", "focal_gamma": 2.0, "label_smoothing": 0.1}, "loss focal has no use for it"),
    ],
)
def test_what_a_loss_has_no_use_for_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        loss_of(**settings)
