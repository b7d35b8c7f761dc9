"""What stands between the network and the application: bounds on requests, and headers on answers.

uvicorn has no time limit on a request's body, and a form is parsed before its endpoint runs: both are bounded here.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.app.limits import Limits, Refusal

log = logging.getLogger(__name__)

PREDICT = "/api/predict"
DRAINED_BYTES, DRAINED_SECONDS = 16_000_000, 5.0
PIECE = 1 << 20  # bytes
CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self' blob:; "
    "img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def as_http(refusal: Refusal, headers: dict[str, str] | None = None) -> HTTPException:
    """Turn a refusal into what the framework lets pass while it reads a body."""
    return HTTPException(refusal.status, {"error": refusal.error, "advice": refusal.advice}, headers)


@dataclass
class Slots:
    """How many uploads are in work."""

    busy: int = 0

    @contextmanager
    def place(self) -> Iterator[Callable[[], None]]:
        """Take a place; yield what gives it back before the end."""
        with ExitStack() as stack:
            self.busy += 1
            stack.callback(self._leave)
            yield stack.close

    def _leave(self) -> None:
        self.busy -= 1


class Guard:
    """Middleware that lets in what is within the limits, so many uploads at a time."""

    def __init__(
        self, app: ASGIApp, limits: Limits, slots: Slots, hosts: Collection[str] | None = None
    ) -> None:
        """Wrap an application.

        Args:
            app: It.
            limits: What is let in.
            slots: Counts uploads in work.
            hosts: Names that it may be addressed by; None lets any pass. Against pages elsewhere whose name is made
                to point to this machine.
        """
        self._app, self._limits, self._slots, self._hosts = app, limits, slots, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        try:
            if scope["path"] == PREDICT and scope["method"] == "POST":
                await self._upload(scope, receive, answer)
            else:
                self._check_sender(Headers(scope=scope))
                await self._app(scope, receive, answer.send)
        except HTTPException as refusal:
            await answer.problem(refusal)
        except Exception:  # any: the log has it whole, who asked has a sentence, and the server goes on
            log.exception("a request failed")
            await answer.problem(as_http(FAILURE))

    async def _upload(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        headers, started = Headers(scope=scope), time.monotonic()
        body = answer.body = _Body(receive, self._limits)
        self._check_sender(headers)
        self._check_length(headers.get("content-length"))
        if self._slots.busy >= self._limits.at_once:
            await _drain(receive)
            wait = self._limits.retry_seconds
            log.info("busy: one asked to come back in %d s", wait)
            refusal = Refusal(503, "Too many recordings are in work.", f"Try again in {wait} seconds.")
            raise as_http(refusal, {"Retry-After": str(wait)})
        try:
            with self._slots.place() as answer.ended:
                await self._app(scope, body.receive, answer.send)
        finally:
            seconds = time.monotonic() - started
            log.info("answered %d: %.1f MB, %.2f s", answer.status, body.n_bytes / 1e6, seconds)

    def _check_sender(self, headers: Headers) -> None:
        host = headers.get("host", "")
        if self._hosts is not None and (host.rpartition(":")[0] or host) not in self._hosts:
            raise as_http(Refusal(421, f"This server is not {host!r}.", f"Ask {sorted(self._hosts)[0]}."))
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            raise as_http(
                Refusal(403, "The request comes from a page of another site.", "Open this page itself.")
            )

    def _check_length(self, length: str | None) -> None:
        if length is not None and length.isdigit() and int(length) > self._limits.upload_bytes:
            raise as_http(_too_large(self._limits))


class _Body:
    """A request's body as it comes in, counted and timed, and passed on by the megabyte.

    The form's parser hands each piece to a thread that writes it. Of pieces as small as a socket gives them, that
    costs more than reading and writing them does.
    """

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive, self._limits = receive, limits
        self._until = time.monotonic() + limits.upload_seconds
        self.complete = False
        self.n_bytes = 0

    async def receive(self) -> Message:
        if self.complete:  # what comes now is that the client has gone, whenever that is
            return await self._receive()
        pieces: list[bytes] = []
        while not self.complete and sum(map(len, pieces)) < PIECE:
            message = await self._next()
            if message["type"] != "http.request":
                return message
            pieces.append(message.get("body", b""))
        return {"type": "http.request", "body": b"".join(pieces), "more_body": not self.complete}

    async def _next(self) -> Message:
        seconds = min(self._limits.stalled_seconds, self._until - time.monotonic())
        try:
            async with asyncio.timeout(seconds):
                message = await self._receive()
        except TimeoutError:
            raise as_http(Refusal(408, "The upload stalled or took too long.", "Send it again.")) from None
        self.complete = not message.get("more_body", False)
        self.n_bytes += len(message.get("body", b""))
        if self.n_bytes > self._limits.upload_bytes:
            raise as_http(_too_large(self._limits))
        return message


class _Answer:
    """An answer as it goes out, with the headers that all have."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self._kept = "no-store" if scope["path"].startswith("/api") else "no-cache"
        self.status = 0
        self.body: _Body | None = None
        self.ended: Callable[[], None] | None = None  # called as the last of it goes out

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in {**HEADERS, "Cache-Control": self._kept}.items():
                headers[name] = value
            if self.body and not self.body.complete:  # else a client could go on sending for ever
                headers["Connection"] = "close"
        if self.ended and message["type"] == "http.response.body" and not message.get("more_body", False):
            self.ended()
        await self._send(message)

    async def problem(self, problem: HTTPException) -> None:
        """Send a problem as JSON, unless an answer is on its way already."""
        if self.status:
            return
        body = json.dumps(problem.detail).encode()
        headers = {
            **(problem.headers or {}),
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": problem.status_code, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})


FAILURE = Refusal(500, "The server failed; its log says why.", "Try again, or with another recording.")


def _too_large(limits: Limits) -> Refusal:
    size = limits.upload_bytes / 1e6
    return Refusal(
        413, f"The upload is larger than {size:,.0f} MB.", "Send a shorter or compressed recording."
    )


async def _drain(receive: Receive) -> None:
    """Read some of a body that is not wanted: a client that is still sending may not see the answer otherwise."""
    n_bytes = 0
    try:
        async with asyncio.timeout(DRAINED_SECONDS):
            while n_bytes < DRAINED_BYTES:
                message = await receive()
                n_bytes += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return
