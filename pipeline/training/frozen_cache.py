"""What the frozen part of a network gave, kept from one training to the next: the second runs no encoder.

It is kept by batch. What a network gives for a clip hangs, in its last bits, on the clip's company; of a whole
batch, what is read is what would be computed, to the bit. Another seed, rate or number of epochs has the same
batches, and so have the folds of a split that uses every clip in each; other clips, another batch size and another
number of threads have not.
"""

import hashlib
import importlib.metadata
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from pipeline.config.systems import TorchSystem
from pipeline.core.row_cache import Row, RowCache, digest
from pipeline.training import distributed
from pipeline.training.checkpoint import code_digest

Batch = tuple[Tensor, Tensor | None]  # clips or frames, (clips, ...), and how many steps are each one's own
LIBRARIES = ("torch", "torchvision", "transformers")
AT_ONCE = 8  # batches that are stored together
PLAIN = {torch.bfloat16: torch.int16}  # what numpy has in place of a type


class FrozenCache:
    """The outputs of one frozen part.

    Args:
        model: File in pipeline/models.
        parts: The modules that a batch goes through, with their weights.
        settings: The system's.
        device: They are on.
        limit: `MOST`, beyond which nothing is kept.
    """

    def __init__(
        self, model: str, parts: Sequence[nn.Module], settings: TorchSystem, device: torch.device, limit: int
    ) -> None:
        how = [
            *(code_digest(model), [importlib.metadata.version(name) for name in LIBRARIES]),
            *(settings.architecture, settings.normalise, settings.precision, limit, _weights_digest(parts)),
            torch.cuda.get_device_name(device) if device.type == "cuda" else torch.get_num_threads(),
        ]
        self._rows = RowCache(f"frozen/{model}", digest([device.type, *how]))
        self._device = device

    def through(
        self, batches: Sequence[Tensor], take: Callable[[Tensor], Batch], compute: Callable[[Tensor], Batch]
    ) -> Iterator[Batch]:
        """Yield what comes of each batch, in order; what was never computed is, and is stored.

        Args:
            batches: Rows of each.
            take: Returns the clips of rows.
            compute: Takes the clips of rows through the frozen part.
        """
        keys = [_key(*take(batch)) for batch in batches]
        found = self._rows.get_many(keys)
        missing = [(key, batch) for key, batch in zip(keys, batches, strict=True) if key not in found]
        computed = self._stored({key: _row(*compute(batch))} for key, batch in missing)
        for key in keys:
            row = found[key] if key in found else next(computed)[key]
            yield _batch(row, self._device)
        computed.close()

    def _stored(self, computed: Generator[Mapping[str, Row]]) -> Generator[Mapping[str, Row]]:
        """Pass rows on and store them, where this process writes files."""
        return self._rows.store(computed, AT_ONCE) if distributed.is_first() else computed


def _row(values: Tensor, own: Tensor | None) -> Row:
    kind = values.dtype
    return {
        "values": values.contiguous().view(PLAIN.get(kind, kind)).cpu().numpy(),
        "kind": str(kind).removeprefix("torch."),
        "own": torch.tensor([]).long().numpy() if own is None else own.cpu().numpy(),
        "told": own is not None,
    }


def _batch(row: Row, device: torch.device) -> Batch:
    values = torch.tensor(row["values"]).view(
        getattr(torch, row["kind"])
    )  # a copy: the row may lie in a file
    return values.to(device), torch.tensor(row["own"]).to(device) if row["told"] else None


def _key(clips: Tensor, lengths: Tensor | None) -> str:
    hashed = hashlib.blake2b(digest_size=16)
    for name, tensor in (("clips", clips), ("lengths", lengths)):
        if tensor is not None:
            _add(hashed, name, tensor)
    return hashed.hexdigest()


def _weights_digest(parts: Sequence[nn.Module]) -> str:
    hashed = hashlib.blake2b(digest_size=16)
    for number, part in enumerate(parts):
        for name, tensor in part.state_dict().items():
            _add(hashed, f"{number}.{name}", tensor)
    return hashed.hexdigest()


def _add(hashed: "hashlib.blake2b", name: str, tensor: Tensor) -> None:
    hashed.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
    hashed.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
