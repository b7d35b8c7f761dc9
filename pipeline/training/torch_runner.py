"""Trains a system's networks, one a seed and fold, on features that are moved to the device once."""

import logging
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.core.settings import TorchSystem
from pipeline.training.batches import Examples
from pipeline.training.build import call, load_pretrained
from pipeline.training.checkpoint import Checkpoint
from pipeline.training.data import StudyData
from pipeline.training.frozen import pass_frozen
from pipeline.training.loop import Task, TrainingRun, fit, predict_logits
from pipeline.training.losses import cross_entropy
from pipeline.training.model_files import file_stem
from pipeline.training.network import Design, Network, build_network, count_parameters
from pipeline.training.network_files import save_network
from pipeline.training.outcome import Outcome, rows_to_predict
from pipeline.training.pretrain import Pretraining, pretrain_blocks
from pipeline.training.ragged import Ragged, ragged
from pipeline.training.seeding import prepare_torch, seed_everything
from pipeline.training.text import build_vocabulary, encode

log = logging.getLogger(__name__)


class TorchRunner:
    """Holds a study's tensors on the device and trains on them.

    Args:
        data: The study.
        system: The system's settings, resolved for the profile.
        name: The system's name.
        models: Folder of the trained models.
        checkpoints: Folder of the checkpoints.
    """

    def __init__(
        self, data: StudyData, system: TorchSystem, name: str, models: Path, checkpoints: Path
    ) -> None:
        if "val" in system.train_on:
            raise PipelineError(
                f"systems.{name}.train_on: val chooses the best epoch, so it cannot be trained on"
            )
        self.data, self.system, self.name = data, system, name
        self.models, self.checkpoints = models, checkpoints
        self.device = prepare_torch()
        self.features = {
            slot: (torch.from_numpy(values) if isinstance(values, np.ndarray) else ragged(values)).to(
                self.device
            )
            for slot, values in data.features.items()
        }
        self.targets = torch.from_numpy(data.targets).to(self.device)

    def train(self, seed: int, fold: int) -> Outcome:
        """Train and save the network of one seed and fold; predict its clips."""
        started = time.perf_counter()
        seed_everything(seed)
        train_rows = self._rows(self.data.rows(fold, list(self.system.train_on)))
        val_rows = self._rows(self.data.rows(fold, ["val"]))
        if not len(val_rows):
            raise PipelineError(
                f"systems.{self.name}: fold {fold} has no clips in val to choose the best epoch by"
            )
        examples, design = self._prepare(train_rows)
        network = self._build(design, examples, train_rows)
        if self.system.pretrain:
            self._pretrain(network, examples, train_rows, seed)
        rows = rows_to_predict(self.data, fold, self.system)
        used = torch.cat([train_rows, val_rows, *map(self._rows, rows.values())]).unique()
        trained, examples = pass_frozen(network, design.model, examples, used, self.system)
        run = TrainingRun(trained, self.system, seed)
        # Random states of a GPU mean nothing to a CPU: each kind of device has its own checkpoints.
        checkpoint = Checkpoint(self.checkpoints / f"{file_stem(seed, fold)}_{self.device.type}.pt")
        task = Task(examples, train_rows, val_rows, self._loss(train_rows))
        fit(run, task, checkpoint, f"{self.name} seed {seed} fold {fold}")
        facts = {
            "parameters": count_parameters(network),
            "n_train": len(train_rows),
            "best_epoch": run.best_epoch,
        }
        save_network(self.models, seed, fold, network, design, facts)
        probabilities = {
            split: self._probabilities(trained, examples, index) for split, index in rows.items()
        }
        record = {"seconds": time.perf_counter() - started, "epochs": run.epoch}
        return Outcome(seed, fold, rows, probabilities, facts, run.history, record)

    def _loss(self, train_rows: Tensor) -> nn.Module:
        return cross_entropy(
            self.targets[train_rows],
            len(self.data.classes),
            class_weights=self.system.class_weights,
            label_smoothing=self.system.label_smoothing,
        )

    def _prepare(self, train_rows: Tensor) -> tuple[Examples, Design]:
        """Add token ids to the features, by a vocabulary of the training clips."""
        inputs = dict(self.features)
        vocabulary = None
        if self.data.texts is not None:
            if self.system.max_tokens is None or self.system.min_count is None:
                raise PipelineError(
                    f"systems.{self.name}: a system that reads transcripts needs max_tokens and min_count"
                )
            vocabulary = build_vocabulary(
                (self.data.texts[row] for row in train_rows.tolist()), self.system.min_count
            )
            tokens = encode(self.data.texts, vocabulary, self.system.max_tokens)
            inputs["tokens"] = torch.from_numpy(tokens).to(self.device)
        # What the model is given for one clip; for the longest, where their lengths differ.
        clip, _ = Examples(inputs, self.targets).take(self._longest())
        design = Design(
            model=self.system.model,
            architecture=self.system.architecture,
            classes=self.data.classes,
            shapes={name: tuple(values.shape[1:]) for name, values in clip.items()},
            dtypes={name: str(values.dtype).removeprefix("torch.") for name, values in clip.items()},
            vocabulary=vocabulary,
            normalise=self.system.normalise,
        )
        return Examples(inputs, self.targets), design

    def _build(self, design: Design, examples: Examples, train_rows: Tensor) -> Network:
        network = build_network(design, self.system.augment).to(self.device)
        if self.system.weights is not None:
            loaded = load_pretrained(design.model, network.model, self.system.weights)
            counts = (len(loaded.taken), len(loaded.left), len(loaded.fresh))
            log.info("%s: %s: %d tensors taken, %d left, %d fresh", self.name, self.system.weights, *counts)
        for name, normaliser in network.normalisers.items():
            normaliser.fit(*_values_of(examples.inputs[name], train_rows), examples.targets)
        return network

    def _longest(self) -> Tensor:
        """Return the row of the longest clip, or of any where all have one shape."""
        lengths = [values.lengths for values in self.features.values() if isinstance(values, Ragged)]
        return lengths[0].argmax().reshape(1) if lengths else self._rows(np.zeros(1, np.int64))

    def _pretrain(self, network: Network, examples: Examples, train_rows: Tensor, seed: int) -> None:
        """Pretrain the model's blocks on the training images; a resumed run does so again and forgets it."""
        settings = call(Pretraining, self.system.pretrain, f"systems.{self.name}.pretrain")
        images = network.normalisers["features"](examples.take(train_rows)[0]["features"])
        pretrain_blocks(network.model, images, settings, seed)

    def _probabilities(self, network: nn.Module, examples: Examples, rows: np.ndarray) -> np.ndarray:
        if not len(rows):
            return np.empty((0, len(self.data.classes)), np.float32)
        logits = predict_logits(network, examples, self._rows(rows), self.system)
        return logits.double().softmax(dim=1).cpu().numpy()

    def _rows(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(rows).to(self.device)


def _values_of(values: Tensor | Ragged, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return what a normaliser is fitted on and its rows: the clips, or all their steps where lengths differ."""
    if not isinstance(values, Ragged):
        return values, rows
    steps = values.all_steps(rows)
    return steps, torch.arange(len(steps), device=rows.device)
