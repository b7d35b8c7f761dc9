"""What was found before, kept in the cache folder by all that decides it: few systems change at a time.

`SER_REFRESH=1` finds all anew. An entry is one file; a damaged one is set aside, and found anew.
"""

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.core.own_files import read_sealed, write_sealed
from pipeline.core.paths import cache_dir
from pipeline.core.row_cache import digest
from pipeline.core.tree import list_files


def remembered(kind: str, key: Any, find: Callable[[], Any]) -> Any:
    """Return what a function finds, from the cache where it was found before.

    Args:
        kind: What it finds, a folder of the cache.
        key: All that decides it, the digest of its code included; JSON-like.
        find: Returns what JSON can hold; numbers come back as they were, to the last bit.
    """
    entry = cache_dir() / "found" / kind / digest(key)
    known = None if os.environ.get("SER_REFRESH") else read_sealed(entry)
    if known is None:
        known = json.dumps(find()).encode()
        write_sealed(entry, known)
    return json.loads(known)


def remembered_files(kind: str, key: Any, folder: Path, write: Callable[[Path], Any]) -> Any:
    """Have a function write its files below a folder, from the cache where it was called before.

    Args:
        kind: What it writes, a folder of the cache.
        key: All that decides it, the digest of its code included; JSON-like.
        folder: Where the files are to lie.
        write: Writes small files below the folder that it is given, and returns what JSON can hold.

    Returns:
        What `write` returns.
    """

    def find() -> dict[str, Any]:
        with TemporaryDirectory(prefix="ser") as name:
            result = write(Path(name))
            files = {path: (Path(name) / path).read_bytes() for path in list_files(Path(name))}
        return {
            "result": result,
            "files": {path: base64.b64encode(content).decode() for path, content in files.items()},
        }

    found = remembered(kind, key, find)
    for path, content in found["files"].items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(base64.b64decode(content))
    return found["result"]
