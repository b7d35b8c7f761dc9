"""Many recordings: short ones are asked about together, for a network is fastest with many clips at a time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.inference.answers import Answer
from pipeline.inference.predictor import CLIPS, Predictor
from pipeline.inference.recording import Recording, Stretch
from pipeline.inference.speech import Speech


@dataclass(frozen=True)
class Short:
    """A recording that is read whole.

    Attributes:
        recording: Read to its end.
        stretches: Its windows.
    """

    recording: Recording
    stretches: list[Stretch]


def answers(
    predictor: Predictor,
    paths: Iterable[Path],
    window: float,
    text: str | None = None,
    speech: Speech = "level",
    progress: Callable[[Path, float], None] | None = None,
    enrol_itself: bool = False,
) -> Iterator[Answer | PipelineError]:
    """Ask about recordings; yield, in their order, each one's answer or why there is none.

    Args:
        predictor: The system.
        paths: Files.
        window: Length of a window in seconds.
        text: What is said in each.
        speech: What counts as speech: see `pipeline.inference.recording.Recording`.
        progress: Called with a file and the seconds of it that are done.
        enrol_itself: Whether to standardise each by the one who speaks in it: see `Predictor.answer`.
    """
    if enrol_itself:
        for path in paths:
            yield _answer_alone(predictor, path, window, text, speech, progress, enrol_itself=True)
        return
    waiting: list[Short] = []
    for path in paths:
        try:
            short = _read(predictor, path, window, text, speech)
        except PipelineError as error:
            yield from _ask(predictor, waiting, text)
            waiting = []
            yield error
            continue
        if short is not None:
            waiting.append(short)
            if sum(len(one.stretches) for one in waiting) >= CLIPS:
                yield from _ask(predictor, waiting, text)
                waiting = []
            continue
        yield from _ask(predictor, waiting, text)
        waiting = []
        yield _answer_alone(predictor, path, window, text, speech, progress)
    yield from _ask(predictor, waiting, text)


def _read(predictor: Predictor, path: Path, window: float, text: str | None, speech: Speech) -> Short | None:
    """Read a recording of few windows; return None for one of many."""
    recording = predictor.recording(path, window, text, speech)
    stretches = list(islice(recording.stretches(), CLIPS + 1))
    return Short(recording, stretches) if len(stretches) <= CLIPS else None


def _answer_alone(
    predictor: Predictor,
    path: Path,
    window: float,
    text: str | None,
    speech: Speech,
    progress: Callable[[Path, float], None] | None,
    *,
    enrol_itself: bool = False,
) -> Answer | PipelineError:
    def tell(seconds: float) -> None:
        if progress is not None:
            progress(path, seconds)

    try:
        return predictor.answer(
            path, window, text=text, speech=speech, enrol_itself=enrol_itself, progress=tell
        )
    except PipelineError as error:
        return error


def _ask(predictor: Predictor, recordings: list[Short], text: str | None) -> Iterator[Answer | PipelineError]:
    """Ask about short recordings together; where that fails, one by one, so that one alone is at fault."""
    try:
        found: list[Answer | PipelineError] = list(_ask_together(predictor, recordings, text))
    except PipelineError as error:
        if len(recordings) == 1:
            yield error
            return
        for one in recordings:
            yield from _ask(predictor, [one], text)
        return
    yield from found


def _ask_together(predictor: Predictor, recordings: list[Short], text: str | None) -> Iterator[Answer]:
    windows, languages = predictor.ask([stretch for one in recordings for stretch in one.stretches], text)
    asked, heard = iter(windows), iter(languages)
    for one in recordings:
        own = list(islice(asked, len(one.stretches)))
        spoken = sum(window.speech for window in own)
        yield predictor.finish(one.recording, own, list(islice(heard, spoken)))
