"""Real files in the place of Git LFS pointers: an archive of a repository with Git LFS lacks them.

Git LFS specification (docs/spec.md of github.com/git-lfs/git-lfs), "The Pointer", and its Batch API
(docs/api/batch.md) with the basic transfer adapter. An object is called by the sha256 of its bytes: any repository
that has it will do, and what comes is checked against the pointer.
"""

import contextlib
import io
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import requests
from requests.adapters import HTTPAdapter, Retry
from tqdm import tqdm

from pipeline.core.errors import PipelineError
from pipeline.core.parallel import batched, parallel_map
from pipeline.core.tree import hash_file, list_files
from pipeline.download.transfer import (
    LONGEST_WAIT_SECONDS,
    TIMEOUT_SECONDS,
    TransferError,
    forget_origin,
    transfer,
)

POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\r?\n(?:ext-.*\n)*"
    rb"oid sha256:([0-9a-f]{64})\r?\nsize (\d+)\s*"
)
MAX_POINTER_BYTES = 1024  # of the specification
BATCH_SIZE = 100  # what the git-lfs client asks for at a time; addresses expire
AT_A_TIME = 8  # downloads; they wait for the network
MANY_FAILURES = 10  # after which it is not this or that object that is missing
MEDIA_TYPE = "application/vnd.git-lfs+json"
WORTH_ANOTHER_TRY = (408, 425, 429, 500, 502, 503, 504)


class LfsError(PipelineError):
    """Objects that cannot be had; the archive that points at them is as good as before."""


@dataclass(frozen=True)
class Pointer:
    """What a pointer says of the file that belongs in its place.

    Attributes:
        oid: sha256 of its bytes, hexadecimal.
        n_bytes: Their number.
    """

    oid: str
    n_bytes: int


@dataclass(frozen=True)
class Source:
    """Where objects come from, and how often to try.

    Attributes:
        repository: Its web address, with or without ".git".
        n_tries: Tries without progress before an object is given up.
        backoff_seconds: Wait after the first failed try, doubled after each further one.
    """

    repository: str
    n_tries: int = 5
    backoff_seconds: float = 1.0

    @property
    def batch_url(self) -> str:
        """Where to ask for addresses of objects."""
        return f"{self.repository.rstrip('/').removesuffix('.git')}.git/info/lfs/objects/batch"


def replace_pointers(folder: Path, source: Source, objects: Path, *, suffixes: tuple[str, ...]) -> int:
    """Put the real files in the place of the pointers below a folder.

    Args:
        folder: Its pointers are replaced; nobody is asked where there are none.
        source: The repository that has the objects.
        objects: Folder that keeps what has come, by oid, so that a killed process continues at the next call.
        suffixes: Lower-case endings of the files wanted; other pointers stay.

    Returns:
        The number of pointers replaced.

    Raises:
        LfsError: An object cannot be had; those that came are kept, and no pointer is replaced.
    """
    pointers = find_pointers(folder, suffixes)
    if not pointers:
        return 0
    names = {pointer: path for path, pointer in pointers.items()}  # equal files are one object
    objects.mkdir(parents=True, exist_ok=True)
    fetch_objects(names, source, objects)
    for path, pointer in pointers.items():
        _put(objects / pointer.oid, folder / path)
    return len(pointers)


def find_pointers(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Pointer]:
    """Return the pointers below a folder, by their paths relative to it."""
    paths = (path for path in list_files(folder) if PurePosixPath(path).suffix.lower() in suffixes)
    found = ((path, read_pointer(folder / path)) for path in paths)
    return {path: pointer for path, pointer in found if pointer}


def read_pointer(path: Path) -> Pointer | None:
    """Return what a pointer says; None where the file is something else."""
    if path.stat().st_size >= MAX_POINTER_BYTES:
        return None
    match = POINTER.fullmatch(path.read_bytes())
    return Pointer(match[1].decode(), int(match[2])) if match else None


def fetch_objects(names: Mapping[Pointer, str], source: Source, objects: Path) -> None:
    """Fetch the objects that a folder does not hold yet, several at a time, with one progress bar.

    Args:
        names: For each object, what to call it in errors.
        source: The repository that has them.
        objects: The folder.

    Raises:
        LfsError: Some did not come. A single one does not keep the others from being fetched.
    """
    pointers = list(names)
    held = parallel_map(
        partial(_is_held, objects), pointers, description="check Git LFS", backend="threads", where="here"
    )
    missing = [pointer for pointer, is_held in zip(pointers, held, strict=True) if not is_held]
    failures: dict[Pointer, str] = {}
    with (
        ThreadPoolExecutor(AT_A_TIME) as pool,
        _one_bar(sum(pointer.n_bytes for pointer in missing)) as bar,
    ):
        for batch in batched(missing, BATCH_SIZE):
            addresses = ask(batch, source)
            get = partial(_fetch, addresses=addresses, source=source, objects=objects)
            for pointer, failure in zip(batch, pool.map(get, batch), strict=True):
                bar.update(pointer.n_bytes)
                if failure:
                    failures[pointer] = failure
            if len(failures) > MANY_FAILURES:
                break
    if failures:
        raise _unobtainable(failures, names, source)


@contextlib.contextmanager
def _one_bar(n_bytes: int) -> Iterator[tqdm]:
    """Show one bar for all: `transfer` draws one a file, and draws none where stderr is no terminal."""
    with (
        tqdm(
            total=n_bytes, desc="fetch Git LFS", unit="B", unit_scale=True, disable=None, file=sys.stderr
        ) as bar,
        contextlib.redirect_stderr(io.StringIO()),
    ):
        yield bar


def ask(pointers: Sequence[Pointer], source: Source) -> dict[str, str | TransferError]:
    """Ask for the addresses of objects.

    Returns:
        By oid, the address, or why there is none.

    Raises:
        LfsError: The server does not answer, or answers for none of them.
    """
    request: dict[str, Any] = {
        "operation": "download",
        "transfers": ["basic"],
        "objects": [{"oid": pointer.oid, "size": pointer.n_bytes} for pointer in pointers],
    }
    try:
        with requests.Session() as session:
            session.mount("http://", _retrying(source))
            session.mount("https://", _retrying(source))
            headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
            response = session.post(source.batch_url, json=request, headers=headers, timeout=TIMEOUT_SECONDS)
        if response.status_code != 200:
            raise _refused(source, f"{response.status_code} {_message(response)}")
        return {item["oid"]: _address(item) for item in response.json()["objects"]}
    except requests.JSONDecodeError as error:
        raise _refused(source, f"no JSON but {response.text[:40]!r}") from error
    except requests.RequestException as error:
        raise _refused(source, f"nothing ({error})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise _refused(source, f"something else than the Batch API does: {response.text[:80]!r}") from error


def _retrying(source: Source) -> HTTPAdapter:
    retry = Retry(
        source.n_tries - 1,
        backoff_factor=source.backoff_seconds,
        backoff_max=LONGEST_WAIT_SECONDS,
        status_forcelist=WORTH_ANOTHER_TRY,
        allowed_methods=None,  # asking twice does no harm, though it is a POST
        raise_on_status=False,
    )
    return HTTPAdapter(max_retries=retry)


def _message(response: requests.Response) -> str:
    """Return what a server says of its refusal, such as that a budget is used up."""
    try:
        return str(response.json()["message"])
    except (requests.JSONDecodeError, KeyError, TypeError):
        return response.reason


def _address(item: Mapping) -> str | TransferError:
    if "error" in item:
        return TransferError(f"{item['error'].get('code')} {item['error'].get('message')}", missing=True)
    action = item.get("actions", {}).get("download")
    if not action:
        return TransferError("the server gives no address for it", missing=True)
    if action.get("header"):
        return TransferError(f"its address asks for headers ({', '.join(action['header'])}): not supported")
    return action["href"]


def _fetch(
    pointer: Pointer, *, addresses: Mapping[str, str | TransferError], source: Source, objects: Path
) -> str | None:
    """Fetch an object into the folder; return why it did not come, if so."""
    address = addresses.get(pointer.oid, TransferError("the server does not answer for it"))
    if isinstance(address, TransferError):
        return str(address)
    part = objects / f"{pointer.oid}.part"
    try:
        transfer(address, part, n_tries=source.n_tries, backoff_seconds=source.backoff_seconds)
    except TransferError as error:
        return str(error)
    forget_origin(part)
    came = hash_file(part)
    if came != (pointer.oid, pointer.n_bytes):
        part.unlink()
        return f"other bytes came: sha256 {came[0]}, {came[1]:,} bytes instead of {pointer.n_bytes:,}"
    part.replace(objects / pointer.oid)
    return None


def _is_held(objects: Path, pointer: Pointer) -> bool:
    """Return whether the folder holds an object; what is there with other bytes is deleted."""
    path = objects / pointer.oid
    if not path.is_file():
        return False
    if hash_file(path) == (pointer.oid, pointer.n_bytes):
        return True
    path.unlink()
    return False


def _put(kept: Path, target: Path) -> None:
    """Put an object in a pointer's place, without a second copy on the disk where that can be."""
    target.unlink()
    try:
        os.link(kept, target)
    except OSError:
        shutil.copyfile(kept, target)


def _refused(source: Source, answer: str) -> LfsError:
    return LfsError(
        f"{source.batch_url} was asked for Git LFS objects and answered {answer}. {_what_to_do('them')}"
    )


def _unobtainable(failures: Mapping[Pointer, str], names: Mapping[Pointer, str], source: Source) -> LfsError:
    shown = "\n".join(
        f"  {names[pointer]} (sha256 {pointer.oid}): {why}" for pointer, why in list(failures.items())[:5]
    )
    more = f"\n  and {len(failures) - 5} more" if len(failures) > 5 else ""
    return LfsError(
        f"{len(failures)} of {len(names):,} Git LFS objects could not be fetched from {source.repository}:\n"
        f"{shown}{more}\nThose that came are kept. {_what_to_do('the rest')}"
    )


def _what_to_do(what: str) -> str:
    return (
        f"Run the stage again to fetch {what}; or name another repository with the same objects at `lfs` in "
        f"the corpus's adapter; or put an archive with the real files into a folder and name it in SER_MIRROR"
    )
