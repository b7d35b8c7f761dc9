"""Trains a system's networks, one a seed and fold, on features that are moved to the device once.

A network of dimensions learns them, and predicts them, on the corpus's own scale: the studies say nothing of
standardising them. A system whose dimensions are not learned jointly has one network for each, and its outcome
joins their predictions.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.config.call import call
from pipeline.config.systems import EMOTION, TorchSystem
from pipeline.core.errors import PipelineError
from pipeline.models.build import load_pretrained
from pipeline.models.check import checkpointer, pretrained_blocks
from pipeline.training import distributed
from pipeline.training.batches import Examples
from pipeline.training.checkpoint import Checkpoint
from pipeline.training.data import StudyData
from pipeline.training.frozen import pass_frozen
from pipeline.training.loop import Task, TrainingRun, fit
from pipeline.training.losses import build_loss
from pipeline.training.memory import check_room, describe_peak, peak_memory, start_measuring
from pipeline.training.model_files import file_stem, networks_of
from pipeline.training.network import Design, Network, build_network, count_parameters
from pipeline.training.network_files import save_network
from pipeline.training.outcome import Outcome, join_networks, rows_to_predict
from pipeline.training.precision import MIXED, precision_of
from pipeline.training.predict import network_outputs, on_device
from pipeline.training.pretrain import Pretraining, pretrain_blocks
from pipeline.training.ragged import Ragged
from pipeline.training.seeding import prepare_torch, seed_everything
from pipeline.training.text import Tokeniser, token_ids

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoldRows:
    """Rows of a study, on the device but for those that are predicted.

    Attributes:
        train: That the network is trained on.
        val: That choose the best epoch.
        predicted: By split, on the CPU.
    """

    train: Tensor
    val: Tensor
    predicted: dict[str, np.ndarray]

    @property
    def used(self) -> Tensor:
        """All of them, each once."""
        predicted = [torch.from_numpy(rows).to(self.train.device) for rows in self.predicted.values()]
        return torch.cat([self.train, self.val, *predicted]).unique()


class TorchRunner:
    """Holds a study's tensors on the device and trains on them.

    Args:
        data: The study.
        system: The system's settings, resolved for the profile.
        name: The system's name.
        models: Folder of the trained models.
        checkpoints: Folder of the checkpoints.
        on_epoch: Called after each epoch of each training.
    """

    def __init__(
        self,
        data: StudyData,
        system: TorchSystem,
        name: str,
        models: Path,
        checkpoints: Path,
        on_epoch: Callable[[TrainingRun], None] | None = None,
    ) -> None:
        if "val" in system.train_on:
            raise PipelineError(
                f"systems.{name}.train_on: val chooses the best epoch, so it cannot be trained on"
            )
        kinds = [settings.get("kind") for settings in system.normalise.values()]
        if system.regression and "components" in kinds:
            raise PipelineError(
                f"systems.{name}.normalise: components are chosen by how well they separate classes, but the "
                f"targets are {', '.join(system.targets)}: take another kind"
            )
        self.data, self.system, self.name = data, system, name
        self.models, self.checkpoints, self.on_epoch = models, checkpoints, on_epoch
        self.device = prepare_torch()
        check_room(data.features.values(), self.device, name)
        self.features = on_device(data.features, self.device)

    def train(self, seed: int, fold: int) -> Outcome:
        """Train and save the network, or one for each target, of one seed and fold; predict its clips."""
        networks = networks_of(self.system)
        return join_networks(
            {name: self._train_network(seed, fold, name, targets) for name, targets in networks.items()}
        )

    def _train_network(self, seed: int, fold: int, name: str, targets: list[str]) -> Outcome:
        started = time.perf_counter()
        start_measuring(self.device)
        seed_everything(seed)
        rows = self._fold_rows(fold)
        examples, design = self._prepare(rows.train, targets)
        network, weights = self._build(design, examples, rows.train, seed)
        distributed.share(network, len(rows.train), self.system.batch_size)
        trained, examples = pass_frozen(network, design.model, examples, rows.used, self.system)
        run = self._fit(trained, examples, rows, seed, fold, name)
        facts = {
            "parameters": count_parameters(network),
            "n_train": len(rows.train),
            "best_epoch": run.best_epoch,
            **({"published_weights": weights} if weights else {}),
        }
        if distributed.is_first():
            save_network(self.models, seed, fold, network, design, facts, name)
        predicted = {
            split: self._predict(trained, examples, index, design.n_outputs)
            for split, index in rows.predicted.items()
        }
        record = self._record(started, run, self._title(seed, fold, name))
        return Outcome(seed, fold, rows.predicted, predicted, facts, run.history, record)

    def _fold_rows(self, fold: int) -> FoldRows:
        """Return what is trained on, validated and predicted in a fold."""
        train = self._rows(self.data.rows(fold, list(self.system.train_on)))
        val = self._rows(self.data.rows(fold, ["val"]))
        if not len(val):
            raise PipelineError(
                f"systems.{self.name}: fold {fold} has no clips in val to choose the best epoch by"
            )
        return FoldRows(train, val, rows_to_predict(self.data, fold, self.system))

    def _fit(
        self, network: nn.Module, examples: Examples, rows: FoldRows, seed: int, fold: int, name: str
    ) -> TrainingRun:
        """Train a network, from its checkpoint where there is one, and leave the best weights in it."""
        if self.system.compile:
            network.compile()  # in place: the names of weights stay
        run = TrainingRun(network, self.system, seed)
        # Random states of a GPU mean nothing to a CPU: each kind of device has its own checkpoints.
        file = self.checkpoints / f"{file_stem(seed, fold, name)}_{self.device.type}.pt"
        task = Task(examples, rows.train, rows.val, self._loss(examples.targets[rows.train]))
        fit(run, task, Checkpoint(file), self._title(seed, fold, name), self.on_epoch)
        return run

    def _record(self, started: float, run: TrainingRun, title: str) -> dict[str, Any]:
        """Return, and log, what may differ between two trainings of the same."""
        record = {
            "seconds": time.perf_counter() - started,
            "epochs": run.epoch,
            "processes": distributed.size(),
            "precision": precision_of(run.network, self.device, self.system),
            **peak_memory(self.device),
        }
        epochs = f"{run.epoch} epochs (best {run.best_epoch})"
        log.info("%s: %s in %.1f s, peak memory %s", title, epochs, record["seconds"], describe_peak(record))
        return record

    def _title(self, seed: int, fold: int, name: str) -> str:
        """Name a training in progress bars, logs and errors."""
        return f"{self.name} seed {seed} fold {fold} {name}".rstrip()

    def _loss(self, targets: Tensor) -> nn.Module:
        """Build the loss from the targets of the training clips."""
        return build_loss(self.system, targets, len(self.data.classes)).to(self.device)

    def _targets(self, names: list[str]) -> Tensor:
        """Return class indices, shape (clips,), or the values of dimensions, shape (clips, targets)."""
        values = self.data.targets if EMOTION in names else self.data.values(names)
        return torch.from_numpy(values).to(self.device)

    def _prepare(self, train_rows: Tensor, targets: list[str]) -> tuple[Examples, Design]:
        """Add token ids to the features, by a vocabulary of the training clips or a published one."""
        inputs = dict(self.features)
        vocabulary: list[str] | None = None
        tokeniser: Tokeniser = "words"
        if self.data.texts is not None:
            training = [self.data.texts[row] for row in train_rows.tolist()]
            tokens, vocabulary, tokeniser = token_ids(
                self.data.texts, training, self.system, f"systems.{self.name}"
            )
            inputs["tokens"] = torch.from_numpy(tokens).to(self.device)
        # What the model is given for one clip; for the longest, where their lengths differ.
        examples = Examples(inputs, self._targets(targets))
        clip, _ = examples.take(self._longest())
        design = Design(
            model=self.system.model,
            architecture=self.system.architecture,
            classes=self.data.classes,
            shapes={name: tuple(values.shape[1:]) for name, values in clip.items()},
            dtypes={name: str(values.dtype).removeprefix("torch.") for name, values in clip.items()},
            vocabulary=vocabulary,
            tokeniser=tokeniser,
            normalise=self.system.normalise,
            targets=targets,
        )
        return examples, design

    def _build(
        self, design: Design, examples: Examples, train_rows: Tensor, seed: int
    ) -> tuple[Network, dict[str, Any] | None]:
        """Build the network, ready to be trained; return it and where its published weights come from."""
        network = build_network(design, self.system.augment).to(self.device)
        if self.system.checkpointing:
            checkpointer(design.model)(network.model)
        if precision_of(network, self.device, self.system) == MIXED:
            log.warning(
                "systems.%s: precision is bf16, but this CPU has no LSTM in bfloat16: its LSTMs are computed in "
                "float32, and run.json says so",
                self.name,
            )
        source = self._load_weights(network, design)
        for name, normaliser in network.normalisers.items():
            normaliser.fit(*_values_of(examples.inputs[name], train_rows), examples.targets)
        if self.system.pretrain:
            self._pretrain(network, design, examples, train_rows, seed)
        return network, source

    def _load_weights(self, network: Network, design: Design) -> dict[str, Any] | None:
        """Fill the model with the system's published weights; return which they were, None without any."""
        if self.system.weights is None:
            return None
        if not self.system.pretrained:
            log.warning("%s: RANDOM WEIGHTS in place of published ones, as the profile says", self.name)
            return None
        where = f"systems.{self.name}.weights"
        loaded = load_pretrained(design.model, network.model, self.system.weights, where)
        counts = f"{len(loaded.taken)} tensors taken, {len(loaded.left)} left, {len(loaded.fresh)} fresh"
        log.info("%s: %s: %s", self.name, self.system.weights, counts)
        return loaded.source

    def _longest(self) -> Tensor:
        """Return the row of the longest clip, or of any where all have one shape."""
        lengths = [values.lengths for values in self.features.values() if isinstance(values, Ragged)]
        return lengths[0].argmax().reshape(1) if lengths else self._rows(np.zeros(1, np.int64))

    def _pretrain(
        self, network: Network, design: Design, examples: Examples, train_rows: Tensor, seed: int
    ) -> None:
        """Pretrain the model's blocks on the training images; a resumed run does so again and forgets it."""
        settings = call(Pretraining, self.system.pretrain, f"systems.{self.name}.pretrain")
        images = network.normalisers["features"](examples.take(train_rows)[0]["features"])
        pretrain_blocks(list(pretrained_blocks(design.model)(network.model)), images, settings, seed)

    def _predict(
        self, network: nn.Module, examples: Examples, rows: np.ndarray, n_outputs: int
    ) -> np.ndarray:
        """Return probabilities, or the values of dimensions, shape (rows, outputs), float64."""
        if not len(rows):
            return np.empty((0, n_outputs))
        return network_outputs(network, examples, self._rows(rows), self.system)

    def _rows(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(rows).to(self.device)


def _values_of(values: Tensor | Ragged, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return what a normaliser is fitted on and its rows: the clips, or all their steps where lengths differ."""
    if not isinstance(values, Ragged):
        return values, rows
    steps = values.all_steps(rows)
    return steps, torch.arange(len(steps), device=rows.device)
