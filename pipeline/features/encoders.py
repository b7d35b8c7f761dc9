"""What the kinds of feature share that a pretrained encoder of speech computes: settings, network and frames."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from pipeline.config.base import Settings as Base
from pipeline.core.errors import PipelineError
from pipeline.features.registry import Weights
from pipeline.features.waves import ClipSettings, prepare_wave

if TYPE_CHECKING:
    from pipeline.pretrained.speech_encoders import EncoderSource

VERSION = "1"  # of what is computed here and in pipeline/pretrained; each kind adds its own
LIBRARIES = ("numpy", "torch", "torchaudio", "transformers")
BACKEND: Literal["processes", "threads"] = "threads"  # they share one copy of the weights
N_MELS, N_POSITIONS = 80, 1500  # of an encoder with random weights; those of Whisper base


class RandomEncoder(Base):
    """The encoder of Whisper's architecture that stands in for the published one."""

    hidden_size: PositiveInt  # even: half of a position are sines
    heads: PositiveInt  # they divide the hidden size
    blocks: PositiveInt

    @model_validator(mode="after")
    def _heads_divide_the_size(self) -> Self:
        if self.hidden_size % self.heads or self.hidden_size % 2 or self.hidden_size < 4:
            raise ValueError(
                f"hidden_size is {self.hidden_size}, heads {self.heads}; expected an even size of 4 or more, which "
                "the heads divide"
            )
        return self


class EncoderSettings(ClipSettings):
    """Which encoder, and which of its blocks.

    The digest of the weights stands in row keys in place of `model` and `random`.
    """

    sample_rate: Literal[16000]  # Hz; all of these encoders were trained at it
    model: str = Field(exclude=True)  # as asr.model, a hub id with its revision, or a folder
    blocks: list[NonNegativeInt]  # 0: what enters the first block; i: what block i puts out
    random: RandomEncoder = Field(exclude=True)  # in its place where the profile has random weights

    @model_validator(mode="after")
    def _blocks_are_there_once(self) -> Self:
        if not self.blocks or len({*self.blocks}) < len(self.blocks):
            raise ValueError(f"blocks is {self.blocks}; expected one or more, each once")
        if max(self.blocks) > self.random.blocks:
            raise ValueError(
                f"blocks names block {max(self.blocks)}, but random.blocks is {self.random.blocks}"
            )
        return self


def find_network(settings: EncoderSettings, weights: Weights, where: str) -> "EncoderSource":
    """Find the encoder that a feature set names, and load it, so that what is wrong with it is known at once.

    Args:
        settings: Of the feature set.
        weights: Published ones, or random ones in their place.
        where: The feature set's key in params.yaml, for errors.

    Raises:
        PipelineError: It is nowhere, cannot be read, or has fewer blocks.
    """
    from pipeline.pretrained.speech_encoders import find_encoder, random_encoder
    from pipeline.pretrained.whisper_encoder import Sizes

    if weights == "random":
        random = settings.random
        return random_encoder(Sizes(N_MELS, N_POSITIONS, random.hidden_size, random.heads, random.blocks))
    source = find_encoder(settings.model, f"{where}.model")
    if max(settings.blocks) > (n_blocks := source.load().n_blocks):
        raise PipelineError(
            f"{where}.blocks names block {max(settings.blocks)}, but {source.name} has {n_blocks}"
        )
    return source


def read_network(folder: Path) -> "EncoderSource":
    """Return the encoder that an export carries in a folder.

    Raises:
        PipelineError: It is not there.
    """
    from pipeline.pretrained.find import is_model_folder
    from pipeline.pretrained.speech_encoders import find_encoder

    if not is_model_folder(folder):
        raise PipelineError(
            f"{folder} holds no encoder, which the export came with: copy its folder as a whole"
        )
    return find_encoder(str(folder), str(folder))


def encode(wave: np.ndarray, settings: EncoderSettings, network: "EncoderSource") -> np.ndarray:
    """Return what the chosen blocks make of a clip, shape (blocks, frames, width), float32, 20 ms a frame.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    return network.load().outputs(prepare_wave(wave, settings), settings.blocks)
