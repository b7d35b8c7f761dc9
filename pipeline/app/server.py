"""The application's addresses: the page, and the API that it uses."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, FastAPI, File, Form, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import Receive, Scope, Send

from pipeline.app.decoding import Decoder
from pipeline.app.guard import FAILURE, PREDICT, Guard, Slots, as_http
from pipeline.app.limits import Cancelled, Limits, Refusal
from pipeline.app.replies import Health, Prediction, Problem, Systems
from pipeline.app.systems import Catalogue
from pipeline.app.work import Tools, Work
from pipeline.config.mistakes import one_of
from pipeline.core.errors import PipelineError
from pipeline.inference.speech import Speech

log = logging.getLogger(__name__)

PAGE = Path(__file__).parent / "page"
LINES = "application/x-ndjson"
LINE_SECONDS = 0.25
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request is damaged."},
    403: {"model": Problem, "description": "It comes from a page of another site."},
    408: {"model": Problem, "description": "The upload stalled."},
    413: {"model": Problem, "description": "The upload or the recording is too large."},
    422: {"model": Problem, "description": "The file is no audio, or a setting is not allowed."},
    503: {"model": Problem, "description": "Too many are in work; Retry-After says when to come back."},
}


def create_app(
    catalogue: Catalogue, limits: Limits | None = None, hosts: Collection[str] | None = None
) -> FastAPI:
    """Make the application.

    Args:
        catalogue: The systems that it asks.
        limits: What it accepts; None takes the defaults.
        hosts: Names that it may be addressed by; None lets any pass.
    """
    limits, slots = limits or Limits(), Slots()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        decoder = Decoder(limits)
        decoder.warm_up()
        await asyncio.to_thread(catalogue.get, catalogue.default)
        app.state.tools = Tools(catalogue, decoder)
        yield

    app = FastAPI(
        title="Speech emotion recognition",
        description="Asks trained systems what emotion is in a recording.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.catalogue, app.state.limits, app.state.slots = catalogue, limits, slots
    app.add_middleware(Guard, limits=limits, slots=slots, hosts=hosts)
    app.add_exception_handler(StarletteHTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.include_router(router)
    app.mount("/", StaticFiles(directory=PAGE, html=True))
    return app


router = APIRouter()


@router.post(PREDICT, response_model=Prediction, responses=PROBLEMS)
async def predict(
    request: Request,
    file: Annotated[
        UploadFile,
        File(description="WAV, MP3, FLAC, OGG, M4A or WebM.", json_schema_extra={"format": "binary"}),
    ],
    system: Annotated[str | None, Form(description="Its name; the default one if left out.")] = None,
    window: Annotated[float, Form(ge=0.5, le=60, description="Length of a segment in seconds.")] = 5.0,
    speech: Annotated[Speech, Form(description="What tells speech from the rest.")] = "level",
) -> Response | Prediction:
    """Say what emotion is in a recording, segment by segment and as a whole.

    With `Accept: application/x-ndjson` the answer comes in lines: what is being done and how much of it, several
    times a second, and at last `{"done": ...}`, or `{"failed": ..., "status": ...}`.
    """
    tools: Tools = request.app.state.tools
    names = [card.name for card in tools.catalogue.cards]
    try:
        name = one_of(system or tools.catalogue.default, names, "system")
    except PipelineError as error:
        raise as_http(Refusal(422, f"{error}.", "Choose one of /api/systems.")) from error
    work = Work(file.file, name, window, speech)
    if LINES in request.headers.get("accept", ""):
        return _Lines(_lines(work, tools), media_type=LINES)
    try:
        return await _finished(work, tools, request)
    except Refusal as refusal:
        raise as_http(refusal) from refusal
    except Cancelled:
        return Response(status_code=499)


@router.get("/api/systems")
async def systems(request: Request) -> Systems:
    """Say which systems can be asked, how well each did and on whom."""
    catalogue: Catalogue = request.app.state.catalogue
    return Systems(default=catalogue.default, systems=catalogue.cards)


@router.get("/api/health")
async def health(request: Request) -> Health:
    """Say that the server works, and how busy it is."""
    state = request.app.state
    limits: Limits = state.limits
    return Health(
        system=state.catalogue.default,
        busy=state.slots.busy,
        at_once=limits.at_once,
        upload_bytes=limits.upload_bytes,
        sound_seconds=limits.sound_seconds,
    )


@router.get("/docs", include_in_schema=False)
async def docs() -> FileResponse:
    """Show the API to people; made of /openapi.json, without a network."""
    return FileResponse(PAGE / "docs.html")


class _Lines(StreamingResponse):
    """Lines that end with the response, and not when they are collected as garbage."""

    def __init__(self, lines: AsyncGenerator[str, None], media_type: str) -> None:
        super().__init__(lines, media_type=media_type)
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await self._lines.aclose()


async def _finished(work: Work, tools: Tools, request: Request) -> Prediction:
    """Wait for the answer, or until the client has gone."""
    task = asyncio.create_task(asyncio.to_thread(work.run, tools))
    gone = asyncio.create_task(_disconnect(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        await _end(work, task)
    return task.result()


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _lines(work: Work, tools: Tools) -> AsyncGenerator[str, None]:
    """Say several times a second how far it is, and at last the answer."""
    task = asyncio.create_task(asyncio.to_thread(work.run, tools))
    try:
        while not task.done():
            yield json.dumps({"step": work.step, "share": work.share}) + "\n"
            await asyncio.wait({task}, timeout=LINE_SECONDS)
    finally:  # also where the client has gone
        await _end(work, task)
    yield _last_line(task) + "\n"


def _last_line(task: asyncio.Task[Prediction]) -> str:
    try:
        return json.dumps({"done": task.result().model_dump()})
    except Refusal as refusal:
        status, problem = refusal.status, Problem(error=refusal.error, advice=refusal.advice)
    except Exception:  # as in `Guard`: the answer has begun, so that its last line has to say it
        log.exception("a request failed")
        status, problem = FAILURE.status, Problem(error=FAILURE.error, advice=FAILURE.advice)
    return json.dumps({"failed": problem.model_dump(), "status": status})


async def _end(work: Work, task: asyncio.Task[Prediction]) -> None:
    """Wait until the thread has ended, which is soon where nobody waits: its files and its place are then free."""
    work.cancelled.set()
    with anyio.CancelScope(shield=True):
        await asyncio.wait({task})


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    """Answer any error of HTTP as JSON."""
    if not isinstance(error, StarletteHTTPException):
        raise error
    detail: Any = error.detail  # of a refusal it is the answer; the framework's own are sentences
    if not isinstance(detail, dict):
        detail = {"error": f"{str(detail).rstrip('.')}.", "advice": "/docs says what can be asked, and how."}
    return JSONResponse(detail, error.status_code, error.headers)


async def _on_invalid(_: Request, error: Exception) -> JSONResponse:
    """Answer a form that lacks something, or has what is not allowed, as JSON."""
    if not isinstance(error, RequestValidationError):
        raise error
    wrong = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
    return JSONResponse({"error": f"{wrong}.", "advice": "/docs says what can be sent."}, 422)
