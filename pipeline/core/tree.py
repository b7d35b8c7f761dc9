"""Folders of files: listing, hashing, and replacing one as a whole."""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.parallel import parallel_map
from pipeline.core.paths import open_file

log = logging.getLogger(__name__)

MARKER = ".made_by_pipeline.json"
"""Name of the file, in a folder that this project filled, that says from what; `list_files` leaves it out."""


@dataclass(frozen=True)
class Tree:
    """A folder's content.

    Attributes:
        digest: sha256 over the sorted paths, lengths and content hashes, hexadecimal.
        n_files: Number of files.
        n_bytes: Their total length in bytes.
    """

    digest: str
    n_files: int
    n_bytes: int


def list_files(root: Path) -> list[str]:
    """Return the POSIX paths, relative to the root, of all files below it, sorted by code point.

    Links to folders are followed, each folder once, so that a loop of links ends.

    Raises:
        PipelineError: A folder cannot be read.
    """
    found: list[str] = []
    seen: set[tuple[int, int]] = set()
    for folder, folders, names in os.walk(root, followlinks=True, onerror=_unreadable):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        relative = Path(folder).relative_to(root)
        found += [(relative / name).as_posix() for name in names if name != MARKER]
    return sorted(found)


def _unreadable(error: OSError) -> None:
    raise PipelineError(
        f"{error.filename}: the folder cannot be read ({error.strerror}); mend its permissions"
    )


def measure(root: Path) -> tuple[int, int]:
    """Return the number of files below a folder and their total length in bytes."""
    sizes = [_size(root / path) for path in list_files(root)]
    return len(sizes), sum(sizes)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a link that leads nowhere
        return 0


def hash_tree(root: Path) -> Tree:
    """Hash every file below a folder, several at a time.

    One that cannot be read, such as a link that leads nowhere, counts by its name: whoever reads the files one by
    one says of each what is wrong with it.
    """
    paths = list_files(root)
    digest = hashlib.sha256()
    n_bytes = 0
    hashes = parallel_map(
        _hash_if_readable, [root / path for path in paths], description=f"hash {root.name}", backend="threads"
    )
    for path, (sha256, size) in zip(paths, hashes, strict=True):
        digest.update(f"{path}\0{size}\0{sha256}\n".encode("utf-8", "surrogateescape"))
        n_bytes += size
    return Tree(digest.hexdigest(), len(paths), n_bytes)


def _hash_if_readable(path: Path) -> tuple[str, int]:
    try:
        return hash_file(path)
    except PipelineError:
        return "unreadable", 0


def hash_file(path: Path) -> tuple[str, int]:
    """Return a file's sha256 in hexadecimal and its length in bytes."""
    try:
        with open_file(path) as file:
            digest = hashlib.file_digest(file, "sha256")
            return digest.hexdigest(), file.tell()
    except OSError as error:
        raise PipelineError(
            f"{path}: cannot be read ({error.strerror}); restore it or take it away"
        ) from error


def is_current(folder: Path, stamp: str) -> bool:
    """Return whether `fresh_folder` made the folder with this stamp and all its files are still there."""
    marker = _read_marker(folder)
    return marker is not None and marker["stamp"] == stamp and [*measure(folder)] == marker["files_and_bytes"]


@contextmanager
def fresh_folder(folder: Path, stamp: str | Callable[[Path], str]) -> Iterator[Path]:
    """Fill a folder under another name, and give it its name when all is done.

    A process that is killed leaves either the former folder or the complete new one, and scratch folders that
    the next call clears away. Two processes must not fill the same folder at once: hold a lock.

    Args:
        folder: The folder to make or to replace.
        stamp: What it is made from, or a function of the filled folder that says so; kept in its marker file
            for `is_current`.

    Yields:
        An empty folder to fill.

    Raises:
        PipelineError: The folder exists and was not made here: nobody's own files are ever deleted.
    """
    if folder.exists() and not (folder / MARKER).is_file() and list_files(folder):
        raise PipelineError(
            f"{folder} exists and was not made by this pipeline, so it is left alone; move it away, or point "
            f"SER_CORPORA at the folder that holds it to use it as it is"
        )
    scratch = folder.with_name(f".{folder.name}.partial")
    former = folder.with_name(f".{folder.name}.former")
    for leftover in (scratch, former):
        shutil.rmtree(leftover, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
        marker = {
            "stamp": stamp if isinstance(stamp, str) else stamp(scratch),
            "files_and_bytes": measure(scratch),
        }
        (scratch / MARKER).write_text(json.dumps(marker) + "\n", "utf-8")
        if folder.exists():
            folder.replace(former)
        scratch.replace(folder)
    finally:
        for leftover in (scratch, former):
            shutil.rmtree(leftover, ignore_errors=True)


def _read_marker(folder: Path) -> dict | None:
    """Return what a folder's marker says; None where there is none, or a damaged one."""
    path = folder / MARKER
    if not path.is_file():
        return None
    try:
        marker = json.loads(path.read_text("utf-8"))
        return {name: marker[name] for name in ("stamp", "files_and_bytes")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s is damaged (%s): the folder is filled anew", path, error)
        return None
