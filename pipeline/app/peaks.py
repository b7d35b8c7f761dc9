"""The outline of a recording, for drawing it: taken while it is decoded, in little memory."""

import numpy as np

N_PEAKS = 2000
STRETCH = 64  # samples: 20 MB for two hours


class Peaks:
    """The largest values of short stretches, from which those of any number of longer ones are made."""

    def __init__(self) -> None:
        self._stretches: list[np.ndarray] = []
        self._rest = np.zeros(0, np.float32)  # of a stretch that is not full

    def add(self, levels: np.ndarray) -> None:
        """Take absolute values, shape (samples,), float32."""
        if len(self._rest):
            levels = np.concatenate([self._rest, levels])
        n_full = len(levels) // STRETCH
        self._stretches.append(levels[: n_full * STRETCH].reshape(n_full, STRETCH).max(axis=1, initial=0))
        self._rest = levels[n_full * STRETCH :]

    def values(self, n_peaks: int = N_PEAKS) -> list[float]:
        """Return the largest value of each of so many equal stretches, or fewer: in [0, 1], three digits."""
        rest = [self._rest.max(keepdims=True)] if len(self._rest) else []
        stretches = np.concatenate([*self._stretches, *rest, np.zeros(0, np.float32)])
        n = min(n_peaks, len(stretches))
        if not n:
            return []
        starts = np.arange(n) * len(stretches) // n
        peaks = np.maximum.reduceat(stretches, starts)
        return [round(float(peak), 3) for peak in np.minimum(peaks, 1)]
