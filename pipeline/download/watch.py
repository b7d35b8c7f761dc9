"""Noticing that a corpus has changed where its user keeps it, since it was indexed.

DVC does not look there: the folder is another one on each machine. So `index` notes names, sizes and times of the
files that it has read, in the cache folder, and `make repro` looks whether they are still the same. Nothing is read
for that; whether a file with another time has another content, `index` then finds out.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.core.paths import DATA, cache_dir, manifest_path
from pipeline.core.tables import read_json, write_json
from pipeline.core.tree import list_files


def remember(corpus: str, tree: str, places: Sequence[Path], seen: str) -> None:
    """Note how the files stood from which a corpus is indexed.

    Args:
        corpus: Its name.
        tree: Digest of its content, from its manifest: checkouts with other contents share the cache folder.
        places: The files, and the folders of files.
        seen: Their stamp before they were read: what changes meanwhile is noticed the next time.
    """
    path = _notes(corpus) / f"{tree}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"places": [str(place.absolute()) for place in places], "stamp": seen})


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


def changed_corpora() -> list[str]:
    """Return the planned corpora whose files are others than when they were indexed, as far as is known.

    So is one whose index is gone, as after an interruption of the stage: DVC would take the old one from its cache.
    Unknown is what was indexed with another cache folder, and where the files are not there any more.
    """
    planned = sorted(path.stem for path in (DATA / "plan" / "index").glob("*.json"))
    return [corpus for corpus in planned if _has_changed(corpus)]


def _has_changed(corpus: str) -> bool:
    manifest = manifest_path(corpus)
    indexed = manifest.is_file()
    for note in _notes(corpus).glob(f"{read_json(manifest)['tree']}.json" if indexed else "*.json"):
        noted = read_json(note)
        places = [Path(place) for place in noted["places"]]
        if all(place.exists() for place in places) and not (indexed and stamp(places) == noted["stamp"]):
            return True
    return False


def _notes(corpus: str) -> Path:
    return cache_dir() / "seen" / corpus
