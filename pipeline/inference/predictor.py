"""A trained system that can be asked about recordings.

from pathlib import Path
from pipeline.inference.predictor import load

print(load("ravdess_cnn4").answer(Path("speech.wav")).scores)
"""

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.audio.decoders import Decoding
from pipeline.core.errors import PipelineError
from pipeline.core.parallel import batched
from pipeline.core.paths import trained_dir
from pipeline.inference.answers import Answer, Kind, Window, whole
from pipeline.inference.calibration import tempered
from pipeline.inference.clips import ClipReader, Prepared, Source, read_clip
from pipeline.inference.exported import ENCODERS, MODELS, names_export, read_export
from pipeline.inference.models import EstimatorModels, load_models
from pipeline.inference.notes import Speaker, models_in_words, notes_on
from pipeline.inference.recording import Recording, Stretch
from pipeline.inference.speech import Speech
from pipeline.inference.trained import Model, Trained, read_trained, trained_systems

__all__ = ["Predictor", "load", "trained_systems"]

CLIPS = 32  # asked about together: what is in memory of a long recording


@dataclass(frozen=True)
class Heard:
    """Some windows of recordings.

    Attributes:
        windows: Without scores.
        clips: Those of them that have speech, prepared; None where none has.
    """

    windows: list[Window]
    clips: Prepared | None


class Predictor:
    """A system with its models in memory.

    Args:
        trained: The system.
        place: Gives the folder of a system's models by its name.
        encoders: See `ClipReader`.

    Attributes:
        name: Of the system.
        kind: Whether it says classes or dimensions.
        outputs: Their names, in order.
        facts: What a person should know before believing it: see `pipeline.inference.facts.facts_of`.
        calibrated: Whether its probabilities are calibrated; None of dimensions.
        reads_text: Whether it needs to know what is said: Whisper listens where no text is given.
    """

    def __init__(self, trained: Trained, place: Callable[[str], Path], encoders: Path | None = None) -> None:
        self.trained = trained
        self.name: str = trained.name
        self.kind: Kind = trained.kind
        self.outputs: list[str] = trained.outputs
        self.facts: dict[str, Any] = trained.facts
        self.reads_text: bool = trained.reads_text
        self.calibrated: bool | None = trained.calibrated
        self._temperatures = trained.calibration.temperatures if trained.calibration else {}
        self._models = load_models(trained, place)
        self._reader = ClipReader(trained, encoders)
        self._speaker = Speaker()

    def predict(
        self,
        sources: Sequence[Source],
        texts: Sequence[str] | None = None,
        *,
        models: Sequence[Model] | None = None,
        calibrated: bool = True,
    ) -> np.ndarray:
        """Return what the system says of clips, each as a whole, as the pipeline treats one.

        Args:
            sources: Files, or samples of shape (n,) or (channels, n) with their rate in Hz.
            texts: What is said in each; None has Whisper listen, where the system reads text.
            models: Seeds and folds whose mean is taken; None for all.
            calibrated: Whether each model's probabilities are calibrated, where the system has temperatures; else
                they are those of the stages' predictions.

        Returns:
            Probabilities of classes or values of dimensions, shape (sources, outputs), float64.

        Raises:
            PipelineError: A source cannot be read, or is nothing that features can be computed of.
        """
        if texts is not None and len(texts) != len(sources):
            raise PipelineError(
                f"came {len(texts)} texts for {len(sources)} recordings, expected one for each"
            )
        parts = [np.empty((0, len(self.outputs)))]
        for rows in batched(range(len(sources)), CLIPS):
            said = None if texts is None else [texts[row] for row in rows]
            clips = self.prepare([sources[row] for row in rows], said)
            parts.append(self.predict_prepared(clips, models, calibrated=calibrated))
        return np.concatenate(parts)

    def enrol(self, sources: Sequence[Source]) -> None:
        """Standardise by a speaker from now on, as a system did in training that is standardised by speaker.

        With fewer than eight clips the statistics of nobody in particular serve, whoever was enrolled before, and
        the answers' notes say so.

        Args:
            sources: Clips of that speaker, in any emotion; as of `predict`.

        Raises:
            PipelineError: The system is not standardised by speaker, or a source cannot be read.
        """
        self._by_speaker()  # before anything is read
        self.enrol_prepared([self.prepare(sources)])

    def enrol_prepared(self, clips: Sequence[Prepared]) -> None:
        """Standardise by the speaker of clips that are prepared, as `enrol` does."""
        self._models = self._by_speaker().of_speaker(clips)
        self._speaker = Speaker(sum(some.n_clips for some in clips))

    def _of_recording(self, parts: Sequence[Heard]) -> "Predictor":
        """Return the system as it standardises by the one who speaks in these windows."""
        theirs = copy.copy(self)
        theirs.enrol_prepared([part.clips for part in parts if part.clips])
        theirs._speaker = replace(theirs._speaker, of="windows")
        return theirs

    def _by_speaker(self) -> EstimatorModels:
        if not isinstance(self._models, EstimatorModels) or not self.trained.by_speaker:
            raise PipelineError(f"{self.name} is not standardised by speaker: nobody can be enrolled")
        return self._models

    def prepare(self, sources: Sequence[Source], texts: Sequence[str] | None = None) -> Prepared:
        """Read some clips and compute their features; arguments as of `predict`."""
        rates = self._reader.rates(with_texts=texts is not None)
        return self._reader.prepare([read_clip(source, rates) for source in sources], texts)

    def predict_prepared(
        self, clips: Prepared, models: Sequence[Model] | None = None, *, calibrated: bool = True
    ) -> np.ndarray:
        """Return what the system says of clips that are prepared, as `predict` does."""
        chosen = self.trained.models if models is None else models
        if not chosen or not {*chosen} <= {*self.trained.models}:
            raise PipelineError(
                f"{self.name} has models of {self.trained.models} (seed, fold), not of {chosen}"
            )
        said = [self._models.predict(clips, model) for model in chosen]
        if calibrated:
            temperatures = [self._temperatures.get(model, 1.0) for model in chosen]
            said = [
                one if temperature == 1 else tempered(one, temperature)
                for one, temperature in zip(said, temperatures, strict=True)
            ]
        return np.mean(said, axis=0)

    def answer(
        self,
        source: Path | Decoding,
        window: float = 5.0,
        *,
        text: str | None = None,
        speech: Speech = "level",
        enrol_itself: bool = False,
        progress: Callable[[float], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> Answer:
        """Ask about a recording of any length: of each window, and of the whole.

        Args:
            source: The file; or samples as they are decoded elsewhere.
            window: Length of a window in seconds; the last may be shorter.
            text: What is said in it; the recording is then one window.
            speech: What counts as speech: see `pipeline.inference.recording.Recording`.
            enrol_itself: Whether to standardise by the one who speaks in it, whoever was enrolled: by the windows
                that have speech, if they are eight or more.
            progress: Called with the seconds that are done.
            cancelled: Once set, the answer ends with what there is; the notes say so.

        Raises:
            AudioError: The file cannot be read.
            PipelineError: The window is too short, the detector is not at hand, or the system is to enrol somebody
                and not standardised by speaker.
        """
        if enrol_itself:
            self._by_speaker()
        recording = self.recording(source, window, text, speech)
        windows: list[Window] = []
        languages: list[str] = []
        unasked: list[Heard] = []
        for batch in recording.batches(CLIPS):
            if cancelled is not None and cancelled.is_set():
                break
            heard = self._hear(batch, text)
            languages += heard.clips.languages if heard.clips else []
            if enrol_itself:
                unasked.append(heard)
            else:
                windows += self._say(heard)
            if progress is not None:
                progress(batch[-1].end)
        predictor = self._of_recording(unasked) if enrol_itself else self
        windows += [window for heard in unasked for window in predictor._say(heard)]
        answer = predictor.finish(recording, windows, languages)
        if cancelled is not None and cancelled.is_set():
            answer.notes.append("cancelled: what comes later was not asked about")
        return answer

    def recording(
        self, source: Path | Decoding, window: float, text: str | None = None, speech: Speech = "level"
    ) -> Recording:
        """Return a file that can be read window by window, as `answer` reads it."""
        rates = self._reader.rates(with_texts=text is not None)
        one_window = text is not None and self.reads_text
        return Recording(source, float("inf") if one_window else window, rates, speech)

    def ask(self, stretches: Sequence[Stretch], text: str | None = None) -> tuple[list[Window], list[str]]:
        """Return what the system says of windows, all of them at once.

        Args:
            stretches: Of one recording or several.
            text: What is said in all of them; None has Whisper listen, where the system reads text.

        Returns:
            The windows, and the language of each that has speech, where Whisper was to find it out.
        """
        heard = self._hear(stretches, text)
        return self._say(heard), heard.clips.languages if heard.clips else []

    def _hear(self, stretches: Sequence[Stretch], text: str | None) -> Heard:
        windows = [Window(one.start, one.end, one.speech, None, one.speech_seconds) for one in stretches]
        spoken = [stretch.clip for stretch in stretches if stretch.speech]
        texts = None if text is None else [text] * len(spoken)
        return Heard(windows, self._reader.prepare(spoken, texts) if spoken else None)

    def _say(self, heard: Heard) -> list[Window]:
        said: Iterator[np.ndarray] = iter(self.predict_prepared(heard.clips)) if heard.clips else iter(())
        return [
            replace(window, scores=dict(zip(self.outputs, next(said).tolist(), strict=True)))
            if window.speech
            else window
            for window in heard.windows
        ]

    def finish(self, recording: Recording, windows: list[Window], languages: Sequence[str]) -> Answer:
        """Return the answer for a recording whose windows were asked about."""
        notes = notes_on(self.trained, self._speaker, recording, windows, sorted({*languages}))
        seconds = windows[-1].end if windows else 0.0
        words = self.models_in_words()
        return Answer(self.name, self.kind, seconds, windows, whole(windows), notes, words, self.calibrated)

    def load_whisper(self) -> None:
        """Load what listens where no text is given, which else happens with the first clip.

        Raises:
            PipelineError: The model is not at hand.
        """
        self._reader.load_whisper()

    def models_in_words(self) -> str:
        """Say which seeds and folds are asked, or that the model knows all clips."""
        return models_in_words(self.trained.models, self.trained.everyone)


def load(system: str | Path) -> Predictor:
    """Load a trained system.

    Args:
        system: The name of a system of params.yaml that is trained, or the folder of an export.

    Raises:
        PipelineError: There is no such system or folder, it is not trained, or its files are not what was trained.
    """
    if names_export(str(system)):
        folder = Path(system)
        return Predictor(read_export(folder), lambda name: folder / MODELS / name, folder / ENCODERS)
    return Predictor(read_trained(str(system)), trained_dir)
