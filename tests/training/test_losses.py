"""Class weights, by hand."""

import torch

from pipeline.training.losses import cross_entropy, inverse_frequency


def test_rare_classes_weigh_more() -> None:
    weights = inverse_frequency(torch.tensor([0, 0, 0, 1]), 2)
    torch.testing.assert_close(weights, torch.tensor([4 / (2 * 3), 4 / (2 * 1)]))


def test_a_class_absent_from_training_has_a_finite_weight() -> None:
    assert torch.isfinite(inverse_frequency(torch.tensor([0, 2]), 3)).all()


def test_without_weights_uniform_logits_cost_ln_of_the_classes() -> None:
    targets = torch.tensor([0, 1, 2, 6])
    loss = cross_entropy(targets, 7, class_weights="none", label_smoothing=0.0)
    torch.testing.assert_close(loss(torch.zeros(4, 7), targets), torch.tensor(7.0).log())
