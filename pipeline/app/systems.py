"""The systems that the application can ask: which there are, how well they did, and the ones in memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from pipeline.app.replies import Card
from pipeline.audio.decoders import Decoding
from pipeline.config.mistakes import one_of
from pipeline.core.errors import PipelineError
from pipeline.inference.answers import Answer, Kind
from pipeline.inference.speech import Speech


class Predictor(Protocol):
    """What the application asks of a system: `pipeline.inference.predictor.Predictor` is one."""

    name: str
    kind: Kind
    outputs: list[str]

    def answer(
        self,
        source: Decoding,
        window: float = ...,
        *,
        speech: Speech = ...,
        progress: Callable[[float], None] | None = ...,
        cancelled: threading.Event | None = ...,
    ) -> Answer:
        """Ask about a recording of any length."""


class Catalogue:
    """Systems by name; each is loaded when it is first asked, and the last few stay in memory."""

    def __init__(
        self, cards: Sequence[Card], load: Callable[[str], Predictor], default: str, n_loaded: int = 4
    ) -> None:
        """Take the systems that there are.

        Args:
            cards: One for each.
            load: Loads one by its name.
            default: The one that is asked where a request names none.
            n_loaded: How many stay in memory.

        Raises:
            PipelineError: The default is none of them.
        """
        self.default = one_of(default, [card.name for card in cards], "system")
        self.cards = [card.model_copy(update={"default": card.name == default}) for card in cards]
        self._load, self._n_loaded = load, n_loaded
        self._loaded: OrderedDict[str, Predictor] = OrderedDict()
        self._lock, self._loading = threading.Lock(), threading.Lock()

    def get(self, name: str) -> Predictor:
        """Return a system, loaded.

        Raises:
            PipelineError: It cannot be loaded.
        """
        with self._loading:  # one at a time: two requests do not load the same one twice
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            self._loaded.move_to_end(name)
            while len(self._loaded) > self._n_loaded:
                self._loaded.popitem(last=False)
            return self._loaded[name]


def choose(wanted: str, cards: Sequence[Card]) -> tuple[str, str | None]:
    """Return the system to ask by default, and what to tell the user where it is not the wanted one.

    Args:
        wanted: As params.yaml names it.
        cards: Of those that are trained.

    Raises:
        PipelineError: None is trained.
    """
    if not cards:
        raise PipelineError(
            "no system is trained: `make tour` trains five in a few minutes, `make repro` all"
        )
    if wanted in [card.name for card in cards]:
        return wanted, None
    best = max(cards, key=_rank)
    score = f", {best.score.metric} {100 * best.score.value:.1f} %" if best.score else ""
    return (
        best.name,
        f"{wanted} is not trained (`dvc repro` trains it): {best.name}{score}, answers in its place",
    )


def _rank(card: Card) -> tuple[Any, ...]:
    """Order systems: classes before dimensions, then by how far the score is above chance."""
    above = card.score.value - card.score.chance if card.score else -1.0
    return card.kind == "classes", above
