"""How far a run is: which stage of how many, the time so far, and about how much is left."""

import re
import time
from collections.abc import Callable
from threading import Lock

_RUNNING = re.compile(r"Running stage '([^']+)'")
# Lines of DVC that say nothing here: what it skips, the commands, and hints for those who type `dvc repro`.
_SILENT = re.compile(
    r"""\s*(
    Stage\ '[^']+'\ didn't\ change | >\ python\ -m\ pipeline | (Updating|Generating)\ lock\ file | Use\ `dvc
    | To\ track\ the\ changes\ with\ git | git\ add\  | To\ enable\ auto\ staging | dvc\ config\ core\.autostage
    | $
    )""",
    re.VERBOSE,
)


class Progress:
    """Passes on what several processes print, and counts the stages that they begin.

    Args:
        n_stages: How many will run, as far as is known.
        write: Takes a line.
        clock: Seconds.
    """

    def __init__(
        self, n_stages: int, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.n_stages, self.n_begun = n_stages, 0
        self._write, self._clock, self._lock = write, clock, Lock()
        self._started = clock()

    @property
    def seconds(self) -> float:
        """Since this progress was made."""
        return self._clock() - self._started

    def show(self, line: str) -> None:
        """Show a line of `dvc repro`; what says nothing to a reader is left out."""
        with self._lock:
            if stage := _RUNNING.search(line):
                self._write(f"[{self._place()}] {stage[1]}")
            elif not _SILENT.match(line):
                self._write(line.rstrip("\n"))

    def _place(self) -> str:
        left = self._left()
        self.n_begun += 1
        self.n_stages = max(self.n_stages, self.n_begun)
        rest = f", about {clock_time(left)} left" if left is not None else ""
        return f"{self.n_begun}/{self.n_stages} stages, {clock_time(self.seconds)}{rest}"

    def _left(self) -> float | None:
        """Return about how many seconds are left, by the mean of the stages so far; None before the first few."""
        if self.n_begun < 5:
            return None
        return self.seconds / self.n_begun * (self.n_stages - self.n_begun)


def clock_time(seconds: float) -> str:
    """Write seconds as minutes and seconds, such as 3:07."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
