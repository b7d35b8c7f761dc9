"""What the blocks of a pretrained speech encoder make of a clip, pooled over the clip: one vector.

Encoders: Whisper's (Radford et al. 2023, arXiv:2212.04356), wav2vec 2.0 and its relatives (see
`pipeline.pretrained.transformers_encoder`). Emotion is spread over the blocks, and the last is seldom the best
(Pepino et al. 2021, "Emotion recognition from speech using wav2vec 2.0 embeddings",
DOI 10.21437/Interspeech.2021-703), so that all may be stored and a system weighs them.

A clip is computed at its own length. To Whisper's spectrogram 0.2 s of silence are added, the frames of which are
left out again; nothing is added for the others. Each clip goes through the network alone, so that what its features
are never hangs on its company: on a CPU, batches of clips of one length would save less than a tenth of the time.
"""

from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import model_validator

from pipeline.features import encoders

if TYPE_CHECKING:
    from pipeline.pretrained.speech_encoders import EncoderSource

VERSION = f"1, encoders {encoders.VERSION}"
LIBRARIES, BACKEND = encoders.LIBRARIES, encoders.BACKEND
DTYPE = np.dtype(np.float32)
FORM = "vector"

find_network, read_network = encoders.find_network, encoders.read_network


class Settings(encoders.EncoderSettings):
    """Which encoder, which of its blocks, and how their frames are pooled."""

    pooling: list[Literal["mean", "deviation"]]

    @model_validator(mode="after")
    def _statistics_are_there_once(self) -> Self:
        if not self.pooling or len({*self.pooling}) < len(self.pooling):
            raise ValueError(f"pooling is {self.pooling}; expected one or more, each once")
        return self


def extract(wave: np.ndarray, *, settings: Settings, network: "EncoderSource") -> np.ndarray:
    """Return what the chosen blocks make of a clip, pooled over its frames.

    Args:
        wave: Samples, shape (n_samples,), float32, at 16 kHz.
        settings: See `Settings`.
        network: See `find_network`.

    Returns:
        Shape (blocks * statistics * width,), float32: block by block, in each statistic by statistic. The deviation
        is that of the frames themselves (not of a sample), 0 for a clip of one frame.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    frames = encoders.encode(wave, settings, network)
    exact = frames.astype(np.float64)
    pooled = [
        exact.mean(axis=1) if statistic == "mean" else exact.std(axis=1) for statistic in settings.pooling
    ]  # (blocks, width) each
    return np.stack(pooled, axis=1).astype(np.float32).ravel()


def feature_names(settings: Settings, network: "EncoderSource") -> list[str]:
    """Name the values such as block_3.mean.17."""
    width = network.load().width
    return [
        f"block_{block}.{statistic}.{value}"
        for block in settings.blocks
        for statistic in settings.pooling
        for value in range(width)
    ]
