"""One way of training, in a process of its own, an epoch at a time: how long each takes, and the most memory.

    python -m benchmarks.epoch_ways WAY SYSTEM FOLDER

It reads one line of its input for each epoch and writes one of JSON. Ways: `ours` is the pipeline's own training on
its store. The others are what is usually written: a `Dataset` that reads and scales one file a clip, a `DataLoader`
with 0 or 2 workers, and a loop of its own: `tensors0`, `tensors2` read a .pt file a clip (float32); `images0`,
`images2` a PNG file a clip, decoded by Pillow. All see the same clips in the same batches and start from the same
weights; `plain` behind a way's name has the network as it is usually written, too: ReLU ahead of pooling, and maps
in the order that torch lays them out by itself.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from pipeline.config.systems import TorchSystem
from pipeline.features.shards import load_features
from pipeline.training.batches import Examples, shuffled_batches
from pipeline.training.loop import Task, TrainingRun, train_epoch, validate
from pipeline.training.network import Design, Network, build_network
from pipeline.training.run_record import peak_memory_mb
from pipeline.training.seeding import prepare_torch, seed_everything

CLASSES = [f"class_{i}" for i in range(8)]
SEED = 42
Epoch = Callable[[], tuple[float, float]]  # losses of training and validation
RECIPE: dict[str, Any] = {
    "study": "", "variant": "main", "trainer": "torch", "features": "", "second": "none", "seeds": [SEED],
    "train_on": ["train"], "small": {}, "optimizer": "adam", "lr": 0.001, "epochs": 1, "monitor": "val_accuracy",
    "loss": "cross_entropy",
}  # fmt: skip


@dataclass(frozen=True)
class System:
    """What is trained: a system of params.yaml, and clips like those that it reads.

    Attributes:
        shape: Of one clip.
        dtype: As stored.
        n_train: Training clips.
        n_val: Validation clips, behind them.
        recipe: Model, architecture and recipe.
    """

    shape: tuple[int, ...]
    dtype: str
    n_train: int
    n_val: int
    recipe: dict[str, Any]

    @property
    def settings(self) -> TorchSystem:
        return TorchSystem.model_validate({**RECIPE, **self.recipe})

    @property
    def labels(self) -> Tensor:
        return torch.arange(self.n_train + self.n_val) % len(CLASSES)

    def network(self) -> Network:
        """Build the network of all ways, with its first weights."""
        settings = self.settings
        shapes, dtypes = {"features": self.shape}, {"features": self.dtype}
        seed_everything(SEED)
        return build_network(Design(settings.model, settings.architecture, CLASSES, shapes, dtypes, None))


RAVDESS: dict[str, Any] = {"batch_size": 64, "weight_decay": 5e-5, "clip_norm": 1.0, "model": "mel_cnn"}
MFCC: dict[str, Any] = {
    "planes": 3, "channels": [16, 32, 64, 128], "batch_norm": False, "pool": True, "average": False,
    "hidden": [128, 64], "activation": "relu", "dropout": 0.1,
}  # fmt: skip
BILSTM = {"hidden": 128, "layers": 2, "attention": 128, "classifier": 128, "dropout": 0.3}
SYSTEMS = {
    "ravdess_cnn3": System(
        (128, 128), "uint8", 1008, 216,
        {**RAVDESS, "architecture": {"channels": [16, 32, 64], "hidden": [72], "dropout": 0.0}},
    ),
    "ravdess_cnn4": System(
        (128, 128), "uint8", 1008, 216,
        {**RAVDESS, "architecture": {"channels": [16, 32, 64, 128], "hidden": [208], "dropout": 0.0}},
    ),
    "annamalai_cnn_mfcc_delta": System(
        (172, 120), "float32", 1008, 216, {"model": "mfcc_cnn", "architecture": MFCC, "batch_size": 32}
    ),
    "speech_bilstm_attention": System(
        (200, 120), "float32", 512, 128,
        {
            "model": "bilstm_attention", "architecture": BILSTM, "batch_size": 32, "weight_decay": 1e-4,
            "clip_norm": 1.0,
        },
    ),
}  # fmt: skip


def store_path(folder: Path) -> Path:
    return folder / "store.parquet"


def file_path(folder: Path, clip: int, suffix: str) -> Path:
    return folder / "files" / f"{clip:05d}{suffix}"


def clip_ids(system: System) -> list[str]:
    return [f"clip_{i:05d}" for i in range(system.n_train + system.n_val)]


def ours(system: System, folder: Path) -> Epoch:
    """Train as the train stage does, from the store."""
    device = prepare_torch()
    values, _ = load_features("benchmark", [store_path(folder)], clip_ids(system))
    features = torch.from_numpy(values).to(device)
    network = system.network().to(device)
    rows = torch.arange(len(features), device=device)
    train_rows, val_rows = rows[: system.n_train], rows[system.n_train :]
    network.normalisers["features"].fit(features, train_rows)
    run = TrainingRun(network, system.settings, SEED)
    examples = Examples({"features": features}, system.labels.to(device))
    task = Task(examples, train_rows, val_rows, nn.CrossEntropyLoss())

    def epoch() -> tuple[float, float]:
        return train_epoch(run, task), validate(network, task, run.settings)["val_loss"]

    return epoch


class Files(Dataset):
    """One file a clip, read and scaled when it is asked for.

    Args:
        system: What is trained.
        folder: Of the files.
        suffix: Of the files: .pt or .png.
        scale: Mean and deviation of the training clips.
    """

    def __init__(self, system: System, folder: Path, suffix: str, scale: tuple[Tensor, Tensor]) -> None:
        self.labels, self.folder, self.suffix, self.scale = system.labels, folder, suffix, scale

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, clip: int) -> tuple[Tensor, Tensor]:
        path = file_path(self.folder, clip, self.suffix)
        if self.suffix == ".pt":
            values = torch.load(path)
        else:
            values = torch.from_numpy(np.asarray(Image.open(path).convert("L"), dtype=np.float32))
        mean, deviation = self.scale
        return (values - mean) / deviation, self.labels[clip]


def theirs(system: System, folder: Path, suffix: str, n_workers: int, plain: bool) -> Epoch:
    """Train as it is usually written."""
    scale: tuple[Tensor, Tensor] = torch.load(folder / "scale.pt")
    dataset = Files(system, folder, suffix, scale)
    settings, model = system.settings, system.network().model
    if plain:
        make_plain(model)
    order = _Order(torch.arange(system.n_train), settings.batch_size)
    val_batches = torch.arange(system.n_train, len(dataset)).split(settings.batch_size)
    own = torch.Generator()  # else each loader would draw from the generator of dropout
    train = DataLoader(dataset, batch_sampler=order, num_workers=n_workers, generator=own)
    val = DataLoader(
        dataset, batch_sampler=[part.tolist() for part in val_batches], num_workers=n_workers, generator=own
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
    criterion = nn.CrossEntropyLoss()

    def epoch() -> tuple[float, float]:
        model.train()
        order.shuffle()
        train_loss = 0.0
        for inputs, labels in train:
            optimizer.zero_grad()
            loss = criterion(model(inputs), labels)
            loss.backward()
            if settings.clip_norm is not None:
                nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
            optimizer.step()
            train_loss += loss.item() * len(labels)
        model.eval()
        val_loss, correct = 0.0, 0
        with torch.no_grad():
            for inputs, labels in val:
                logits = model(inputs)
                val_loss += criterion(logits, labels).item() * len(labels)
                correct += (logits.argmax(dim=1) == labels).sum().item()
        return train_loss / system.n_train, val_loss / system.n_val

    return epoch


class _Order:
    """The batches of our own training, epoch after epoch."""

    def __init__(self, rows: Tensor, size: int) -> None:
        self.rows, self.size = rows, size
        self.generator = torch.Generator().manual_seed(SEED)
        self.batches: list[list[int]] = []

    def shuffle(self) -> None:
        """Draw the batches of the next epoch: a loader with workers asks for them more than once."""
        batches = shuffled_batches(self.rows, self.size, self.generator)
        self.batches = [batch.tolist() for batch in batches]

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


def make_plain(model: nn.Module) -> None:
    """Undo what the pipeline's models do for speed: the same function of the same weights, up to rounding."""
    model.to(memory_format=torch.contiguous_format)
    for block in getattr(model, "blocks", []):
        kinds = [type(layer) for layer in block]
        if kinds[-2:] == [nn.MaxPool2d, nn.ReLU]:
            block[-2], block[-1] = block[-1], block[-2]


def build(way: str, system: System, folder: Path) -> Epoch:
    """Return what trains one epoch in one way."""
    if way == "ours":
        return ours(system, folder)
    way, _, plain = way.partition(" ")
    suffix = ".pt" if way.startswith("tensors") else ".png"
    return theirs(system, folder, suffix, int(way[-1]), plain == "plain")


def cpu_seconds() -> float:
    """Return the processor time of this process and of the workers that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main(way: str, system: str, folder: str) -> None:
    started = time.perf_counter()
    epoch = build(way, SYSTEMS[system], Path(folder))
    print(json.dumps({"start": time.perf_counter() - started}), flush=True)
    for _ in sys.stdin:
        started, used = time.perf_counter(), cpu_seconds()
        losses = epoch()
        row = {
            "seconds": time.perf_counter() - started,
            "cpu": cpu_seconds() - used,
            "losses": losses,
            "peak_mb": peak_memory_mb(),
            "worker_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10,  # the largest
        }
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
