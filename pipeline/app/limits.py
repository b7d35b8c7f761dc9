"""What the application accepts, and what the answer is to what it does not."""

from dataclasses import dataclass

from pipeline.core.errors import PipelineError

READABLE = "Send a recording as WAV, MP3, FLAC, OGG, M4A or WebM."


@dataclass(frozen=True)
class Limits:
    """Bounds on a request, so that none can hang, fill or kill the server.

    Attributes:
        upload_bytes: Size of an upload.
        sound_seconds: Length of a recording: decoded and counted, whatever its header says.
        sound_bytes: Size of its samples, likewise.
        at_once: Requests in work; another one is asked to come back.
        retry_seconds: After how long it may come back.
        stalled_seconds: An upload of which nothing arrives for so long ends.
        upload_seconds: The longest that an upload may take as a whole.
        decoding_seconds: The longest that decoding may be waited for.
        decoding_cpu_seconds: Likewise, of a processor's time.
        decoding_memory: Address space of the process that decodes, in bytes.
        loaded: Systems that are kept in memory.
    """

    upload_bytes: int = 200_000_000
    sound_seconds: float = 7200.0
    sound_bytes: int = 3 << 30
    at_once: int = 4
    retry_seconds: int = 5
    stalled_seconds: float = 20.0
    upload_seconds: float = 900.0
    decoding_seconds: float = 300.0
    decoding_cpu_seconds: int = 180
    decoding_memory: int = 2 << 30
    loaded: int = 4


class Refusal(PipelineError):
    """A request that cannot be answered, by fault of what was sent or because there is too much of it.

    Attributes:
        status: Of HTTP.
        error: What is wrong.
        advice: What to do about it.
    """

    def __init__(self, status: int, error: str, advice: str) -> None:
        super().__init__(f"{error} {advice}")
        self.status, self.error, self.advice = status, error, advice


class Cancelled(Exception):
    """Whoever asked has gone."""
