"""The one training loop: epochs, validation, schedule, early stopping, the best weights, resuming."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from pipeline.config.systems import TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.core.parallel import batched
from pipeline.training import distributed
from pipeline.training.batches import Examples, by_length, shuffled_batches
from pipeline.training.checkpoint import Checkpoint
from pipeline.training.optimise import after_epoch, after_step, build_optimizer, build_scheduler
from pipeline.training.precision import autocast
from pipeline.training.seeding import random_state, restore_random_state
from pipeline.training.validation import class_scores, dimension_scores, weighted_f1

Loss = Callable[[Tensor, Tensor], Tensor]
PROGRESS = ("epoch", "best_epoch", "best_value", "history")  # of a run: numbers and rows, without tensors


class Diverged(PipelineError):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class Task:
    """What a network is trained on.

    Attributes:
        examples: All clips.
        train_rows: Indices of the training clips, on the device.
        val_rows: Indices of the validation clips, on the device.
        loss: Of the network's outputs (logits, or values of dimensions) and targets.
    """

    examples: Examples
    train_rows: Tensor
    val_rows: Tensor
    loss: Loss


class TrainingRun:
    """All that changes while a network trains, so that it can be saved and restored.

    Args:
        network: On its device.
        settings: The system's recipe.
        seed: Of the order of the clips, and of what several processes draw.

    Attributes:
        epoch: Epochs done.
        best_epoch: The one whose weights are kept; 0 before the first.
        history: One row an epoch.
    """

    def __init__(self, network: nn.Module, settings: TorchSystem, seed: int) -> None:
        self.network = network
        self.settings = settings
        self.seed = seed
        self.optimizer = build_optimizer(network, settings)
        self.scheduler = build_scheduler(self.optimizer, settings.scheduler)
        self.generator = torch.Generator().manual_seed(seed)
        self.epoch = self.best_epoch = 0
        self.best_value = float("inf")
        self.best_weights: dict[str, Tensor] = {}
        self.history: list[dict[str, float]] = []

    def record(self, scores: dict[str, float]) -> None:
        """Close an epoch: keep its weights if they are the best so far (first of equals), step the schedule.

        Args:
            scores: The epoch's row of the history, without its learning rate.
        """
        monitor = self.settings.monitor
        self.epoch += 1
        self.history.append({"epoch": self.epoch, **scores, "lr": self.optimizer.param_groups[0]["lr"]})
        value = scores[monitor] if monitor == "val_loss" else -scores[monitor]  # of all others more is better
        if value < self.best_value:
            self.best_value, self.best_epoch = value, self.epoch
            self.best_weights = {name: item.clone() for name, item in self.network.state_dict().items()}
        after_epoch(self.scheduler, scores["val_loss"])

    def finished(self) -> bool:
        """Tell whether the epochs, or the patience, are used up."""
        patience, waited = self.settings.patience, self.epoch - self.best_epoch
        return self.epoch >= self.settings.epochs or (patience is not None and waited >= patience)

    def state(self) -> dict[str, Any]:
        """Return everything that the rest of the training depends on."""
        return {
            "progress": {name: getattr(self, name) for name in PROGRESS},
            "network": self.network.state_dict(),
            "best_weights": self.best_weights,
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict() if self.scheduler else None,
            "generator": self.generator.get_state(),
            "random": random_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to where `state` was taken."""
        for name in PROGRESS:
            setattr(self, name, state["progress"][name])
        self.network.load_state_dict(state["network"])
        self.best_weights = state["best_weights"]
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state["scheduler"])
        self.generator.set_state(state["generator"])
        restore_random_state(state["random"])


def fit(
    run: TrainingRun,
    task: Task,
    checkpoint: Checkpoint,
    description: str,
    on_epoch: Callable[[TrainingRun], None] | None = None,
) -> None:
    """Train until done and leave the best weights in the network.

    Args:
        run: Fresh; a checkpoint that is there is restored into it.
        task: What to train on.
        checkpoint: Where to save, and to resume from.
        description: Of the progress bar and of errors.
        on_epoch: Called after each epoch; what it raises ends the training.

    Raises:
        Diverged: The loss is no longer a number.
    """
    state = checkpoint.load()
    if state is not None:
        run.restore(state)
    total, hidden = run.settings.epochs, None if distributed.is_first() else True
    with tqdm(total=total, initial=run.epoch, desc=description, unit="epoch", disable=hidden) as bar:
        while not run.finished():
            scores = {**train_epoch(run, task), **validate(run.network, task, run.settings)}
            if not (math.isfinite(scores["train_loss"]) and math.isfinite(scores["val_loss"])):
                raise Diverged(
                    f"{description}: the loss of epoch {run.epoch + 1} is {scores['train_loss']} in training and "
                    f"{scores['val_loss']} in validation: lower lr ({run.settings.lr}) or clip_norm, or look "
                    "for features that are not finite"
                )
            run.record(scores)
            if on_epoch is not None:
                on_epoch(run)
            if distributed.is_first():
                checkpoint.save(run.state, now=run.finished())
            monitor = run.settings.monitor
            bar.set_postfix({"val_loss": scores["val_loss"], monitor: scores[monitor]}, refresh=False)
            bar.update()
    run.network.load_state_dict(run.best_weights)


def train_epoch(run: TrainingRun, task: Task) -> dict[str, float]:
    """Take one pass over the training clips; return their mean loss, without the model's penalty, and accuracy.

    Both are running values: each batch counts as the network met it, with dropout and augmentation on, before the
    step that it is for. Systems of dimensions have no accuracy.
    """
    network, settings, device = run.network.train(), run.settings, task.train_rows.device
    distributed.seed_epoch(run.seed, run.epoch)
    # They stay there: reading them would wait for every batch.
    total, right = torch.zeros((), device=device), torch.zeros((), device=device)
    lengths = task.examples.lengths
    batches = shuffled_batches(task.train_rows, settings.batch_size, run.generator, lengths)
    for step in batched(batches, settings.accumulate):
        run.optimizer.zero_grad()
        for batch, share in zip(step, batch_shares(task, step), strict=True):
            inputs, targets = task.examples.take(batch)
            with autocast(device, settings):
                outputs = distributed.forward(network, inputs)
            loss = task.loss(outputs, targets)
            # The history is of the loss alone, as in validation; the penalty counts once a step.
            penalty = network.penalty() / (len(step) * distributed.size())
            (loss * share + penalty).backward()
            total += loss.detach() * len(batch)
            if not settings.regression:
                right += (outputs.detach().argmax(dim=1) == targets).sum()
        distributed.add_gradients(network)
        if settings.clip_norm is not None:
            nn.utils.clip_grad_norm_(network.parameters(), settings.clip_norm)
        run.optimizer.step()
        after_step(run.scheduler)
    scores = {"train_loss": float(total / len(task.train_rows))}
    if not settings.regression:
        scores["train_accuracy"] = float(right) / len(task.train_rows)
    return scores


def batch_shares(task: Task, step: Sequence[Tensor]) -> list[Tensor | float]:
    """Return what each batch of a step counts in the loss of them all: by clips, or by their classes' weights."""
    if len(step) == 1:
        return [1.0]
    weight = getattr(task.loss, "weight", None)
    parts = [
        torch.tensor(float(len(batch))) if weight is None else weight[task.examples.targets[batch]].sum()
        for batch in step
    ]
    return list(torch.stack(parts) / sum(parts))


@torch.inference_mode()
def predict_logits(network: nn.Module, examples: Examples, rows: Tensor, settings: TorchSystem) -> Tensor:
    """Return logits, or values of dimensions, shape (rows, outputs), float32, in the order of the rows."""
    network.eval()
    parts = []
    order = by_length(rows, examples.lengths)
    for batch in rows[order].split(settings.batch_size):
        inputs, _ = examples.take(batch)
        with autocast(rows.device, settings):
            parts.append(distributed.forward(network, inputs))
    outputs = torch.cat(parts)
    return torch.empty_like(outputs).index_copy_(0, order, outputs)


def validate(network: nn.Module, task: Task, settings: TorchSystem) -> dict[str, float]:
    """Return the loss of the validation clips, all at once, and their scores: those of classes or of dimensions.

    The weighted F1 is among them where weights are chosen by it.
    """
    outputs = predict_logits(network, task.examples, task.val_rows, settings)
    targets = task.examples.targets[task.val_rows]
    scores = (dimension_scores if settings.regression else class_scores)(outputs, targets)
    if settings.monitor == "val_weighted_f1":
        scores["val_weighted_f1"] = weighted_f1(outputs, targets)
    return {"val_loss": float(task.loss(outputs, targets)), **scores}
