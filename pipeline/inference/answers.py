"""What a system says of a recording: of each window, and of the whole."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

Kind = Literal["classes", "dimensions"]


@dataclass(frozen=True)
class Window:
    """A stretch of a recording.

    Attributes:
        start: Seconds from the beginning.
        end: Likewise.
        speech: Whether there is sound enough to be asked about.
        scores: Probability by class, or value by dimension; None where there is no speech.
    """

    start: float
    end: float
    speech: bool
    scores: dict[str, float] | None


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
    """

    system: str
    kind: Kind
    seconds: float
    windows: list[Window]
    scores: dict[str, float] | None
    notes: list[str]
    models: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def top(scores: Mapping[str, float], n: int = 3) -> list[tuple[str, float]]:
    """Return the `n` highest scores with their names, the highest first; equal ones in the order given."""
    return sorted(scores.items(), key=lambda item: -item[1])[:n]


def whole(windows: Sequence[Window]) -> dict[str, float] | None:
    """Return the mean of the windows' scores, each weighted by its seconds; None where none has speech."""
    spoken = [window for window in windows if window.scores is not None]
    seconds = sum(window.end - window.start for window in spoken)
    if not seconds:
        return None
    mean: dict[str, float] = {}
    for window in spoken:
        for name, score in (window.scores or {}).items():
            mean[name] = mean.get(name, 0.0) + score * (window.end - window.start) / seconds
    return mean


def table(answers: Mapping[str, Answer]) -> pd.DataFrame:
    """Return a row for each file as a whole and, below it, one for each of its windows.

    Args:
        answers: By file.

    Returns:
        `file`, `system`, `start` and `end` in seconds, `whole`, `speech`, `top` (the most probable class;
        empty for dimensions), a column for each class or dimension, and `notes`.
    """
    rows = []
    for file, answer in answers.items():
        everything = Window(0.0, answer.seconds, answer.scores is not None, answer.scores)
        for number, window in enumerate([everything, *answer.windows]):
            best = top(window.scores, 1)[0][0] if window.scores and answer.kind == "classes" else None
            rows.append(
                {
                    **{"file": file, "system": answer.system, "whole": number == 0},
                    **{"start": window.start, "end": window.end, "speech": window.speech, "top": best},
                    **(window.scores or {}),
                    "notes": "; ".join(answer.notes) if number == 0 else "",
                }
            )
    frame = pd.DataFrame(rows)
    return frame[[*(name for name in frame if name != "notes"), "notes"]] if rows else frame
