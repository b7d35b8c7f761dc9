"""What a person should know before believing an answer, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.inference.answers import Window
from pipeline.inference.recording import QUIET_DBFS, Recording
from pipeline.inference.speech import Speech
from pipeline.inference.trained import Everyone, Model, Trained
from pipeline.inference.training_audio import unlike
from pipeline.training.by_speaker import FEWEST

NO_SPEECH: dict[Speech, str] = {
    "level": f"no speech: nothing, or next to nothing, is louder than {QUIET_DBFS:.0f} dBFS",
    "silero": "no speech: Silero's detector finds none, or next to none",
}


@dataclass(frozen=True)
class Speaker:
    """What a system that is standardised by speaker knows of the one who speaks.

    Attributes:
        n: How many clips.
        of: Clips that were enrolled, or the windows of the recording that it is asked about.
    """

    n: int = 0
    of: Literal["clips", "windows"] = "clips"

    def in_words(self) -> str:
        """Say whose statistics serve."""
        if self.n < FEWEST:
            of = self.of if self.n != 1 else self.of.removesuffix("s")
            return (
                f"the system standardises by speaker and knows {self.n} {of} of this one, fewer than "
                f"{FEWEST}: it takes the speaker for an average one, and was not tested so"
            )
        if self.of == "clips":
            return f"standardised by {self.n} clips that were enrolled of the speaker"
        return (
            f"standardised by the recording's own {self.n} windows with speech, as if one person spoke: an emotion "
            "that lasts throughout is taken for the voice"
        )


def notes_on(
    trained: Trained,
    speaker: Speaker,
    recording: Recording,
    windows: Sequence[Window],
    languages: Sequence[str],
) -> list[str]:
    """Say what to know of a system and of a recording that it was asked about.

    Args:
        trained: The system.
        speaker: What it knows of the one who speaks.
        recording: Read to its end.
        windows: Of the recording.
        languages: In which it is spoken, as far as somebody has listened.
    """
    notes = []
    if windows and not any(window.speech for window in windows):
        notes.append(NO_SPEECH[recording.speech])
    if trained.facts["random_weights"]:
        notes.append("the system has random weights in place of published ones: its answers mean nothing")
    if trained.facts["synthetic"]:
        notes.append("the system learnt from synthetic speech: its answers say nothing about people")
    if trained.by_speaker:
        notes.append(speaker.in_words())
    if (audio := trained.audio) is not None:
        notes += unlike(
            audio,
            level=recording.level,
            seconds=recording.seconds,
            rate=recording.rate,
            bandwidth=recording.bandwidth,
            languages=languages,
        )
    return notes


def models_in_words(models: Sequence[Model], everyone: Everyone | None) -> str:
    """Say which seeds and folds are asked, or that the models know all clips."""
    seeds = sorted({seed for seed, _ in models})
    n_folds = len({fold for _, fold in models})
    words = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    if n_folds > 1:
        words += f"; {n_folds} folds, each trained without its own test clips"
    if everyone is not None:
        words += f"; trained on {everyone.in_words()}"
    return words if len(models) == 1 else f"mean of {len(models)} models: {words}"
