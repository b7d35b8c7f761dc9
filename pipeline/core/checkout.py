"""What decides a row's value besides its input: the project's code and the versions of its libraries."""

import hashlib
import importlib.metadata
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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
        found = [
            f"{name} {theirs.get(name, 'absent')}, not {version}"
            for name, version in self.versions
            if theirs.get(name) != version
        ]
        return found + ["other code of pipeline/"] * (self.code != other.code)


@cache
def this_checkout() -> Checkout:
    """Describe the process that asks, once: what is imported does not change when the files do."""
    return Checkout(code_digest(ROOT / "pipeline"), library_versions(ROOT / "requirements.txt"))


def code_digest(folder: Path) -> str:
    """Return a digest of all modules below a folder."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
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
