"""The loop: which weights are kept, when it stops, how the rate falls."""

import pytest
import torch
from torch import nn

from pipeline.training.batches import Examples
from pipeline.training.loop import Task, TrainingRun, predict_logits, train_epoch, validate
from pipeline.training.losses import CccLoss
from tests.training import toy


def run_of(losses: list[float], **settings: object) -> TrainingRun:
    """Close epochs of given validation losses; the weight of an epoch is its number."""
    network = nn.Linear(1, 1, bias=False)
    run = TrainingRun(network, toy.torch_system(**settings), seed=0)
    for epoch, loss in enumerate(losses, start=1):
        network.weight.data.fill_(epoch)
        run.record({"train_loss": 0.0, "val_loss": loss, "val_accuracy": 1 - loss, "val_uar": 0.5})
    return run


@pytest.mark.parametrize(
    ("monitor", "best"),
    [("val_loss", 2), ("val_accuracy", 2), ("val_uar", 1)],
    ids=["less loss", "more accuracy", "equal"],
)
def test_the_first_of_the_best_epochs_is_kept(monitor: str, best: int) -> None:
    run = run_of([0.5, 0.2, 0.3, 0.2], monitor=monitor)
    assert run.best_epoch == best
    assert run.best_weights["weight"].item() == best


@pytest.mark.parametrize(
    ("settings", "finished"),
    [
        ({"epochs": 4}, True),
        ({"epochs": 5}, False),
        ({"epochs": 9, "patience": 2}, True),
        ({"patience": 3}, False),
    ],
)
def test_it_stops_after_its_epochs_or_its_patience(settings: dict, finished: bool) -> None:
    assert run_of([0.5, 0.2, 0.3, 0.2], monitor="val_loss", **settings).finished() == finished


def test_the_first_decrease_ends_a_run_of_patience_1() -> None:
    run = run_of([0.5, 0.2, 0.3], monitor="val_accuracy", patience=1, epochs=9)
    assert run.finished()
    assert run.best_epoch == 2


def test_the_highest_concordance_is_kept() -> None:
    system = toy.torch_system(**{**toy.REGRESSION, "monitor": "val_ccc"})
    run = TrainingRun(nn.Linear(1, 1), system, seed=0)
    for value in (0.1, 0.4, 0.3):
        run.record({"train_loss": 0.0, "val_loss": 1.0, "val_ccc": value})
    assert run.best_epoch == 2


def test_the_rate_falls_where_the_loss_does_not() -> None:
    run = run_of([0.5, 0.5, 0.5, 0.5], lr=0.8, scheduler={"kind": "plateau", "factor": 0.5, "patience": 1})
    assert [row["lr"] for row in run.history] == [0.8, 0.8, 0.8, 0.4]


def test_without_a_schedule_the_rate_stays() -> None:
    assert [row["lr"] for row in run_of([0.5] * 3, lr=0.8, scheduler=None).history] == [0.8] * 3


class OneSign(nn.Module):
    """Passes its input on, times a number that is learned."""

    def __init__(self) -> None:
        super().__init__()
        self.sign = nn.Parameter(torch.ones(()))

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return self.sign * input

    def penalty(self) -> torch.Tensor:
        return torch.zeros(())


def test_accuracy_in_training_is_that_of_each_batch_as_the_network_met_it() -> None:
    logits = torch.tensor([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0], [0.0, 2.0], [2.0, 0.0]])
    examples = Examples({"input": logits}, torch.tensor([0, 1, 1, 0, 0]))
    settings = toy.torch_system(batch_size=5, optimizer="sgd", lr=10.0, clip_norm=None)
    run, rows = TrainingRun(OneSign(), settings, seed=0), torch.arange(5)
    task = Task(examples, rows, rows, nn.CrossEntropyLoss())
    # Two confident mistakes weigh more than three hits: the step turns all answers round.
    assert [train_epoch(run, task)["train_accuracy"] for _ in range(2)] == [0.6, 0.4]


def test_dimensions_have_no_accuracy_in_training() -> None:
    run = TrainingRun(OneSign(), toy.torch_system(**toy.REGRESSION), seed=0)
    values, rows = torch.rand(4, 1), torch.arange(4)
    scores = train_epoch(run, Task(Examples({"input": values}, values), rows, rows, nn.MSELoss()))
    assert scores.keys() == {"train_loss"}


def test_validation_by_hand() -> None:
    logits = torch.tensor([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    examples = Examples({"input": logits}, torch.tensor([0, 0, 1, 1]))
    rows = torch.arange(4)
    task = Task(examples, rows, rows, nn.CrossEntropyLoss())
    scores = validate(nn.Identity(), task, toy.torch_system())
    agree, differ = torch.tensor([-2.0, 2.0]).exp().log1p().tolist()
    assert scores["val_loss"] == pytest.approx((3 * agree + differ) / 4)
    assert scores["val_accuracy"] == 0.75
    assert scores["val_uar"] == 0.75
    assert scores["val_f1"] == pytest.approx(
        (4 / 5 + 2 / 3) / 2
    )  # 2 x 2 right of 2 + 3, 2 x 1 right of 2 + 1
    assert "val_weighted_f1" not in scores


def test_weighted_f1_by_hand() -> None:
    logits = torch.tensor([[2.0, 0.0, 0.0], [2.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    examples = Examples({"input": logits}, torch.tensor([0, 1, 1, 1]))
    rows = torch.arange(4)
    task = Task(examples, rows, rows, nn.CrossEntropyLoss())
    scores = validate(nn.Identity(), task, toy.torch_system(monitor="val_weighted_f1"))
    assert scores["val_weighted_f1"] == pytest.approx((1 * 2 / 4 + 3 * 2 / 4) / 4)
    assert scores["val_f1"] == pytest.approx((2 / 4 + 2 / 4) / 2)


def test_recall_is_averaged_over_the_classes_that_are_there() -> None:
    examples = Examples({"input": torch.eye(5)[[0, 0, 3]]}, torch.tensor([0, 1, 3]))
    rows = torch.arange(3)
    scores = validate(nn.Identity(), Task(examples, rows, rows, nn.CrossEntropyLoss()), toy.torch_system())
    assert scores["val_uar"] == pytest.approx(2 / 3)


def test_validation_of_dimensions_by_hand() -> None:
    predicted = torch.tensor([[1.0, 2.0], [2.0, 2.0], [3.0, 2.0]])
    examples = Examples({"input": predicted}, torch.tensor([[2.0, 1.0], [3.0, 2.0], [4.0, 3.0]]))
    rows = torch.arange(3)
    settings = toy.torch_system(**toy.REGRESSION, batch_size=2)
    scores = validate(nn.Identity(), Task(examples, rows, rows, nn.MSELoss()), settings)
    assert scores == pytest.approx({"val_loss": (1 + 2 / 3) / 2, "val_ccc": (4 / 7 + 0) / 2})


def test_the_validation_loss_is_of_all_clips_at_once() -> None:
    values = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    rows = torch.arange(4)
    task = Task(Examples({"input": values}, values), rows, rows, CccLoss())
    scores = validate(nn.Identity(), task, toy.torch_system(**toy.REGRESSION, batch_size=1))
    assert scores == pytest.approx({"val_loss": 0.0, "val_ccc": 1.0})


def test_logits_come_in_the_order_of_the_rows() -> None:
    examples = Examples({"input": torch.arange(40.0).reshape(20, 2)}, torch.zeros(20))
    rows = torch.tensor([19, 3, 7, 0, 1, 2, 4, 5, 6, 8, 9])
    logits = predict_logits(nn.Identity(), examples, rows, toy.torch_system(batch_size=4))
    assert torch.equal(logits, examples.inputs["input"][rows])
