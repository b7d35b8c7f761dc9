"""Files that the project itself writes and reads again: written whole or not at all, and doubted when read.

A kill, a full disk or a failing one leaves files that are half written, empty or full of something else. What is
being written is called `*.tmp` and read by nobody; what turns out to be damaged is renamed to `*.bad`, with a
warning, and made anew.
"""

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PARTIAL = ".tmp"
OLD_SECONDS = 24 * 3600  # nobody writes at one file for so long
DIGEST_BYTES = 16

log = logging.getLogger(__name__)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a file its name when all of it is written; what an error leaves of it is deleted.

    Args:
        path: The file; its folder is made, and a file of that name replaced.

    Yields:
        Where to write, in the same folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def clear_partial(folder: Path) -> None:
    """Delete what killed processes left in a folder, a day ago or more: files and folders called `*.tmp`."""
    for path in folder.glob(f"*{PARTIAL}"):
        with suppress(OSError):  # another process was faster, or may delete what this one may not
            if time.time() - path.stat().st_mtime < OLD_SECONDS:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_sealed(path: Path, content: bytes) -> None:
    """Write bytes behind a digest of them, for `read_sealed`, and clear the folder of what kills left."""
    clear_partial(path.parent)
    with written_whole(path) as partial:
        partial.write_bytes(_digest(content) + content)


def read_sealed(path: Path) -> bytes | None:
    """Return what `write_sealed` wrote; None where there is nothing, or something damaged, which is set aside."""
    if not path.is_file():
        return None
    content = path.read_bytes()
    digest, content = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if digest == _digest(content):
        return content
    distrust(path, "its digest is another")
    return None


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest()


def distrust(path: Path, error: object) -> None:
    """Rename a damaged file or folder to `<name>.bad`, and warn that it is made anew.

    Args:
        path: It may be gone, or lie where nothing can be renamed: then it only is not used.
        error: What is wrong with it.
    """
    kept = path.with_name(f"{path.name}.bad")
    why = str(error).strip().partition("\n")[0] or type(error).__name__
    try:
        if kept.is_dir():
            shutil.rmtree(kept)
        path.replace(kept)
    except OSError:
        log.warning("%s is damaged (%s): not used, and what is lost computed anew", path, why)
    else:
        log.warning("%s is damaged (%s): kept as %s, and what is lost computed anew", path, why, kept.name)


def keep_whole_lines(path: Path) -> None:
    """Cut a log of JSON objects, one a line, before its first damaged line; what stands before it holds."""
    if not path.exists():
        return
    lines = path.read_bytes().splitlines(keepends=True)
    n_whole = next((n for n, line in enumerate(lines) if not _is_object(line)), len(lines))
    if n_whole < len(lines):
        distrust(path, f"line {n_whole + 1} of {len(lines)} is no record")
        with written_whole(path) as partial:
            partial.write_bytes(b"".join(lines[:n_whole]))


def _is_object(line: bytes) -> bool:
    try:
        return line.endswith(b"\n") and isinstance(json.loads(line), dict)
    except ValueError:
        return False
