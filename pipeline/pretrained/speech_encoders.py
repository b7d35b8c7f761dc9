"""Pretrained encoders of speech: where the weights of one come from, and loading it once a process.

A name is that of a Whisper checkpoint (a file, one below `$SER_WEIGHTS`, or one of Whisper's own names, as
`asr.model`), or that of wav2vec 2.0 or a relative: organisation/model@revision, or a folder of the hub's layout.
"""

import functools
import json
import os
import socket
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.machine import device_name
from pipeline.core.row_cache import digest
from pipeline.pretrained.find import CONFIG, is_hub_id, is_model_folder
from pipeline.pretrained.take import find_weights, read_state, take_weights, weights_digest, write_model
from pipeline.pretrained.transformers_encoder import FAMILIES, load_transformers_encoder
from pipeline.pretrained.whisper_checkpoint import NO_CHECKPOINT, find_or_download, no_checkpoint
from pipeline.pretrained.whisper_encoder import Sizes, WhisperEncoder, block_outputs, sinusoids

WHISPER = "whisper_encoder"  # `model_type` of a folder that `save` wrote
SEED = 1  # of random weights

_loading = threading.Lock()  # several threads may want one encoder at once: one loads it
SIZES = [field.name for field in fields(Sizes)]


class SpeechEncoder(Protocol):
    """A network that makes frames of 20 ms of a clip, block after block."""

    @property
    def n_blocks(self) -> int:
        """Transformer blocks; their outputs are numbered from 1."""

    @property
    def width(self) -> int:
        """How many values a frame has."""

    def outputs(self, wave: np.ndarray, blocks: Sequence[int]) -> np.ndarray:
        """Return what chosen blocks make of a clip, shape (blocks, frames, width), float32.

        Args:
            wave: Samples at 16 kHz, shape (samples,), float32; at least one. What is longer than 30 s is cut into
                windows, whose frames are laid end to end.
            blocks: 0 is what enters the first block: the convolutions' frames, positions added. i is what block i
                puts out, before any norm that comes behind the last.
        """

    def save(self, folder: Path) -> None:
        """Write what `find_encoder` finds by the folder's path, wherever that is."""


@dataclass(frozen=True)
class EncoderSource:
    """What an encoder is made of; small enough to be sent to workers.

    Attributes:
        name: What errors call it.
        path: A Whisper checkpoint, or a folder; None for random weights.
        random: The sizes of a random one.
        digest: Of the weights.
    """

    name: str
    path: Path | None
    random: Sizes | None
    digest: str

    def load(self) -> SpeechEncoder:
        """Return the encoder, which stays loaded until this process has loaded two others.

        Raises:
            PipelineError: Its file is damaged, is that of another network, or is not what it was when it was found.
        """
        with _loading:
            return _load(self, device_name())

    def save(self, folder: Path) -> None:
        """Write the encoder, and nothing else that its checkpoint holds, to a new folder."""
        self.load().save(folder)


def find_encoder(name: str, where: str) -> EncoderSource:
    """Find a published encoder.

    Args:
        name: See the module.
        where: Key in params.yaml, for errors.

    Raises:
        PipelineError: There is none of that name.
    """
    weights = os.environ.get("SER_WEIGHTS")
    folders = [Path(name), *([Path(weights) / name] if weights else [])]
    if is_hub_id(name) or any(map(is_model_folder, folders)):
        path = find_weights(name, where)
    else:
        path = find_or_download(name, where, "A model of the hub is written organisation/model@revision")
    return EncoderSource(name, path, None, weights_digest(path))


def random_encoder(sizes: Sizes) -> EncoderSource:
    """Return an encoder of Whisper's architecture with seeded random weights: good to try the pipeline."""
    return EncoderSource("random weights", None, sizes, digest(["random", SEED, asdict(sizes)]))


@dataclass(frozen=True)
class LoadedWhisper:
    """Whisper's encoder; see `SpeechEncoder`."""

    network: WhisperEncoder

    @property
    def n_blocks(self) -> int:
        return self.network.sizes.n_audio_layer

    @property
    def width(self) -> int:
        """How many values a frame has."""
        return self.network.sizes.n_audio_state

    def outputs(self, wave: np.ndarray, blocks: Sequence[int]) -> np.ndarray:
        """Return what chosen blocks make of a clip."""
        return block_outputs(self.network, wave, blocks)

    def save(self, folder: Path) -> None:
        """Write sizes and weights, the encoder's alone."""
        about = {"model_type": WHISPER, **asdict(self.network.sizes)}
        write_model(folder, self.network, json.dumps(about, indent=2) + "\n")


@functools.lru_cache(maxsize=2)  # an ensemble may read two
def _load(source: EncoderSource, device: str) -> SpeechEncoder:
    if source.path is None:
        return LoadedWhisper(_random_whisper(source.random, device))
    if not source.path.exists() or weights_digest(source.path) != source.digest:
        raise PipelineError(
            f"{source.path} is not there on {socket.gethostname()}, or holds other weights than where the work was "
            "planned: give all machines the same weights, by their path or in SER_WEIGHTS"
        )
    if not source.path.is_dir():
        return LoadedWhisper(_whisper_checkpoint(source.path, device))
    kind = json.loads((source.path / CONFIG).read_text("utf-8")).get("model_type")
    if kind == WHISPER:
        return LoadedWhisper(_whisper_folder(source.path, device))
    if kind not in FAMILIES:
        raise PipelineError(
            f"{source.path / CONFIG}: model_type is {kind!r}; expected one of {', '.join(FAMILIES)}. Of Whisper, "
            "name the checkpoint of openai-whisper, such as base"
        )
    return load_transformers_encoder(source.path, device)


def read_whisper(path: Path) -> WhisperEncoder:
    """Read Whisper's encoder of a checkpoint of openai-whisper, or of a folder that `SpeechEncoder.save` wrote.

    Raises:
        PipelineError: It is neither.
    """
    if not path.is_dir():
        return _whisper_checkpoint(path, "cpu")
    if json.loads((path / CONFIG).read_text("utf-8")).get("model_type") != WHISPER:
        raise PipelineError(
            f"{path} holds another encoder than Whisper's: expected a checkpoint of openai-whisper"
        )
    return _whisper_folder(path, "cpu")


def _random_whisper(sizes: Sizes | None, device: str) -> WhisperEncoder:
    import torch

    if sizes is None:
        raise PipelineError("an encoder of random weights has no sizes")
    network, generator = _empty(sizes), torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        network.positional_embedding.copy_(sinusoids(sizes.n_audio_ctx, sizes.n_audio_state))
        for name, parameter in network.named_parameters():
            if parameter.dim() > 1:  # sums of as many terms as there are inputs keep their size
                parameter.normal_(0.0, parameter[0].numel() ** -0.5, generator=generator)
            else:
                parameter.fill_(1.0 if name.endswith("ln.weight") else 0.0)
    return network.to(device).eval()


def _whisper_folder(folder: Path, device: str) -> WhisperEncoder:
    about = json.loads((folder / CONFIG).read_text("utf-8"))
    return _filled({name: about[name] for name in SIZES}, read_state(folder), folder, device)


def _whisper_checkpoint(path: Path, device: str) -> WhisperEncoder:
    """Read the encoder of a checkpoint of openai-whisper."""
    import torch

    try:
        content = dict(torch.load(path, map_location="cpu", weights_only=True))
        sizes = {name: int(content["dims"][name]) for name in SIZES}
        state = {name: item.float() for name, item in content["model_state_dict"].items()}
    except NO_CHECKPOINT as error:
        raise no_checkpoint(path, "`model` of the feature set") from error
    own = {name.removeprefix("encoder."): item for name, item in state.items() if name.startswith("encoder.")}
    return _filled(sizes, own, path, device)


def _filled(sizes: dict[str, int], state: dict[str, Any], path: Path, device: str) -> WhisperEncoder:
    network = _empty(Sizes(**sizes))
    take_weights(network, state, path)
    return network.to(device).eval()


def _empty(sizes: Sizes) -> WhisperEncoder:
    """Build an encoder whose weights are still to be filled: nothing is drawn, not even from others' chance."""
    import torch

    with torch.device("meta"):
        network = WhisperEncoder(sizes)
    return network.to_empty(device="cpu")
