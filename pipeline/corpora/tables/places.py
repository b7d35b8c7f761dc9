"""Where a table and its audio lie, and how what it says of paths leads there."""

import os
import posixpath
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from unicodedata import normalize

from pipeline.audio.containers import SUFFIXES
from pipeline.corpora.tables.table import TableError

ANYWHERE = (
    "*/"  # in the place of how a path begins: the file of that name, if there is one alone, wherever it lies
)
LOOKED_AT = 200  # paths, to find out how they differ from those here


def below_corpora(named: str) -> Path:
    """Return where a path of params.yaml leads: below SER_CORPORA, unless it is absolute."""
    path, corpora = Path(named).expanduser(), os.environ.get("SER_CORPORA")
    return Path(corpora) / path if corpora else path  # an absolute path stays as it is


def place(named: str, where: str) -> Path:
    """Return a file or folder that params.yaml names: absolute, or below SER_CORPORA.

    Raises:
        TableError: It is not there.
    """
    path = below_corpora(named)
    if not path.exists():
        looked = (
            path if path.is_absolute() else f"{path} (SER_CORPORA, below which it is looked for, is not set)"
        )
        raise TableError(f"params.yaml: {where}: {looked} is not there")
    return path.absolute()


def as_named(path: Path) -> str:
    """Return a path as params.yaml names it: below SER_CORPORA where it lies there, else absolute."""
    corpora = os.environ.get("SER_CORPORA")
    if corpora and path.absolute().is_relative_to(Path(corpora).absolute()):
        return path.absolute().relative_to(Path(corpora).absolute()).as_posix()
    return path.absolute().as_posix()


def posix(text: str) -> str:
    """Return a path with / between its parts, whatever wrote it."""
    return text.replace("\\", "/")


def relative(text: str, root: Path, prefix: Mapping[str, str]) -> str | None:
    """Return a table's path relative to the folder of the audio; None where it leads out of it.

    Args:
        text: As the table has it.
        root: The folder of the audio.
        prefix: How a path begins, and how it begins here, or `ANYWHERE`; of several the longest.
    """
    path = posix(text)
    fitting = [begin for begin in prefix if path.startswith(posix(begin))]
    if fitting:
        begin = max(fitting, key=len)
        path = posix(prefix[begin]) + path[len(begin) :]
        if path.startswith(ANYWHERE):
            return ANYWHERE + posixpath.basename(path)
    if path.startswith("/"):
        path = path.removeprefix(f"{root.as_posix()}/")
    path = posixpath.normpath(path)
    outside = path == ".." or path.startswith(("../", "/")) or path[1:3] == ":/"
    return None if outside else path


class Files:
    """The files below the folder of the audio, found by paths that may lack their ending.

    Letters with accents are the same however Unicode spells them: macOS writes two characters for one of others.

    Args:
        paths: Relative to the folder.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = dict.fromkeys(paths)  # in order
        self._by_form: dict[str, str | None] = {}
        self._by_stem: dict[str, str | None] = {}
        self._by_name: dict[str, str | None] = {}
        for path in self.paths:
            form = normalize("NFC", path)
            self._by_form[form] = None if form in self._by_form else path
            name = posixpath.basename(form)
            self._by_name[name] = None if name in self._by_name else path
            stem, suffix = posixpath.splitext(form)
            if suffix.lower() in SUFFIXES:
                self._by_stem[stem] = None if stem in self._by_stem else path

    def find(self, path: str) -> str | None:
        """Return the file that a path means; None where there is none."""
        if path in self.paths:
            return path
        form = normalize("NFC", path)
        if form.startswith(ANYWHERE):
            return self._by_name.get(form.removeprefix(ANYWHERE))
        return self._by_form[form] if form in self._by_form else self._by_stem.get(form)


def find_prefix(texts: Collection[str], files: Collection[str]) -> dict[str, str] | None:
    """Find out how paths of another machine begin here, from the files that end alike; None where nothing does.

    Args:
        texts: Paths as the table has them.
        files: Those below the folder of the audio, relative to it.
    """
    by_name: dict[str, list[str]] = {}
    for path in files:
        by_name.setdefault(posixpath.basename(path), []).append(path)
    votes: Counter[tuple[str, str]] = Counter()
    step = max(1, len(texts) // LOOKED_AT)
    for text in list(texts)[::step]:
        same = by_name.get(posixpath.basename(posix(text)), [])
        lengths = [_n_shared(posix(text), path) for path in same]
        if same and lengths.count(max(lengths)) == 1:
            votes[_beginnings(posix(text), same[lengths.index(max(lengths))])] += 1
    if not votes:
        return None
    (there, own), n = votes.most_common(1)[0]
    if 2 * n > votes.total():
        return {there: own}
    folders = [posixpath.dirname(posix(text)) for text in texts]  # each clip begins otherwise
    alike = all(folders) and len({posixpath.isabs(folder) for folder in folders}) == 1
    return {f"{posixpath.commonpath(folders)}/".removeprefix("/") if alike else "": ANYWHERE}


def _n_shared(there: str, here: str) -> int:
    """Count the parts with which two paths end alike."""
    pairs = zip(there.split("/")[::-1], here.split("/")[::-1], strict=False)
    return next(
        (n for n, (one, other) in enumerate(pairs) if one != other),
        min(there.count("/"), here.count("/")) + 1,
    )


def _beginnings(there: str, here: str) -> tuple[str, str]:
    """Return how two paths begin that end alike, without the folders that they share."""
    n = _n_shared(there, here)
    begin, end = there.split("/")[:-n], here.split("/")[:-n]
    return "/".join([*begin, ""]), "/".join([*end, ""])
