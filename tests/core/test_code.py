"""What a file imports, what digest its code has, and what tells two processes apart."""

import importlib.metadata
import re
import subprocess
from pathlib import Path

import pytest

from pipeline.core.code import (
    Checkout,
    closure,
    direct_imports,
    file_digest,
    fingerprint_code,
    library_versions,
    package_digest,
    source_digest,
    this_checkout,
)

FILES = {
    "pipeline/stages/cook.py": "import json\nfrom pipeline.core.pots import a\nfrom pipeline.core import spoons\n",
    "pipeline/core/pots.py": "def fill():\n    from pipeline.core.water import Water\n",
    "pipeline/core/spoons.py": "",
    "pipeline/core/water.py": "import pipeline.core.pots\n",
    "pipeline/core/knives.py": "from pipeline.core import water\n",
}


def forget():
    direct_imports.cache_clear()
    file_digest.cache_clear()


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    forget()
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    yield
    forget()


COOK = Path("pipeline/stages/cook.py")


def test_through_others_late_imports_and_circles():
    assert [file.stem for file in closure(COOK)] == ["pots", "spoons", "water", "cook"]


def test_a_change_in_what_is_imported_late_is_seen():
    before = fingerprint_code(COOK)
    Path("pipeline/core/water.py").write_text("import pipeline.core.pots\nCOLD = True\n")
    forget()
    after = fingerprint_code(COOK)
    assert {path for path in before if before[path] != after[path]} == {"pipeline/core/water.py"}


TABLE = '{"a": 1,\n "b": 2}\n'
SOURCE = '''"""A module."""\nTEXT = """two\nlines"""\n\n\ndef cook(n):\n    return n + 1  # done\n'''


@pytest.mark.parametrize(("name", "text"), [("table.json", TABLE), ("source.py", SOURCE)])
@pytest.mark.parametrize("ends", [b"\r\n", b"\n"])
def test_line_ends_do_not_change_a_digest(tmp_path, name, text, ends):
    (tmp_path / "as_it_is").mkdir()
    (tmp_path / "as_it_is" / name).write_bytes(text.encode())
    (tmp_path / name).write_bytes(text.encode().replace(b"\n", ends))
    assert file_digest(tmp_path / name) == file_digest(tmp_path / "as_it_is" / name)


@pytest.mark.parametrize(
    "path", ["pipeline/core/code.py", "pipeline/config/checks.py", "pipeline/corpora/tess.py"]
)
def test_a_module_of_a_checkout_with_other_line_ends_has_the_same_digest(tmp_path, root, path):
    source = (root / path).read_bytes()
    (tmp_path / "copy.py").write_bytes(source.replace(b"\n", b"\r\n"))
    assert file_digest(tmp_path / "copy.py") == file_digest(root / path)


@pytest.mark.slow
def test_a_checkout_has_the_bytes_of_the_repository_whatever_git_is_told(tmp_path, root):
    (tmp_path / "a.py").write_bytes(b"a = 1\n")
    (tmp_path / "a.wav").write_bytes(b"RIFF\r\n\n")
    (tmp_path / ".gitattributes").write_bytes((root / ".gitattributes").read_bytes())
    git = ["git", "-c", "core.autocrlf=true", "-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], ["add", "a.py", "a.wav", ".gitattributes"], ["commit", "-qm", "a"]):
        subprocess.run([*git, *arguments], cwd=tmp_path, check=True)
    for name in ("a.py", "a.wav"):
        (tmp_path / name).unlink()
    subprocess.run([*git, "checkout", "-q", "--", "."], cwd=tmp_path, check=True)
    assert (tmp_path / "a.py").read_bytes() == b"a = 1\n"
    assert (tmp_path / "a.wav").read_bytes() == b"RIFF\r\n\n"


@pytest.mark.parametrize("kind", ["worktree", "clone", "tarball"])
def test_make_starts_a_repository_in_a_tarball_alone(tmp_path, root, kind):
    """In a worktree, .git is a file."""
    (line,) = re.findall(r"^\t@(test .*git init.*)$", (root / "Makefile").read_text(), re.MULTILINE)
    if kind != "tarball":
        (tmp_path / ".git").touch() if kind == "worktree" else (tmp_path / ".git").mkdir()
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ("running git init" in done.stdout) == (kind == "tarball")
    assert (tmp_path / ".git" / "HEAD").exists() == (kind == "tarball")


def test_a_change_elsewhere_is_not():
    before = fingerprint_code(COOK)
    Path("pipeline/core/knives.py").write_text("SHARP = True\n")
    forget()
    assert fingerprint_code(COOK) == before


SOURCE = '''"""A module."""

import math


class Pot:
    """What it is."""

    size: float = 1.5

    def fill(self, *names: str, hot=True) -> str:
        """Fill it."""
        match names:
            case [first, *_] if hot:
                return f"{first!r:>{len(names)}} and " f"{math.pi:.2f} of" " water"
        return b"\\x00".hex() + "é"


async def boil(pot: Pot) -> None: ...
'''

COSMETICS = {
    "a comment": lambda text: text.replace("size: float = 1.5", "size: float = 1.5  # litres"),
    "a docstring": lambda text: text.replace("Fill it.", "Fill it to the brim."),
    "no docstring": lambda text: text.replace('    """What it is."""\n', ""),
    "a line break": lambda text: text.replace(
        "(self, *names: str, hot=True)", "(\n        self, *names: str, hot=True\n    )"
    ),
    "quotes": lambda text: text.replace('"é"', "'\\u00e9'"),
    "text in pieces": lambda text: text.replace(' of" " water"', ' of water"'),
}
CHANGES = {
    "a constant": lambda text: text.replace("1.5", "1.25"),
    "a default": lambda text: text.replace("hot=True", "hot=1"),
    "a call": lambda text: text.replace("len(names)", "sum(names)"),
    "a format": lambda text: text.replace(":.2f", ":.3f"),
    "a name": lambda text: text.replace("def fill", "def empty"),
    "text that is no docstring": lambda text: text.replace('"é"', '"e"'),
}


def test_a_digest_is_the_same_under_every_version_of_python():
    assert source_digest(SOURCE) == "eada34f20b582ea312712f1badd7932d"


@pytest.mark.parametrize("change", COSMETICS.values(), ids=COSMETICS)
def test_cosmetics_change_no_digest(change):
    assert change(SOURCE) != SOURCE
    assert source_digest(change(SOURCE)) == source_digest(SOURCE)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_computed_changes_the_digest(change):
    assert change(SOURCE) != SOURCE
    assert source_digest(change(SOURCE)) != source_digest(SOURCE)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "a.py").write_text("A = 1\n")
    (tmp_path / "notes.txt").write_text("hello")
    return tmp_path


def test_changed_code_changes_the_digest(folder):
    before = package_digest(folder)
    (folder / "notes.txt").write_text("bye")
    assert package_digest(folder) == before
    (folder / "package" / "a.py").write_text("A = 2\n")
    assert package_digest(folder) != before


def test_a_moved_file_changes_the_digest(folder):
    before = package_digest(folder)
    (folder / "package" / "a.py").rename(folder / "a.py")
    assert package_digest(folder) != before


def test_versions_are_of_the_pinned_libraries(tmp_path):
    (tmp_path / "requirements.txt").write_text(
        "# pinned\nnumpy==1.0\ndask[distributed]==1.0 # why\nno-such-library==1.0\n"
    )
    (_, python), *libraries = library_versions(tmp_path / "requirements.txt")
    assert python.startswith("3.")
    assert libraries == [
        ("numpy", importlib.metadata.version("numpy")),
        ("dask", importlib.metadata.version("dask")),
        ("no-such-library", "absent"),
    ]


def test_this_checkout_pins_what_it_computes_with():
    assert {"python", "numpy", "torch", "openai-whisper", "opensmile"} <= dict(
        this_checkout().versions
    ).keys()


def test_differences_are_named():
    ours = Checkout("a", (("numpy", "2.0"), ("torch", "2.13.0")))
    theirs = Checkout("b", (("numpy", "1.9"), ("torch", "2.13.0")))
    assert ours.differences(theirs) == ["numpy 1.9, not 2.0", "other code of pipeline/"]
    assert ours.differences(ours) == []
