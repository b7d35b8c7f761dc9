"""What the API says, as OpenAPI describes it."""

from typing import Literal

from pydantic import BaseModel, Field

from pipeline.app.decoding import Decoded
from pipeline.inference.answers import Answer, top
from pipeline.inference.speech import Speech

N_TOP = 3
DIGITS = 6  # of probabilities and values


class Problem(BaseModel):
    """Why a request was not answered."""

    error: str = Field(description="What is wrong.")
    advice: str = Field(description="What to do about it.")


class Scored(BaseModel):
    """A class and its probability, or a dimension and its value."""

    name: str
    score: float


class Segment(BaseModel):
    """A stretch of the recording."""

    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds.")
    speech: bool = Field(description="Whether there is enough of it to be asked about.")
    top: list[Scored] = Field(description="The three most probable classes, or all dimensions.")
    scores: dict[str, float] | None = Field(description="Of all classes or dimensions; null without speech.")


class Whole(BaseModel):
    """The recording as a whole: the mean of its segments, each weighted by its speech."""

    top: list[Scored]
    scores: dict[str, float]


class Prediction(BaseModel):
    """What a system says of a recording."""

    system: str
    kind: Literal["classes", "dimensions"]
    outputs: list[str] = Field(description="All classes or dimensions, in order.")
    seconds: float = Field(description="Length of the recording, as decoded.")
    rate: int = Field(description="Its sample rate in Hz.")
    channels: int
    container: str
    window: float = Field(description="Length of a segment in seconds.")
    speech: Speech = Field(description="What told speech from the rest.")
    segments: list[Segment]
    answer: Whole | None = Field(description="Null where there is no speech at all.")
    notes: list[str] = Field(description="What to know before believing it.")
    models: str = Field(description="Which of the system's seeds and folds were asked.")
    calibrated: bool | None = Field(
        description="Whether the probabilities are calibrated; null of dimensions, which have none."
    )
    peaks: list[float] = Field(
        description="Outline of the recording: largest values of equal stretches, 0 to 1."
    )


class Score(BaseModel):
    """How well a system did on clips that it was not trained on."""

    metric: str
    value: float
    low: float | None = Field(description="Of the 95 % interval.")
    high: float | None
    chance: float = Field(description="What guessing would score.")
    words: str = Field(description="The value with its interval, as people write it.")


class Card(BaseModel):
    """A system that can be asked, and how far it can be trusted."""

    name: str
    default: bool = False
    kind: Literal["classes", "dimensions"]
    study: str
    corpora: list[str]
    protocol: str | None = Field(description="How it was tested; null: not known.")
    new_speakers: bool | None = Field(
        description="Whether it was tested on people it never heard; null: not known."
    )
    synthetic: bool = Field(
        description="Whether it learnt from synthetic speech: it then knows nothing of people."
    )
    random_weights: bool = Field(description="Whether it has random weights in place of published ones.")
    reads_text: bool = Field(description="Whether Whisper has to listen first.")
    calibrated: bool | None = Field(
        description="Whether its probabilities are calibrated; null of dimensions, which have none."
    )
    score: Score | None


class Systems(BaseModel):
    """All systems that can be asked."""

    default: str
    systems: list[Card]


class Health(BaseModel):
    """Whether the server works, and how busy it is."""

    status: Literal["ok"] = "ok"
    system: str
    busy: int
    at_once: int
    upload_bytes: int = Field(description="The largest upload.")
    sound_seconds: float = Field(description="The longest recording.")


def prediction(
    answer: Answer, outputs: list[str], sound: Decoded, window: float, speech: Speech
) -> Prediction:
    """Put together what the API says of a recording."""
    n_top = N_TOP if answer.kind == "classes" else len(outputs)
    segments = [
        Segment(
            start=round(one.start, 3),
            end=round(one.end, 3),
            speech=one.speech,
            top=_top(one.scores, n_top, answer.kind),
            scores=_rounded(one.scores),
        )
        for one in answer.windows
    ]
    whole = _rounded(answer.scores)
    return Prediction(
        system=answer.system,
        kind=answer.kind,
        outputs=outputs,
        seconds=round(answer.seconds, 3),
        rate=sound.rate,
        channels=sound.channels,
        container=sound.container,
        window=window,
        speech=speech,
        segments=segments,
        answer=None if whole is None else Whole(top=_top(whole, n_top, answer.kind), scores=whole),
        notes=[*sound.notes, *answer.notes],
        models=answer.models,
        calibrated=answer.calibrated,
        peaks=sound.peaks,
    )


def _top(scores: dict[str, float] | None, n: int, kind: str) -> list[Scored]:
    if scores is None:
        return []
    pairs = top(scores, n) if kind == "classes" else list(scores.items())
    return [Scored(name=name, score=round(score, DIGITS)) for name, score in pairs]


def _rounded(scores: dict[str, float] | None) -> dict[str, float] | None:
    return None if scores is None else {name: round(score, DIGITS) for name, score in scores.items()}
