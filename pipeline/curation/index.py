"""The index of a corpus: one row a file, with what its adapter says of it and what its audio measures."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from pipeline.core.errors import PipelineError
from pipeline.core.parallel import parallel_map
from pipeline.core.paths import open_file
from pipeline.core.row_cache import RowCache, digest
from pipeline.core.schemas import INDEX
from pipeline.core.tree import list_files
from pipeline.corpora.contract import Adapter, Corpus, Entry, Stray
from pipeline.curation import fingerprint, inspection
from pipeline.curation.inspection import Inspection, inspect
from pipeline.curation.status import OK, QUARANTINED, STRAY

CACHED_AT_A_TIME = 256  # files whose inspections a killed run may lose
SECONDS_TOLERANCE = 0.01  # of the expected length


def build_index(adapter: Adapter, root: Path) -> pd.DataFrame:
    """Index all files of a corpus.

    Args:
        adapter: Says which files there are and what they are labelled.
        root: The corpus's folder.

    Returns:
        One row a file, sorted by utterance id, with the columns of `INDEX`.

    Raises:
        PipelineError: There is no audio file, or the adapter names two files alike.
    """
    name = adapter.CORPUS.name
    found = list(adapter.scan(root))
    entries = [item for item in found if isinstance(item, Entry)]
    if not entries:
        raise PipelineError(
            f"{name}: no audio file of this corpus below {root} ({_other_files(root)}){_expected(adapter.CORPUS)}. "
            f"{adapter.CORPUS.how_to_get}"
        )
    inspections = inspect_all([root / entry.path for entry in entries], name)
    rows = [utterance_row(name, entry, seen) for entry, seen in zip(entries, inspections, strict=True)]
    rows += [stray_row(name, item) for item in found if isinstance(item, Stray)]
    index = pd.DataFrame(rows, columns=INDEX.names)
    if index["utterance_id"].duplicated().any():
        twice = index.loc[index["utterance_id"].duplicated(keep=False), ["utterance_id", "path"]].head(4)
        raise PipelineError(f"{name}: the adapter names several files alike:\n{twice.to_string(index=False)}")
    return index.sort_values("utterance_id", ignore_index=True)


def _expected(corpus: Corpus) -> str:
    n = corpus.expected.get("utterances")
    return f"; expected {n:,} utterances" if n else ""


def _other_files(root: Path) -> str:
    """Say which files are there, by their commonest suffixes."""
    suffixes = Counter(Path(path).suffix.lower() or "no suffix" for path in list_files(root))
    common = ", ".join(f"{n:,} {suffix}" for suffix, n in suffixes.most_common(3))
    return f"{suffixes.total():,} other files: {common}" if suffixes else "it is empty"


def utterance_row(corpus: str, entry: Entry, seen: Inspection) -> dict[str, object]:
    """Join what the adapter and what the audio says of a file."""
    reasons = [reason for reason in (seen.reason, entry.problem) if reason]
    return {
        **asdict(entry),
        **asdict(seen),
        "utterance_id": f"{corpus}/{entry.name}",
        "speaker": f"{corpus}/{entry.speaker}" if entry.speaker is not None else None,
        "session": f"{corpus}/{entry.session}" if entry.session is not None else None,
        "status": QUARANTINED if reasons else OK,
        "reason": "; ".join(reasons) or None,
    }


def stray_row(corpus: str, stray: Stray) -> dict[str, object]:
    """List a file that is no utterance, so that none vanishes without a line."""
    utterance_id = f"{corpus}/{stray.path}"
    return {"utterance_id": utterance_id, "path": stray.path, "status": STRAY, "reason": stray.reason}


def inspect_all(paths: list[Path], name: str) -> Iterator[Inspection]:
    """Inspect files in parallel, each content once: what another run has inspected is not decoded again.

    Args:
        paths: The files.
        name: Of the corpus, for the progress bar.

    Returns:
        The inspections, in the order of the paths.
    """
    cache = RowCache("index", settings_digest())
    keys = list(parallel_map(content_key, paths, description=f"hash {name}", backend="threads"))
    rows = cache.get_many(key for key in keys if key)
    new = {key: path for key, path in zip(keys, paths, strict=True) if key and key not in rows}
    inspected = parallel_map(
        inspect_content,
        list(new.items()),
        description=f"index {name}",
        batch_size=16,
        crashed=crashed,
        apart=any(path.suffix.lower() != ".wav" for path in new.values()),  # no decoder of plain WAV crashes
    )
    computed = ({key: asdict(seen)} for key, seen in zip(new, inspected, strict=True))
    for fresh in cache.store(computed, CACHED_AT_A_TIME):
        rows.update(fresh)
    return (Inspection(**rows[key]) if key else inspect(path) for key, path in zip(keys, paths, strict=True))


def inspect_content(keyed: tuple[str, Path]) -> Inspection:
    """Inspect a file whose content has a key.

    Raises:
        PipelineError: It has other content by now.
    """
    key, path = keyed
    seen = inspect(path)
    if content_key(path) != key:
        raise PipelineError(
            f"{path} changed while it was indexed: run the stage again when nobody writes there"
        )
    return seen


def crashed(keyed: tuple[str, Path]) -> Inspection:
    """Stand for a file that ends the process which reads it."""
    _, path = keyed
    return Inspection(reason=f"{path.suffix.lower() or 'file'} that crashes its decoder")


def settings_digest() -> str:
    """Return what, besides a file's content, decides its inspection."""
    columns = [field.name for field in fields(Inspection)]
    return digest([inspection.VERSION, fingerprint.VERSION, columns])


def content_key(path: Path) -> str | None:
    """Return a hash of a file's bytes, with its suffix; None where it cannot be opened."""
    try:
        with open_file(path) as file:
            content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
    except OSError:
        return None
    return content.hexdigest() + path.suffix.lower()


def utterances(index: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of an index that are utterances, readable or not: all but the strays."""
    return index[index["status"] != STRAY]


def surprises(corpus: Corpus, index: pd.DataFrame) -> Iterable[str]:
    """Compare the counts of an index with those of a complete copy, as sentences; none where they agree."""
    rows = utterances(index)
    found = {
        "utterances": len(rows),
        "speakers": rows["speaker"].nunique(),
        "seconds": rows["seconds"].sum(),
    }
    for what, expected in corpus.expected.items():
        tolerance = SECONDS_TOLERANCE * expected if what == "seconds" else 0
        if abs(found[what] - expected) > tolerance:
            yield f"{corpus.name}: {found[what]:,.0f} {what}; a complete copy has {expected:,}"
