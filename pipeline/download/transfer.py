"""Bringing the bytes at one address into a partial file: HTTP with resume and retry, or a copy from a disk.

HTTP semantics follow RFC 9110: section 14 (Range, Content-Range, status 206 and 416) and 13.1.5 (If-Range).
"""

import json
import logging
import re
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import requests
from tqdm import tqdm

from pipeline.core.errors import PipelineError

log = logging.getLogger(__name__)

# Small, because what stands in a half-filled chunk is lost when the connection breaks.
CHUNK_BYTES = 1 << 14
TIMEOUT_SECONDS = (10, 60)  # to connect, between two reads
LONGEST_WAIT_SECONDS = 120.0


class TransferError(PipelineError):
    """An address that does not yield its file.

    Attributes:
        missing: The address works, but nothing is there.
    """

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


class _Interrupted(Exception):
    """A failure that another try may mend, perhaps after a wait that the server asks for."""

    def __init__(self, message: str, wait_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


_WORTH_ANOTHER_TRY = (
    _Interrupted,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)


def transfer(url: str, part: Path, *, n_tries: int, backoff_seconds: float) -> None:
    """Bring what lies at an address into a partial file, continuing what is there from an earlier run.

    Args:
        url: An http, https or file address, or a path.
        part: The partial file; complete when this returns. Beside it lies `<part>.json`, which says where its
            bytes came from: a partial file without it, or from another address, is begun anew.
        n_tries: Number of tries in a row that bring no byte further before giving up.
        backoff_seconds: Wait after the first such failure, doubled after each further one.

    Raises:
        TransferError: Nothing is there, the server refuses, or the tries are used up.
    """
    local = _local_path(url)
    if local is not None:
        _copy(local, part)
        return
    if _read_origin(part).get("url") != url:
        part.unlink(missing_ok=True)
    n_failures, furthest = 0, _size(part)
    while True:
        try:
            _request(url, part)
            return
        except _WORTH_ANOTHER_TRY as error:
            n_failures = 1 if _size(part) > furthest else n_failures + 1
            furthest = max(furthest, _size(part))
            if n_failures >= n_tries:
                raise TransferError(
                    f"gave up after {n_failures} tries without progress; the last: {_reason(error)}"
                ) from error
            asked = error.wait_seconds if isinstance(error, _Interrupted) else 0.0
            wait = min(max(backoff_seconds * 2 ** (n_failures - 1), asked), LONGEST_WAIT_SECONDS)
            log.warning("%s: %s; next try in %.1f s", url, _reason(error), wait)
            time.sleep(wait)
        except requests.RequestException as error:
            raise TransferError(_reason(error)) from error


def _reason(error: Exception) -> str:
    """Say what went wrong, without the address and the layers that requests wraps around it."""
    inner = getattr(error.args[0], "reason", None) if error.args else None
    return str(inner or error)


def _local_path(url: str) -> Path | None:
    """Return the path that an address means, or None for one of the web."""
    scheme = urlsplit(url).scheme.lower()
    if scheme in ("http", "https"):
        return None
    if scheme == "file":
        return Path(url2pathname(urlsplit(url).path))
    if len(scheme) > 1:  # one letter is a drive
        raise TransferError(
            f"addresses of the kind {scheme}:// are not supported; use http, https, file or a path"
        )
    return Path(url)


def _copy(source: Path, part: Path) -> None:
    if not source.is_file():
        raise TransferError(f"there is no file {source}", missing=True)
    with (
        source.open("rb") as reader,
        part.open("wb") as writer,
        _bar(part, source.stat().st_size, 0) as bar,
    ):
        while chunk := reader.read(1 << 20):
            writer.write(chunk)
            bar.update(len(chunk))


def _request(url: str, part: Path) -> None:
    """Ask for what is still missing and append it; raise `_Interrupted` where the file is not complete."""
    origin = _read_origin(part)
    n_done = _size(part)
    headers = {"Accept-Encoding": "identity"}  # lengths and ranges then count the file's own bytes
    if n_done:
        headers["Range"] = f"bytes={n_done}-"
        if origin.get("validator"):
            headers["If-Range"] = origin["validator"]
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
        if response.status_code == 416 and n_done:
            if _content_range(response) == (None, n_done):
                return
            part.unlink(missing_ok=True)
            raise _Interrupted("the server cannot continue the partial file, which is begun anew")
        _check_status(response)
        start, n_total = _content_range(response) if response.status_code == 206 else (0, _length(response))
        if start not in (0, n_done) or (start and n_total != origin.get("n_total")):
            part.unlink(missing_ok=True)
            raise _Interrupted("the server's file is another one by now; the partial file is begun anew")
        _write_origin(part, url, response, n_total)
        with part.open("ab" if start else "wb") as file, _bar(part, n_total, start) as bar:
            for chunk in response.iter_content(CHUNK_BYTES):
                file.write(chunk)
                bar.update(len(chunk))
    if n_total is not None and _size(part) != n_total:
        raise _Interrupted(f"{_size(part):,} of {n_total:,} bytes came")


def _check_status(response: requests.Response) -> None:
    code = response.status_code
    if code in (200, 206):
        return
    message = f"the server answered {code} {response.reason}"
    if code in (408, 425, 429) or code >= 500:
        asked = response.headers.get("Retry-After", "")
        raise _Interrupted(message, float(asked) if asked.isdigit() else 0.0)
    raise TransferError(message, missing=code in (404, 410))


def _content_range(response: requests.Response) -> tuple[int | None, int | None]:
    """Return the first byte's position (None where the range cannot be had) and the file's length."""
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if match is None:
        return None, None
    return None if match[1] is None else int(match[1]), None if match[2] == "*" else int(match[2])


def _length(response: requests.Response) -> int | None:
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    length = response.headers.get("Content-Length")
    return None if encoded or length is None else int(length)


def _write_origin(part: Path, url: str, response: requests.Response, n_total: int | None) -> None:
    """Keep what lets a later run continue this very file: a weak ETag would not do."""
    etag = response.headers.get("ETag", "W/")
    validator = response.headers.get("Last-Modified") if etag.startswith("W/") else etag
    origin = {"url": url, "validator": validator, "n_total": n_total}
    _origin_path(part).write_text(json.dumps(origin), "utf-8")


def _read_origin(part: Path) -> dict:
    """Return what is known of a partial file; nothing where that was cut short when the machine went down."""
    path = _origin_path(part)
    try:
        origin = json.loads(path.read_text("utf-8")) if path.exists() else {}
    except ValueError:  # no JSON, or no text
        return {}
    return origin if isinstance(origin, dict) else {}


def _origin_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def forget_origin(part: Path) -> None:
    """Delete what `transfer` wrote beside a partial file."""
    _origin_path(part).unlink(missing_ok=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _bar(part: Path, n_total: int | None, n_done: int) -> tqdm:
    name = part.name.removesuffix(".part")
    return tqdm(total=n_total, initial=n_done, desc=f"fetch {name}", unit="B", unit_scale=True, disable=None)
