"""Which files of the project a module imports, directly and through others, wherever in it an import stands."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "pipeline"


@cache
def direct_imports(path: Path) -> frozenset[Path]:
    """Return the project's files that one file imports; a path is relative to the root of the repository."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    files = (Path(*name.split(".")).with_suffix(".py") for name in names if name.startswith(f"{PACKAGE}."))
    return frozenset(file for file in files if file.exists())


def closure(path: Path) -> list[Path]:
    """Return a file and all files of the project that it needs, sorted."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(direct_imports(current))
    return sorted(seen)


def fingerprint_code(path: Path) -> dict[str, str]:
    """Return a hash of each file that a file needs, by its path; itself and the data beside its modules too."""
    files = closure(path)
    data = {beside for folder in {file.parent for file in files} for beside in folder.glob("*.json")}
    return {file.as_posix(): hashlib.md5(file.read_bytes()).hexdigest() for file in sorted({*files, *data})}
