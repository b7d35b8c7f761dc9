"""What is done for one request: decode, ask the system, put the answer together. It runs in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from pipeline.app.decoding import Decoder
from pipeline.app.limits import Cancelled, Refusal
from pipeline.app.replies import Prediction, prediction
from pipeline.app.systems import Catalogue
from pipeline.audio.decoders import Decoding
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
    """

    catalogue: Catalogue
    decoder: Decoder


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
        """Answer the request; nothing of it runs any more when this returns, whatever happens.

        Raises:
            Refusal: What was sent cannot be answered.
            Cancelled: Nobody waits any more.
        """
        with tools.decoder.open(self.upload, self.cancelled) as sound:
            self.step = "loading"
            try:
                predictor = tools.catalogue.get(self.system)
                self.step, started = "listening", time.monotonic()
                answer = predictor.answer(
                    sound.decoding,
                    self.window,
                    speech=self.speech,
                    progress=self._advance(sound.decoding),
                    cancelled=self.cancelled,
                )
            except Refusal:
                raise
            except PipelineError as error:
                raise Refusal(422, f"The system cannot answer: {str(error).rstrip('.')}.", ELSE) from error
            if self.cancelled.is_set():
                raise Cancelled
            found = sound.decoded
        log.info("heard %.1f s of sound in %.2f s", found.seconds, time.monotonic() - started)
        return prediction(answer, list(predictor.outputs), found, self.window, self.speech)

    def _advance(self, decoding: Decoding) -> Callable[[float], None]:
        """Return what keeps the share that is done, of as much as the file promises; None where it does not."""

        def advance(seconds: float) -> None:
            if decoding.n_promised:
                self.share = min(seconds * decoding.rate / decoding.n_promised, 1.0)

        return advance
