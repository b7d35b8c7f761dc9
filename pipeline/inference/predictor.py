"""A trained system that can be asked about recordings."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.inference.answers import Answer, Kind

Wave = tuple[np.ndarray, int]  # samples, of shape (n,) or (channels, n), and their rate


class Predictor:
    """A system that is loaded."""

    name: str
    kind: Kind
    outputs: list[str]
    facts: dict[str, Any]

    def predict(self, sources: Sequence[Path | Wave], texts: Sequence[str] | None = None) -> np.ndarray:
        """Return probabilities of classes or values of dimensions, shape (sources, outputs)."""
        raise NotImplementedError

    def answer(
        self,
        path: Path,
        window: float = 5.0,
        *,
        progress: Callable[[float], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Answer:
        """Ask about a recording of any length, window by window."""
        raise NotImplementedError


def load(system: str | Path) -> Predictor:
    """Load a trained system by its name, or by the folder of an export."""
    raise NotImplementedError


def trained_systems() -> list[str]:
    """Return the names that `load` would take now."""
    raise NotImplementedError
