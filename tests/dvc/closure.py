"""Which project files a module imports, directly and through others, wherever in the file the import stands."""

import ast
from functools import cache
from pathlib import Path


def module_file(name: str) -> Path | None:
    """Return the file of a module of the project; None for packages and for other libraries."""
    path = Path(*name.split(".")).with_suffix(".py")
    return path if path.exists() else None


@cache
def direct_imports(path: Path) -> frozenset[Path]:
    """Return the project files that one file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    files = (module_file(name) for name in names if name.startswith("pipeline."))
    return frozenset(file for file in files if file)


def closure(path: Path) -> set[Path]:
    """Return a file and all project files that it needs."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(direct_imports(current))
    return seen
