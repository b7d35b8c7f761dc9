"""What README and docs hold of the code's and the results' own: each table stands between two markers.

A marker is a comment of Markdown, `<!-- table: NAME -->` and, below the table, `<!-- /table -->`. NAME is one of
`pipeline.report.real_tables` or `pipeline.report.real_boards`, or `files`: the tree of the code, each file with its
docstring's first sentence.
"""

import ast
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from pipeline.core.errors import PipelineError

_MARKER = re.compile(r"<!-- (?:table: (?P<name>[^>]*?)|(?P<end>/table)) -->")


def documents(root: Path = Path()) -> list[Path]:
    """Return README.md and the pages below docs, in this order."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def file_tree(root: Path) -> str:
    """Return the Python files below a folder as a list, each with the first sentence of its docstring.

    A package stands before its files, with its own sentence.
    """
    lines = []
    for folder in [root, *sorted(path.parent for path in root.glob("*/__init__.py"))]:
        lines += ["", f"**{folder.as_posix()}/** {_sentence(folder / '__init__.py')}", ""]
        files = (path for path in sorted(folder.glob("*.py")) if path.name != "__init__.py")
        lines += [f"- `{path.name}`: {_sentence(path)}" for path in files]
    return "\n".join(lines[1:])


def _sentence(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(docstring.partition("\n\n")[0].split())


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
                f"{at}: {marker[0]} has no partner; expected <!-- table: NAME --> and, below the table, "
                "<!-- /table -->"
            )
        if opened is None:
            opened, opened_at = marker["name"], at
            parts.append(text[kept_to : marker.end()])
        else:
            parts.append(f"\n{_made(table, opened, opened_at)}\n{marker[0]}")
            opened = None
        kept_to = marker.end()
    if opened is not None:
        raise PipelineError(f"{opened_at}: <!-- table: {opened} --> has no <!-- /table --> below its table")
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
