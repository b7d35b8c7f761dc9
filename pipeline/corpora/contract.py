"""What a corpus adapter is: one module below `pipeline/corpora` with a `CORPUS` and a `scan`.

An adapter reads names and label files, never audio. A file that cannot be labelled is an `Entry` with a problem, a
file that is no audio is a `Stray`: nothing vanishes. The one thing that ends a scan is a table that cannot be read
(see `pipeline.corpora.label_tables`), for without it all clips would be without labels.
"""

import difflib
import importlib
import pkgutil
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Protocol, cast

from pipeline.config.corpora import CorpusSource, TableSource
from pipeline.core.errors import PipelineError
from pipeline.core.tree import list_files

PLUGINS = "pipeline.corpora"
AUDIO_SUFFIXES = (".wav",)
UNKNOWN_LANGUAGE = "und"  # ISO 639 for one that nobody has said
VOICES = "+"  # between the names of those who speak in one clip, in its `speaker`
_NO_ADAPTERS = {
    *(
        "check",
        "contract",
        "corpus_audio",
        "label_maps",
        "label_tables",
        "on_disk",
        "planned",
        "table",
        "tables",
    ),
}


@dataclass(frozen=True)
class Archive:
    """A file to download, and what its publisher states about its bytes; None stands for what is not stated.

    Attributes:
        name: File name under which it is published.
        url: The publisher's address.
        sha256: Hexadecimal hash.
        md5: Hexadecimal hash; many repositories publish no other.
        n_bytes: Length in bytes.
    """

    name: str
    url: str
    sha256: str | None = None
    md5: str | None = None
    n_bytes: int | None = None


@dataclass(frozen=True)
class SideTable:
    """A file that tells of clips what their names do not.

    Attributes:
        names: How it is called, one of these: ends of paths, with `*` and `?`, such as "Transcripts/*.txt".
        gives: What is not known without it.
    """

    names: tuple[str, ...]
    gives: str


@dataclass(frozen=True)
class Corpus:
    """What is known of a corpus before looking at it.

    Attributes:
        name: Its name everywhere in this project, and its module's.
        title: Its full name; a synthetic one says so.
        licence: Under which its audio may be used.
        language: ISO 639-1 code, or `UNKNOWN_LANGUAGE`.
        url: Where it is published.
        citation: Paper with DOI.
        labels: Its own labels, in its own order; of a corpus that a table describes those that params.yaml lists.
        expected: What a complete copy has: "utterances", and where known "speakers" and "seconds" of audio. Empty
            where nobody has published it.
        how_to_get: What a user has to do to have it on disk.
        archives: What is downloaded where params.yaml says `source: archive`.
        nested: Whether the archives hold archives, which are unpacked as well.
        lfs: Repository whose archive holds pointers of Git LFS in place of the audio, which it serves.
        side_tables: What a complete copy has besides audio; where one is not there, the index says what is lost.
    """

    name: str
    title: str
    licence: str
    language: str
    url: str
    citation: str
    labels: tuple[str, ...]
    expected: Mapping[str, int]
    how_to_get: str
    archives: tuple[Archive, ...] = ()
    nested: bool = False
    lfs: str | None = None
    side_tables: tuple[SideTable, ...] = ()


@dataclass(frozen=True)
class Entry:
    """An audio file, by its name and its corpus's own label files; None stands for what the corpus does not
    say.

    Attributes:
        path: POSIX, relative to the corpus's root.
        name: Identifies it within the corpus: normally the file's stem.
        speaker: The corpus's own id; of several people who speak in the clip, those of all, sorted and joined by
            `VOICES`.
        sex: "female" or "male".
        label: One of the corpus's own labels.
        intensity: The corpus's own term.
        text: What is said.
        arousal: On the corpus's own scale.
        valence: On the corpus's own scale.
        dominance: On the corpus's own scale.
        session: The recording session, where who speaks with whom matters: the corpus's own id.
        votes: What its raters said, as `format_votes` writes it.
        official_split: "train", "val" or "test"; "fold_" and the name of the fold that tests it; or "train fold_2".
        problem: Why the file cannot be labelled.
    """

    path: str
    name: str
    speaker: str | None = None
    sex: str | None = None
    label: str | None = None
    intensity: str | None = None
    text: str | None = None
    arousal: float | None = None
    valence: float | None = None
    dominance: float | None = None
    session: str | None = None
    votes: str | None = None
    official_split: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Stray:
    """A file below a corpus's root that belongs to no utterance.

    Attributes:
        path: POSIX, relative to the corpus's root.
        reason: Why it is not taken for audio.
    """

    path: str
    reason: str


class Adapter(Protocol):
    """A module of `pipeline/corpora`."""

    CORPUS: Corpus

    def scan(self, root: Path) -> Iterator[Entry | Stray]:
        """List what lies below a corpus's root, in the order of paths."""


class LaidOut(Adapter, Protocol):
    """An adapter whose files lie elsewhere, or within others."""

    def lay_out(self, folder: Path) -> None:
        """Fill an empty folder, the corpus's root: with links to the files, and what is cut out of them."""

    def sources(self) -> list[Path]:
        """Return the files and folders of the user's that it is made from."""


def adapter_names() -> list[str]:
    """Return the names of all adapters, sorted."""
    package = importlib.import_module(PLUGINS)
    return sorted({module.name for module in pkgutil.iter_modules(package.__path__)} - _NO_ADAPTERS)


def load_laid_out(name: str, settings: TableSource) -> LaidOut:
    """Return the adapter of a corpus that a table describes."""
    module = importlib.import_module(
        f"{PLUGINS}.table"
    )  # by name, so that other corpora do not hang on its code
    return cast(LaidOut, module.TableCorpus(name, settings))


def load_adapter(name: str, settings: CorpusSource | TableSource | None = None) -> Adapter:
    """Return a corpus's adapter.

    Args:
        name: Of the corpus.
        settings: What params.yaml says of it; of one with a module of its own, that is not needed.

    Raises:
        PipelineError: There is none of that name.
    """
    if isinstance(settings, TableSource):
        return load_laid_out(name, settings)
    names = adapter_names()
    if name not in names:
        nearest = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {nearest[0]}? " if nearest else ""
        raise PipelineError(
            f"no adapter for the corpus {name!r}: {hint}There are {', '.join(names)}; a new one is a file "
            f"pipeline/corpora/<name>.py, or a table: `source: table` in params.yaml"
        )
    return cast(Adapter, importlib.import_module(f"{PLUGINS}.{name}"))


def scan_files(
    root: Path,
    parse: Callable[[PurePosixPath], Entry],
    *,
    suffixes: tuple[str, ...] = AUDIO_SUFFIXES,
    documents: tuple[str, ...] = (),
    refuse: Callable[[PurePosixPath], str | None] = lambda path: None,
) -> Iterator[Entry | Stray]:
    """Yield an entry for each audio file and a stray for each other file, in the order of paths.

    Args:
        root: The corpus's folder.
        parse: Makes an entry of a path relative to the root; names need not be unique yet.
        suffixes: Lower-case endings of audio files; upper case counts as well.
        documents: File names that belong to the corpus without being audio; these are left out.
        refuse: Says why a file of audio is a stray all the same; None where it is not.

    Raises:
        PipelineError: `parse` raises; the file is named.
    """
    found: list[Entry | Stray] = []
    for text in list_files(root):
        path = PurePosixPath(text)
        if path.name in documents:
            continue
        reason = refuse(path) or why_stray(path, suffixes)
        found.append(Stray(readable(text), reason) if reason else _parsed(parse, path, root))
    named = {entry.path: entry for entry in unique_names(item for item in found if isinstance(item, Entry))}
    yield from (named.get(item.path, item) for item in found)


def _parsed(parse: Callable[[PurePosixPath], Entry], path: PurePosixPath, root: Path) -> Entry:
    """Parse a path; whatever an adapter raises, the file that it raised on is named."""
    try:
        return parse(path)
    except PipelineError:
        raise
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        raise PipelineError(
            f"{root / path}: the corpus's adapter raised {type(error).__name__} ({error}) on this file, in "
            f"{at.filename}, line {at.lineno}. An adapter gives a file that it cannot label a `problem`: mend its "
            f"`parse`, or take the file away"
        ) from error


def missing_tables(corpus: Corpus, paths: Iterable[str]) -> list[str]:
    """Say which of a corpus's tables are not there, and what is not known without them.

    Args:
        corpus: Its side tables.
        paths: Of all files below its folder.
    """
    documents = [PurePosixPath(path) for path in paths]
    documents = [
        path for path in documents if path.suffix.lower() not in AUDIO_SUFFIXES and path.name[:2] != "._"
    ]
    return [
        f"{' or '.join(table.names)} ({table.gives})"
        for table in corpus.side_tables
        if not any(path.match(name) for path in documents for name in table.names)
    ]


def voices(speaker: str) -> list[str]:
    """Return the people who speak in a clip, each as a speaker of their own, by the clip's `<corpus>/<speaker>`."""
    corpus, names = speaker.split("/", 1) if "/" in speaker else ("", speaker)
    single = names.split(VOICES)
    return [f"{corpus}/{name}".lstrip("/") for name in (single if all(single) else [names])]  # "A+" is one


def format_votes(votes: Iterable[str]) -> str | None:
    """Count raters' votes, the most frequent first, then by name: "happy:3 neutral:1"; None where nobody voted.

    Raises:
        ValueError: A vote has a space or a colon in it, so that it could not be read back.
    """
    counts = Counter(votes)
    for vote in counts:
        if not vote or set(vote) & {" ", ":"}:
            raise ValueError(f"a vote must be a word without spaces or colons, not {vote!r}")
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return " ".join(f"{vote}:{n}" for vote, n in ordered) or None


def readable(path: str) -> str:
    """Return a path with what is no valid Unicode in it written as escapes."""
    return path.encode("utf-8", "backslashreplace").decode()


def why_stray(path: PurePosixPath, suffixes: tuple[str, ...]) -> str | None:
    """Say why a file is no audio by its name; None where it may be."""
    if str(path) != readable(str(path)):
        return "its name is not valid UTF-8; rename it"
    if path.name.startswith("._") or "__MACOSX" in path.parts:
        return "macOS resource fork, not audio"
    if path.suffix.lower() not in suffixes:
        return f"not audio by its name (expected {', '.join(suffixes)})"
    return None


def unique_names(entries: Iterable[Entry]) -> list[Entry]:
    """Make names unique, as where a published tree holds a copy of itself.

    The entry that lies least deep, and first by path, keeps its name; each further one becomes
    `<name>@<folder>`, or where even that is taken `<name>@<path>`.

    Returns:
        The entries in the order (depth, path).
    """
    taken: set[str] = set()
    renamed = []
    for entry in sorted(entries, key=lambda entry: (entry.path.count("/"), entry.path)):
        folder = entry.path.rpartition("/")[0] or "."
        candidates = (entry.name, f"{entry.name}@{folder}", f"{entry.name}@{entry.path}")
        name = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(name)
        renamed.append(entry if name == entry.name else replace(entry, name=name))
    return renamed
