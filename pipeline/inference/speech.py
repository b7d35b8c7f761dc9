"""Silero's voice activity detector: tells speech from noise and music, which a level cannot.

`silero/silero_vad_16k_sequence.onnx` comes from silero-vad 6.2.3 on PyPI (MIT, its LICENSE lies beside it), sha256
9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85. It reads frames of 512 samples at 16 kHz, each
after the 64 samples before it, and hands its state on from one call to the next.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Speech = Literal["level", "silero"]  # what tells speech from the rest
RATE = 16_000  # Hz
SURE = 0.5  # the probability above which a frame is speech
MODEL = Path(__file__).parent / "silero" / "silero_vad_16k_sequence.onnx"
FRAME, CONTEXT = 512, 64  # samples
STATE = (1, 1, 128)
FRAMES = 512  # that go into one call: what is in memory of a long window


class VoiceActivity:
    """The detector on one recording, whose samples come piece by piece.

    Raises:
        PipelineError: onnxruntime is not installed.
    """

    def __init__(self) -> None:
        self._session = load_silero()
        self._hidden = self._cell = np.zeros(STATE, np.float32)
        self._context = np.zeros(CONTEXT, np.float32)
        self._rest = np.zeros(0, np.float32)

    def seconds(self, wave: np.ndarray, last: bool) -> float:
        """Return how many seconds of the next samples are speech; a frame across two pieces counts in the second.

        Args:
            wave: Mono samples at 16 kHz, float32.
            last: Whether none come after them.
        """
        n_empty = -(len(self._rest) + len(wave)) % FRAME  # of the last frame
        spoken = self.probabilities(wave, last) > SURE
        n_spoken = FRAME * int(spoken.sum())
        if last and spoken.size and spoken[-1]:
            n_spoken -= n_empty
        return min(n_spoken, len(wave)) / RATE

    def probabilities(self, wave: np.ndarray, last: bool) -> np.ndarray:
        """Return the probability of speech in each frame that the next samples complete; arguments as `seconds`."""
        samples = np.concatenate([self._rest, wave])
        if last:
            samples = np.pad(samples, (0, -len(samples) % FRAME))
        frames, self._rest = np.split(samples, [len(samples) // FRAME * FRAME])
        frames = frames.reshape(-1, FRAME)
        parts = [np.zeros(0, np.float32)]
        for start in range(0, len(frames), FRAMES):
            parts.append(self._run(frames[start : start + FRAMES]))
        return np.concatenate(parts)

    def _run(self, frames: np.ndarray) -> np.ndarray:
        before = np.vstack([self._context, frames[:-1, -CONTEXT:]])
        inputs = {"input": np.hstack([before, frames]), "h": self._hidden, "c": self._cell}
        said, self._hidden, self._cell = self._session.run(["speech_probs", "hn", "cn"], inputs)
        self._context = frames[-1, -CONTEXT:]
        return said


@cache
def load_silero() -> "InferenceSession":
    """Load the detector's network, once.

    Raises:
        PipelineError: onnxruntime is not installed.
    """
    try:
        from onnxruntime import InferenceSession, SessionOptions
    except ImportError as error:
        raise PipelineError(
            "Silero's detector needs onnxruntime, which is not installed: `pip install onnxruntime`, or go by level"
        ) from error
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # small matrices: more threads only wait
    return InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])
