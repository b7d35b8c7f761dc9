"""What the blocks of a pretrained speech encoder make of a clip, pooled over the clip: one vector.

Encoders: Whisper's (Radford et al. 2023, arXiv:2212.04356), wav2vec 2.0 and its relatives (see
`pipeline.pretrained.transformers_encoder`). Emotion is spread over the blocks, and the last is seldom the best
(Pepino et al. 2021, "Emotion recognition from speech using wav2vec 2.0 embeddings",
DOI 10.21437/Interspeech.2021-703), so that all may be stored and a system weighs them.

A clip is computed at its own length. To Whisper's spectrogram 0.2 s of silence are added, the frames of which are
left out again; nothing is added for the others. Each clip goes through the network alone, so that what its features
are never hangs on its company: on a CPU, batches of clips of one length would save less than a tenth of the time.

`speeds` has a clip played faster or slower, its pitch with it: each speed is a vector of its own behind the one
before, and cached apart. They are the `views` that a system of trainer `sklearn` may be trained on and asked about.
"""

from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from pipeline.audio.wave import resample
from pipeline.features import encoders
from pipeline.features.waves import at_least, check_wave

if TYPE_CHECKING:
    from pipeline.pretrained.speech_encoders import EncoderSource

VERSION = f"1, encoders {encoders.VERSION}"
LIBRARIES, BACKEND = encoders.LIBRARIES, encoders.BACKEND
DTYPE = np.dtype(np.float32)
FORM = "vector"

find_network, read_network = encoders.find_network, encoders.read_network


class Settings(encoders.EncoderSettings):
    """Which encoder, which of its blocks, how their frames are pooled, and at which speeds a clip is played."""

    pooling: list[Literal["mean", "deviation"]]
    speeds: list[Annotated[float, Field(ge=0.5, le=2.0)]]  # 1.0: the clip itself; 1.08: 8 % faster and higher

    @model_validator(mode="after")
    def _each_is_there_once(self) -> Self:
        for name, chosen in (("pooling", self.pooling), ("speeds", self.speeds)):
            if not chosen or len({*chosen}) < len(chosen):
                raise ValueError(f"{name} is {chosen}; expected one or more, each once")
        return self


def parts(settings: Settings) -> list[Settings]:
    """Return the settings of each speed."""
    return [settings.model_copy(update={"speeds": [speed]}) for speed in settings.speeds]


def extract(wave: np.ndarray, *, settings: Settings, network: "EncoderSource") -> np.ndarray:
    """Return what the chosen blocks make of a clip, pooled over its frames, speed by speed.

    Args:
        wave: Samples, shape (n_samples,), float32, at 16 kHz.
        settings: See `Settings`.
        network: See `find_network`.

    Returns:
        Shape (speeds * blocks * statistics * width,), float32: speed by speed, in each block by block, in each
        statistic by statistic. The deviation is that of the frames themselves (not of a sample), 0 for a clip of
        one frame.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    wave = check_wave(wave)
    rate = settings.sample_rate
    played = [at_least(resample(wave, round(rate * speed), rate), 1) for speed in settings.speeds]
    return np.concatenate([_pool(encoders.encode(each, settings, network), settings) for each in played])


def _pool(frames: np.ndarray, settings: Settings) -> np.ndarray:
    """Return the statistics of frames, shape (blocks, frames, width), as one vector, float32."""
    exact = frames.astype(np.float64)
    pooled = [
        exact.mean(axis=1) if statistic == "mean" else exact.std(axis=1) for statistic in settings.pooling
    ]  # (blocks, width) each
    return np.stack(pooled, axis=1).astype(np.float32).ravel()


def feature_names(settings: Settings, network: "EncoderSource") -> list[str]:
    """Name the values such as block_3.mean.17, at another speed block_3.mean.17@1.08."""
    width = network.load().width
    return [
        f"block_{block}.{statistic}.{value}" + ("" if speed == 1 else f"@{speed:g}")
        for speed in settings.speeds
        for block in settings.blocks
        for statistic in settings.pooling
        for value in range(width)
    ]
