"""What the blocks of a pretrained speech encoder make of a clip, frame by frame: a matrix, as long as the clip.

A frame of 20 ms holds the outputs of all chosen blocks, one after the other; what `speech_encoder` says of
encoders and of a clip's length holds here too. Values are kept as float16, in steps of a thousandth of a value. One
beyond its range of 65,504 is brought to the end of it. Six blocks of Whisper base take 0.3 MB a second: store the
blocks that are read.
"""

from typing import TYPE_CHECKING

import numpy as np

from pipeline.features import encoders

if TYPE_CHECKING:
    from pipeline.pretrained.speech_encoders import EncoderSource

VERSION = f"1, encoders {encoders.VERSION}"
LIBRARIES, BACKEND = encoders.LIBRARIES, encoders.BACKEND
DTYPE = np.dtype(np.float16)
FORM = "frames"

Settings = encoders.EncoderSettings
find_network, read_network = encoders.find_network, encoders.read_network


def parts(settings: Settings) -> list[Settings]:
    """Return the settings alone: a matrix has one part."""
    return [settings]


def extract(wave: np.ndarray, *, settings: Settings, network: "EncoderSource") -> np.ndarray:
    """Return what the chosen blocks make of each frame of a clip.

    Args:
        wave: Samples, shape (n_samples,), float32, at 16 kHz.
        settings: See `Settings`.
        network: See `find_network`.

    Returns:
        Shape (frames, blocks * width), float16: block after block along the last axis.

    Raises:
        PipelineError: The clip is empty, not mono, or has NaN in it.
    """
    frames = encoders.encode(wave, settings, network)  # (blocks, T, width)
    largest = np.finfo(DTYPE).max
    joined = frames.transpose(1, 0, 2).reshape(frames.shape[1], -1)
    return np.ascontiguousarray(joined.clip(-largest, largest).astype(DTYPE))


def feature_names(settings: Settings, network: "EncoderSource") -> list[str]:
    """Name the values such as block_3.frame.17."""
    width = network.load().width
    return [f"block_{block}.frame.{value}" for block in settings.blocks for value in range(width)]
