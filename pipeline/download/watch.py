"""Noticing that a corpus has changed where its user keeps it, since it was indexed.

DVC does not look there: the folder is another one on each machine. So `index` notes names, sizes and times of the
files that it has read, in the cache folder, and `make repro` looks whether they are still the same. Nothing is read
for that; whether a file with another time has another content, `index` then finds out.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.core.paths import cache_dir, manifest_path
from pipeline.core.tables import read_json, write_json
from pipeline.core.tree import list_files


def remember(corpus: str, tree: str, places: Sequence[Path]) -> None:
    """Note how files stand from which a corpus has been indexed.

    Args:
        corpus: Its name.
        tree: Digest of its content, from its manifest: checkouts with other contents share the cache folder.
        places: The files, and the folders of files.
    """
    path = _note_path(corpus, tree)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"places": [str(place.absolute()) for place in places], "stamp": stamp(places)})


def stamp(places: Iterable[Path]) -> str:
    """Digest names, sizes and times of change of all files, without reading any."""
    digest = hashlib.sha256()
    for place in places:
        for name in list_files(place) if place.is_dir() else [""]:
            digest.update(f"{name}\0{_state(place / name)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _state(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:  # a link that leads nowhere
        return "unreadable"
    return f"{status.st_size} {status.st_mtime_ns}"


def changed(corpora: Iterable[str]) -> list[str]:
    """Return those of some corpora whose files are others than when they were indexed, as far as is known.

    Unknown is whoever was indexed elsewhere, with another cache folder, and where the files are not there any more.
    """
    return [corpus for corpus in corpora if _has_changed(corpus)]


def _has_changed(corpus: str) -> bool:
    manifest = manifest_path(corpus)
    tree = json.loads(manifest.read_text("utf-8"))["tree"] if manifest.is_file() else None
    note = _note_path(corpus, tree) if tree else None
    if note is None or not note.is_file():
        return False
    noted = read_json(note)
    places = [Path(place) for place in noted["places"]]
    return all(place.exists() for place in places) and stamp(places) != noted["stamp"]


def _note_path(corpus: str, tree: str) -> Path:
    return cache_dir() / "seen" / corpus / f"{tree}.json"
