"""Where below SER_CORPORA a corpus lies, and what its folder may have been meant by where it has another name."""

import difflib
import os
import re
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.corpora.contract import adapter_names

ALIKE = 0.85  # of two names, as `difflib` measures it: about a letter wrong in seven
SHORT = 6  # letters: of shorter names a wrong letter makes another word, such as "tests" of "tess"


def disk_folder(corpus: str, *, made_here: bool = False) -> Path | None:
    """Return a corpus's folder below SER_CORPORA; None where there is none, nor one of a name like it.

    Args:
        corpus: Its name.
        made_here: Whether the project makes it, so that a name like it means nothing.

    Raises:
        PipelineError: The folder is a link that leads nowhere, or there is one of a similar name.
    """
    named = os.environ.get("SER_CORPORA")
    if not named:
        return None
    disk = Path(named)
    if not disk.is_dir():
        raise PipelineError(
            f"SER_CORPORA names {disk}, which is {_what(disk)}not a folder here; correct it or unset it"
        )
    folder = disk / corpus
    if folder.is_symlink() and not folder.exists():
        raise PipelineError(
            f"{corpus}: {folder} is {_what(folder)}not there: mount that disk, or mend or take away the link"
        )
    if folder.exists():
        return folder
    if made_here:
        return None
    if _letters(disk.name) == _letters(corpus):
        raise PipelineError(
            f"{corpus}: SER_CORPORA has no folder {folder}; is {disk} itself the corpus? Then name the folder "
            f"above it in SER_CORPORA, and call it {corpus}"
        )
    if near := look_alikes(disk, corpus):
        raise PipelineError(
            f"{corpus}: SER_CORPORA has no folder {folder}; did you mean {' or '.join(near)}, which is there? Then "
            f"`ln -s {near[0]!r} {str(folder)!r}`. Nothing is downloaded meanwhile: if it is another corpus, "
            f"rename it or move it elsewhere"
        )
    return None


def _what(path: Path) -> str:
    """Say that a path is a link, if it is one, and where it leads."""
    return f"a link to {os.readlink(path)}, which is " if path.is_symlink() else ""


def look_alikes(disk: Path, corpus: str) -> list[str]:
    """Return the names in a folder that may mean a corpus, sorted; other corpora's own names do not."""
    others = set(adapter_names())
    return sorted(
        path.name for path in disk.iterdir() if path.name not in others and _alike(path.name, corpus)
    )


def _alike(name: str, corpus: str) -> bool:
    """Tell whether a name may mean a corpus: spelt otherwise, cut short, or with more behind, such as a release."""
    words, wanted = _words(name), _words(corpus)
    if not words:
        return False
    n = min(len(words), len(wanted))
    if words[:n] == wanted[:n] or _letters(name) == _letters(corpus):
        return True
    ratio = difflib.SequenceMatcher(None, _letters(name), _letters(corpus)).ratio()
    return len(_letters(corpus)) >= SHORT and ratio >= ALIKE


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", name.lower())


def _letters(name: str) -> str:
    return "".join(_words(name))
