"""What code decides a result: the files that a module imports, and a digest of what they say.

A digest is taken of the syntax tree without docstrings, comments and positions: a changed comment, docstring or
line break changes none, a changed constant or call changes that of every module which imports it. It is the same
under Python 3.11 to 3.13.
"""

import ast
import hashlib
import importlib.metadata
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = "pipeline"
ROOT = Path(__file__).resolve().parents[2]

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Fields that not every version of Python has, or that say how a thing was written and not what it is.
_NOT_CODE = {"type_params", "type_comment", "type_ignores", "kind"}


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
    """Return a file and all files of the project that it needs, wherever in it an import stands, sorted."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting.extend(direct_imports(current))
    return sorted(seen)


def fingerprint_code(path: Path) -> dict[str, str]:
    """Return a digest of each file that a file needs, by its path; itself and the data beside its modules too."""
    files = closure(path)
    data = {beside for folder in {file.parent for file in files} for beside in folder.glob("*.json")}
    return {file.as_posix(): file_digest(file) for file in sorted({*files, *data})}


@cache
def file_digest(path: Path) -> str:
    """Return the digest of a module's syntax tree, or of a data file's text, whatever its line ends."""
    if path.suffix != ".py":
        return hashlib.md5(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    return source_digest(path.read_text("utf-8"))


def source_digest(source: str) -> str:
    """Return the digest of what a module's source does, whatever its comments, docstrings and layout."""
    return hashlib.md5(describe_tree(ast.parse(source)).encode("utf-8", "surrogatepass")).hexdigest()


def describe_tree(node: Any) -> str:
    """Write a syntax tree as text: `ast.dump` without what differs between versions of Python or says nothing."""
    if isinstance(node, ast.JoinedStr):
        return f"JoinedStr({','.join(map(describe_tree, _joined_parts(node.values)))})"
    if isinstance(node, ast.AST):
        fields = ((name, value) for name, value in ast.iter_fields(node) if name not in _NOT_CODE)
        if isinstance(node, _DOCUMENTED):
            fields = (
                (name, _without_docstring(value) if name == "body" else value) for name, value in fields
            )
        written = [f"{name}={describe_tree(value)}" for name, value in fields if value not in (None, [])]
        return f"{type(node).__name__}({','.join(sorted(written))})"
    if isinstance(node, list):
        return f"[{','.join(map(describe_tree, node))}]"
    return repr(node)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(ast.Constant(str())), *rest]:
            return rest
    return body


def _joined_parts(values: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Join the neighbouring pieces of text in an f-string, which versions of Python cut differently."""
    text = ""
    for value in values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
            continue
        if text:
            yield ast.Constant(text)
        text = ""
        yield value
    if text:
        yield ast.Constant(text)


@dataclass(frozen=True)
class Checkout:
    """The code and libraries of one process.

    Attributes:
        code: Digest of the project's modules, as they were when this process first asked.
        versions: Of Python and of every library in requirements.txt, by name; "absent" where there is none.
    """

    code: str
    versions: tuple[tuple[str, str], ...]

    def differences(self, other: "Checkout") -> list[str]:
        """Say what is different in another process: "numpy 2.4.6, not 2.4.5"."""
        theirs = dict(other.versions)
        lines = [
            f"{name} {theirs.get(name, 'absent')}, not {version}"
            for name, version in self.versions
            if theirs.get(name) != version
        ]
        return [*lines, "other code of pipeline/"] if self.code != other.code else lines


@cache
def this_checkout() -> Checkout:
    """Describe the process that asks, once: what is imported does not change when the files do."""
    return Checkout(package_digest(ROOT / PACKAGE), library_versions(ROOT / "requirements.txt"))


def package_digest(folder: Path) -> str:
    """Return a digest of what all modules below a folder do."""
    digest = hashlib.md5()
    for path in sorted(folder.rglob("*.py")):
        digest.update(
            f"{path.relative_to(folder).as_posix()} {source_digest(path.read_text('utf-8'))}\n".encode()
        )
    return digest.hexdigest()


def library_versions(requirements: Path) -> tuple[tuple[str, str], ...]:
    """Return the installed versions of the libraries that a requirements file pins, and Python's."""
    names = re.findall(r"^([\w.-]+)(?:\[.*\])?==", requirements.read_text("utf-8"), re.MULTILINE)
    python = "{}.{}".format(*sys.version_info)
    return (("python", python), *((name, _installed(name)) for name in names))


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name).partition("+")[0]  # 2.13.0+cpu is 2.13.0
    except importlib.metadata.PackageNotFoundError:
        return "absent"
