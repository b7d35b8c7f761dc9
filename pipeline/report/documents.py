"""Tables of results within README and docs: each stands between two markers and is written anew from the results.

A marker is a comment of Markdown, `<!-- real: NAME -->` and, below the table, `<!-- /real -->`; NAME is one of
`pipeline.report.real_tables`.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from pipeline.core.errors import PipelineError

_MARKER = re.compile(r"<!-- (?:real: (?P<name>[^>]*?)|(?P<end>/real)) -->")


def documents(root: Path = Path()) -> list[Path]:
    """Return README.md and the pages below docs, in this order."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def fill_tables(text: str, table: Callable[[str], str], where: str) -> str:
    """Return a document with all its marked tables written anew.

    Args:
        text: The document.
        table: Makes a table, given the name in its marker.
        where: The document's path, for error messages.

    Raises:
        PipelineError: A marker has no partner, or names a table that there is not.
    """
    parts, kept_to = [], 0
    opened, opened_at = None, ""
    for marker in _MARKER.finditer(text):
        line = text.count("\n", 0, marker.start()) + 1
        at = f"{where}:{line}"
        if (opened is None) != (marker["end"] is None):
            raise PipelineError(
                f"{at}: {marker[0]} has no partner; expected <!-- real: NAME --> and, below the table, "
                "<!-- /real -->"
            )
        if opened is None:
            opened, opened_at = marker["name"], at
            parts.append(text[kept_to : marker.end()])
        else:
            parts.append(f"\n{_made(table, opened, opened_at)}\n{marker[0]}")
            opened = None
        kept_to = marker.end()
    if opened is not None:
        raise PipelineError(f"{opened_at}: <!-- real: {opened} --> has no <!-- /real --> below its table")
    return "".join([*parts, text[kept_to:]])


def outdated(paths: Iterable[Path], table: Callable[[str], str]) -> dict[Path, str]:
    """Return the documents whose tables differ from the results, with what they should hold."""
    found = {}
    for path in paths:
        if not path.exists():
            raise PipelineError(f"{path} is not there: run from the root of the repository")
        text = path.read_text("utf-8")
        if (filled := fill_tables(text, table, path.as_posix())) != text:
            found[path] = filled
    return found


def _made(table: Callable[[str], str], name: str, at: str) -> str:
    try:
        return table(name)
    except PipelineError as error:
        raise PipelineError(f"{at}: {error}") from error
