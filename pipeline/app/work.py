"""What is done for one request: decode, ask the system, put the answer together. It runs in a thread of its own."""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from pipeline.app.decoding import Decoder
from pipeline.app.limits import Cancelled, Refusal
from pipeline.app.replies import Prediction, prediction
from pipeline.app.systems import Catalogue
from pipeline.core.errors import PipelineError
from pipeline.inference.speech import Speech

log = logging.getLogger(__name__)

ELSE = "Where that cannot be mended, ask another system."


@dataclass(frozen=True)
class Tools:
    """What all requests share.

    Attributes:
        catalogue: The systems.
        decoder: Opens files.
        folder: For temporary files.
    """

    catalogue: Catalogue
    decoder: Decoder
    folder: Path


@dataclass
class Work:
    """A request in work.

    Attributes:
        upload: What was sent.
        system: Which system is asked.
        window: Length of a segment in seconds.
        speech: What counts as speech: see `pipeline.inference.recording.Recording`.
        step: What is being done: "decoding", "loading" or "listening".
        share: How much of that is done, 0 to 1; None where that is not known.
        cancelled: Set when nobody waits any more.
    """

    upload: BinaryIO
    system: str
    window: float
    speech: Speech = "level"
    step: str = "decoding"
    share: float | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def run(self, tools: Tools) -> Prediction:
        """Answer the request; its temporary files are gone when this returns, whatever happens.

        Raises:
            Refusal: What was sent cannot be answered.
            Cancelled: Nobody waits any more.
        """
        with TemporaryDirectory(dir=tools.folder) as folder:
            source, target = Path(folder, "upload"), Path(folder, "sound.wav")
            with source.open("wb") as file:
                shutil.copyfileobj(self.upload, file, 1 << 20)
            sound = tools.decoder.decode(source, target, self.cancelled)
            source.unlink()
            self.step = "loading"
            started = time.monotonic()
            try:
                predictor = tools.catalogue.get(self.system)
                self.step, self.share = "listening", 0.0
                answer = predictor.answer(
                    target,
                    self.window,
                    speech=self.speech,
                    progress=self._advance(sound.seconds),
                    cancelled=self.cancelled,
                )
            except PipelineError as error:
                why = str(error).replace(str(target), "the recording").rstrip(".")
                raise Refusal(422, f"The system cannot answer: {why}.", ELSE) from error
            if self.cancelled.is_set():
                raise Cancelled
            log.info("heard %.1f s of sound in %.2f s", sound.seconds, time.monotonic() - started)
            return prediction(answer, list(predictor.outputs), sound, self.window, self.speech)

    def _advance(self, seconds: float) -> Callable[[float], None]:
        def advance(done: float) -> None:
            self.share = min(done / seconds, 1.0)

        return advance
