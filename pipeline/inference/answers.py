"""What a system says of a recording: of each window, and of the whole."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["classes", "dimensions"]


@dataclass(frozen=True)
class Window:
    """A stretch of a recording.

    Attributes:
        start: Seconds from the beginning.
        end: Likewise.
        speech: Whether there is enough of it to be asked about.
        scores: Probability by class, or value by dimension; None where there is no speech.
        speech_seconds: How much of it is speech; what it counts in the answer for the whole.
    """

    start: float
    end: float
    speech: bool
    scores: dict[str, float] | None
    speech_seconds: float


@dataclass(frozen=True)
class Answer:
    """What a system says of one recording.

    Attributes:
        system: Its name.
        kind: Whether scores are probabilities of classes or values of dimensions.
        seconds: Length of the recording, as decoded.
        windows: In order, without gaps.
        scores: Of the whole: the windows' mean, each weighted by its seconds of speech; None without speech.
        notes: What to know before believing it, such as audio that is unlike what the system was trained on.
        models: Which of the system's seeds and folds were asked, in words.
        calibrated: Whether the probabilities are calibrated; None of dimensions.
    """

    system: str
    kind: Kind
    seconds: float
    windows: list[Window]
    scores: dict[str, float] | None
    notes: list[str]
    models: str
    calibrated: bool | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def top(scores: Mapping[str, float], n: int = 3) -> list[tuple[str, float]]:
    """Return the `n` highest scores with their names, the highest first; equal ones in the order given."""
    return sorted(scores.items(), key=lambda item: -item[1])[:n]


def whole(windows: Sequence[Window]) -> dict[str, float] | None:
    """Return the mean of the windows' scores, each weighted by its seconds of speech; None where none has any."""
    asked = [(window.scores, window.speech_seconds) for window in windows if window.scores is not None]
    seconds = sum(weight for _, weight in asked)
    if not seconds:
        return None
    return {name: sum(scores[name] * weight for scores, weight in asked) / seconds for name in asked[0][0]}
